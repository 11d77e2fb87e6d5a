"""The links of the README lead somewhere; test_code_blocks.py runs its code."""

import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)]+)\)", README))
def test_readme_links_lead_somewhere(target):
    assert (ROOT / target).exists()


def test_figures_are_those_of_the_committed_tables():
    with (ROOT / "docs/_static/benchmarks/goals.csv").open(encoding="utf-8") as file:
        measured = {row["goal"]: row["measured"] for row in csv.DictReader(file)}
    text = " ".join(README.split())

    for library, name in ("MLPClassifier", "`MLPClassifier`"), ("scikeras", "scikeras"):
        times = measured[f"grid: search, cold, x {library}"]
        assert f"{times} times as fast as with {name}" in text
