"""Every code block of the README and of the documentation is run.

===========  =======================================================================
block        run by
===========  =======================================================================
``>>>``      pytest, as a doctest of its page
python       a test here, with warnings as errors
console      ``.ci/run``, in a fresh environment: a test here compares the commands
text         nothing: it is a picture or what a command printed, not code
===========  =======================================================================
"""

import ast
import fnmatch
import re
import shlex
import textwrap
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = sorted((ROOT / "docs").glob("*.rst"))


def fenced(text):
    """Yield language and code of the blocks of Markdown."""
    for block in re.finditer(
        r"^```([^\n]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE
    ):
        yield block[1], block[2]


def directives(text):
    """Yield language and code of the blocks of reStructuredText."""
    block = r"^( *)\.\. code-block::(.*)\n((?:\n|\1 +.*\n)+)"
    for found in re.finditer(block, f"{text}\n", re.MULTILINE):
        yield found[2].strip(), textwrap.dedent(found[3])


BLOCKS = [
    pytest.param(path, language, code, id=f"{path.name}-{number}")
    for path in [README, *PAGES]
    for number, (language, code) in enumerate(
        (fenced if path is README else directives)(path.read_text(encoding="utf-8")), 1
    )
]


def blocks(language):
    """Return the code of the blocks in a language, to be tested one by one."""
    return [
        pytest.param(block.values[2], id=block.id)
        for block in BLOCKS
        if block.values[1] == language
    ]


def test_blocks_are_found():
    text = "Say:\n\n.. code-block:: console\n\n   a\n\n   b\n\nand\n\n``>>>``"

    assert list(directives(text)) == [("console", "\na\n\nb\n\n")]
    assert list(fenced("Say:\n\n```python\na\n```\n")) == [("python", "a\n")]


@pytest.mark.parametrize(("path", "language", "code"), BLOCKS)
def test_block_is_of_a_kind_that_is_run(path, language, code):
    assert language in {"console", "python", "text"}
    assert ">>>" not in code  # a doctest needs no directive


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_has_no_code_of_other_kinds(page):
    """Literal blocks, and directives that show code, would be run by nothing."""
    text = page.read_text(encoding="utf-8")

    assert not re.findall(r"^(?!\s*\.\.).*::$", text, re.MULTILINE)
    other = r"^ *\.\. (code|sourcecode|parsed-literal|literalinclude|highlight)::"
    assert not re.findall(other, text, re.MULTILINE)
    assert "+SKIP" not in text


def test_doctests_of_every_page_are_run():
    with (ROOT / "pyproject.toml").open("rb") as file:
        options = tomllib.load(file)["tool"]["pytest"]

    assert "--doctest-glob=*.rst" in options["addopts"]
    for page in PAGES:
        path = str(page.relative_to(ROOT))
        assert any(fnmatch.fnmatch(path, pattern) for pattern in options["testpaths"])


@pytest.mark.slow
# Importing SHAP 0.51 makes colours in a way that Matplotlib 3.11 warns of.
@pytest.mark.filterwarnings("ignore:The set_:PendingDeprecationWarning")
@pytest.mark.parametrize("code", blocks("python"))
def test_python_runs(code):
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            for name in node.names:
                pytest.importorskip(name.name)

    exec(code, {})


@pytest.mark.parametrize("code", blocks("console"))
def test_commands_are_those_of_the_checks(code):
    checks = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    lines = checks.replace("\\\n", "").splitlines()  # those that go on are one
    checks = [shlex.split(line, comments=True) for line in lines]

    for command in code.strip().split(" && "):
        words = shlex.split(command)
        assert any(check[: len(words)] == words for check in checks)
