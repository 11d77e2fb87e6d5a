"""Proposals for names that were misspelt."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from typing import Any


def did_you_mean(given: Iterable[Any], known: Collection[str]) -> str:
    """Return a sentence that proposes the nearest known name, if one is near."""
    for name in given:
        if isinstance(name, str) and name not in known:
            for nearest in difflib.get_close_matches(name.lower(), sorted(known), 1):
                return f" Did you mean {nearest!r}?"
    return ""
