"""Public is what stands in an ``__all__``, and all of that is documented."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

API_PAGE = Path(__file__).parents[1] / "docs" / "api.rst"
MODULES = ["skmlp", "skmlp.datasets", "skmlp.inspection", "skmlp.model_selection"]


def documented_names():
    """Full names in the API page: entries of its summaries, and its data."""
    names, module = [], None
    for line in API_PAGE.read_text(encoding="utf-8").splitlines():
        if found := re.match(r"\.\. currentmodule:: (\S+)", line):
            module = found[1]
        elif found := re.match(r"(?:\.\. data::|  ) (\w+)$", line):
            names.append(f"{module}.{found[1]}")
    return names


def public_names():
    return [
        f"{module}.{name}"
        for module in MODULES
        for name in importlib.import_module(module).__all__
    ]


def test_api_page_lists_every_public_name():
    assert sorted(documented_names()) == sorted(public_names())


@pytest.mark.parametrize("full_name", public_names())
def test_public_name_can_be_imported(full_name):
    module, _, name = full_name.rpartition(".")

    assert hasattr(importlib.import_module(module), name)


FRAMEWORKS = {"keras", "matplotlib", "tensorflow"}


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("skmlp", {*FRAMEWORKS, "numpy", "scipy", "sklearn"}),
        ("skmlp.datasets", FRAMEWORKS),
        pytest.param("skmlp.inspection", FRAMEWORKS, marks=pytest.mark.slow),
        pytest.param("skmlp.model_selection", FRAMEWORKS, marks=pytest.mark.slow),
    ],
)
def test_importing_a_module_imports_nothing_heavy(module, heavy):
    code = f"import {module}, sys; assert not {heavy} & set(sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True)
