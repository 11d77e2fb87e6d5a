"""Write the constructor parameters of the estimators from their table.

``python tools/spell_parameters.py`` writes, for each class of estimators, the section
Parameters of its docstring and its ``__init__``, from the rows of
``skmlp/_estimators/parameters.py``; the rest of the files stays as it is. With
``--check`` it writes nothing, names the files that differ, and exits with 1.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the table of this checkout, whatever is installed

from skmlp._estimators.parameters import ESTIMATORS, Parameter, parameters_of

FILES = (
    "skmlp/_estimators/classifier.py",
    "skmlp/_estimators/regressor.py",
    "skmlp/_mnist.py",
)
WIDTH = 88
INDENT = "    "


def spelled(source: str) -> str:
    """Return the source of a module with the parameters of its estimators written."""
    lines = source.splitlines()
    # From the end of the file, so that the numbers of the lines before stay right.
    for begin, end, written in sorted(_regions(source), reverse=True):
        lines[begin:end] = written
    return "\n".join(lines) + "\n"


def _regions(source: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield where each region begins and ends, and the lines to write there."""
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name in ESTIMATORS:
            yield *_documentation_lines(node, lines), _documentation(node.name)
            yield *_init_lines(node), _init(node)


def _documentation_lines(node: ast.ClassDef, lines: list[str]) -> tuple[int, int]:
    """Return where the section Parameters begins and ends, without its title."""
    docstring = node.body[0]
    titles = [
        number
        for number in range(docstring.lineno, docstring.end_lineno or 0)
        if re.fullmatch(" +-+", lines[number + 1])
    ]
    of_parameters = [lines[number].strip() for number in titles].index("Parameters")
    return titles[of_parameters] + 2, titles[of_parameters + 1]


def _init_lines(node: ast.ClassDef) -> tuple[int, int]:
    """Return where ``__init__`` begins and ends."""
    init = next(
        method
        for method in node.body
        if isinstance(method, ast.FunctionDef) and method.name == "__init__"
    )
    return init.lineno - 1, init.end_lineno or 0


def _documentation(estimator: str) -> list[str]:
    lines = []
    for parameter in parameters_of(estimator):
        default = literal(parameter.default_of(estimator))
        lines += [f"{INDENT}{parameter.name} : {parameter.type}, default={default}"]
        lines += _wrapped(parameter.description_of(estimator))
    return [*lines, ""]


def _wrapped(text: str) -> list[str]:
    """Return the lines of a description; what is in double backticks stays on one."""
    kept = re.sub("``.+?``", lambda found: found[0].replace(" ", "\0"), text)
    lines = textwrap.wrap(
        kept,
        WIDTH,
        initial_indent=INDENT * 2,
        subsequent_indent=INDENT * 2,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\0", " ") for line in lines]


def _init(node: ast.ClassDef) -> list[str]:
    first, *others = parameters_of(node.name)
    return textwrap.indent(
        "\n".join(
            [
                "def __init__(",
                f"{INDENT}self,",
                f"{INDENT}{_argument(first, node.name)},",
                f"{INDENT}*,",
                *(f"{INDENT}{_argument(other, node.name)}," for other in others),
                "):",
                *(INDENT + line for line in _body(node)),
            ]
        ),
        INDENT,
    ).splitlines()


def _argument(parameter: Parameter, estimator: str) -> str:
    return f"{parameter.name}={literal(parameter.default_of(estimator))}"


def _body(node: ast.ClassDef) -> list[str]:
    """Return the lines that store the parameters, or pass them to the base class."""
    names = [parameter.name for parameter in parameters_of(node.name)]
    inherited = [
        parameter.name
        for base in node.bases
        if isinstance(base, ast.Name)
        for parameter in parameters_of(base.id)
    ]
    lines = [f"self.{name} = {name}" for name in names if name not in inherited]
    if not inherited:
        return lines
    first, *others = inherited
    return [
        "super().__init__(",
        f"{INDENT}{first},",
        *(f"{INDENT}{name}={name}," for name in others),
        ")",
        *lines,
    ]


def literal(value: Any) -> str:
    """Return a value as Python writes it, with strings in double quotes."""
    text = repr(value)
    return text if '"' in text else text.replace("'", '"')


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write the files below ``root``, or check them; return the exit status."""
    parser = argparse.ArgumentParser(description="Write the parameters of estimators.")
    parser.add_argument("--check", action="store_true", help="name what differs")
    is_check = parser.parse_args(arguments).check
    differing = []
    for name in FILES:
        source = (root / name).read_text(encoding="utf-8")
        written = spelled(source)
        if written != source:
            differing.append(name)
            if not is_check:
                (root / name).write_text(written, encoding="utf-8")
    for name in differing:
        print(f"{name} differs from the table" if is_check else f"{name} written")
    return int(is_check and bool(differing))


if __name__ == "__main__":
    sys.exit(main())
