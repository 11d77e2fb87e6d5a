"""The links of the README lead somewhere; test_code_blocks.py runs its code."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("target", re.findall(r"\]\((?!http)([^)]+)\)", README))
def test_readme_links_lead_somewhere(target):
    assert (ROOT / target).exists()
