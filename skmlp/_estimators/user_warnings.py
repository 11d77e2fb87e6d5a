"""Warnings that point at the user's line, however deep in the package they arise."""

from __future__ import annotations

import sys
import warnings


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the nearest line outside this package."""
    package = __name__.partition(".")[0]
    level, frame = 1, sys._getframe()
    while frame is not None and _is_in(package, frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back  # type: ignore[assignment]
    warnings.warn(message, category, stacklevel=level)


def _is_in(package: str, module: str) -> bool:
    return module == package or module.startswith(f"{package}.")
