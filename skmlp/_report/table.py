"""The columns of the table, in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Callable

from skmlp.model_selection import ArchitectureResult


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 100 else f"{seconds:.1f} s"


COLUMNS: dict[str, Callable[[ArchitectureResult], str]] = {
    "architecture": lambda result: result.name,
    "parameters": lambda result: f"{result.n_parameters:,}",
    "training accuracy": lambda result: f"{result.training.accuracy:.4f}",
    "test accuracy": lambda result: f"{result.test.accuracy:.4f}",
    "training loss": lambda result: f"{result.training.loss:.4f}",
    "test loss": lambda result: f"{result.test.loss:.4f}",
    "gap": lambda result: f"{result.gap:.4f}",
    "time": lambda result: _seconds(result.fit_seconds),
}
