"""Every public docstring is complete, and documents the defaults of the signature.

The constructors of the estimators are written from a table, by which
``test_parameters.py`` checks their defaults.
"""

import ast
import importlib
import inspect
from dataclasses import is_dataclass

import pytest
from numpydoc.docscrape import FunctionDoc
from numpydoc.validate import validate

from skmlp._estimators.parameters import ESTIMATORS

MODULES = ["skmlp", "skmlp.datasets", "skmlp.inspection", "skmlp.model_selection"]
# Sections that not every docstring needs, and what ruff checks already.
NOT_ASKED = {"ES01", "EX01", "GL01", "RT02", "SA01", "SS05"}


def documented_objects():
    """Yield the full name and the object of public classes, methods and functions."""
    for module in map(importlib.import_module, MODULES):
        for name in module.__all__:
            member = getattr(module, name)
            if not callable(member):
                continue
            yield f"{module.__name__}.{name}", member
            if inspect.isclass(member):
                for method in public_methods(member):
                    yield f"{module.__name__}.{name}.{method}", getattr(member, method)


def public_methods(cls):
    return [
        name
        for name, method in inspect.getmembers(cls, callable)
        if not name.startswith("_") and method.__module__.startswith("skmlp.")
    ]


OBJECTS = dict(documented_objects())


@pytest.mark.parametrize("full_name", OBJECTS)
def test_docstring_is_complete(full_name):
    # A dataclass documents its fields as attributes, not as parameters.
    fields = {"PR01"} if is_dataclass(OBJECTS[full_name]) else set()

    errors = validate(full_name)["errors"]

    assert [error for error in errors if error[0] not in NOT_ASKED | fields] == []


@pytest.mark.parametrize(
    "full_name", [name for name in OBJECTS if name.split(".")[-1] not in ESTIMATORS]
)
def test_documented_defaults_are_those_of_the_signature(full_name):
    documented = {
        name: ast.literal_eval(default)
        for name, type_, _ in FunctionDoc(OBJECTS[full_name])["Parameters"]
        for _, found, default in [type_.partition("default=")]
        if found
    }

    signature = inspect.signature(OBJECTS[full_name])

    assert documented == {
        name: parameter.default
        for name, parameter in signature.parameters.items()
        if parameter.default is not parameter.empty
    }
