"""The works that are measured: a table of them, and one module for each.

A work is a list of sessions. A session is a list of steps that each library takes in a
process of its own; in every round all processes are new, and the libraries take turns
at each step. Each module has ``TITLE``, ``UNIT``, and ``sessions(quick)``; one whose
table shows more than the measured value also has ``BESIDE``, the names that its task
gives to the rest.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from benchmarks.libraries import LIBRARIES

WORKS = (
    "fit",
    "grid",
    "predict",
    "size",
    "stopping",
    "sparse",
    "lbfgs",
    "precision",
    "memory",
    "time",
)
# The libraries that learn in all the ways of scikit-learn's MLP.
COMPLETE = ("skmlp", "sklearn")


@dataclass(frozen=True)
class Step:
    """One task in the process of a library.

    Attributes
    ----------
    task : str
        A function of :mod:`benchmarks.tasks`.
    arguments : dict
        Its arguments after the library.
    case : str or None
        The row of the table; ``None`` prepares what is measured next.
    libraries : tuple of str
        Those of the session's libraries that take the step.
    """

    task: str
    arguments: dict[str, Any] = field(default_factory=dict)
    case: str | None = None
    libraries: tuple[str, ...] = tuple(LIBRARIES)


@dataclass(frozen=True)
class Session:
    """Steps that are taken in one process, by each of these libraries."""

    steps: tuple[Step, ...]
    libraries: tuple[str, ...] = tuple(LIBRARIES)


START = Step("start")


def load(work: str) -> ModuleType:
    """Import the module of a work."""
    return importlib.import_module(f"{__name__}.{work}")
