"""What the README tells a newcomer to type works, and is what the checks run."""

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def fenced(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize("block", fenced("console"))
def test_readme_commands_are_those_of_the_checks(block):
    checks = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()

    for command in block.strip().split(" && "):
        words = shlex.split(command)
        assert any(shlex.split(line)[: len(words)] == words for line in checks)


@pytest.mark.slow
def test_readme_example_runs():
    (code,) = fenced("python")

    exec(code, {})


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)]+)\)", README))
def test_readme_links_lead_somewhere(target):
    assert (ROOT / target).exists()
