"""The examples stay short; the build of the gallery runs them, with their verdicts."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("plot_*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_stays_short(example):
    assert len(example.read_text(encoding="utf-8").splitlines()) <= 80


def test_guide_shows_all_examples_of_each_display():
    guide = (ROOT / "docs" / "inspection.rst").read_text(encoding="utf-8")
    shown, used = {}, {}
    for section in guide.split(":class:`~skmlp.inspection.")[1:]:
        display = section.partition("`")[0]
        shown[display] = set(re.findall(r"^   \.\./examples/(.*)$", section, re.M))
        used[display] = {
            example.name
            for example in EXAMPLES
            if display in example.read_text(encoding="utf-8")
        }

    assert len(shown) == 5
    assert shown == used
