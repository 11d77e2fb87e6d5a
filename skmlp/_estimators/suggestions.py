"""Proposals for names that were misspelt, or that other libraries use."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from skmlp._estimators.aliases import VALUES

# So many names are read at a glance.
_FEW = 8

# The name of a parameter, and a set of strings, as scikit-learn's sentence has them.
_PARAMETER = re.compile(r"The '(\w+)' parameter of ")
_SET = re.compile(r"a str among \{('[^{}]*')\}")


def did_you_mean(
    given: Iterable[Any],
    known: Collection[str],
    aliases: Mapping[str, str] | None = None,
) -> str:
    """Return a sentence that proposes the nearest known name, if one is near.

    A name that is among the ``aliases`` means what they say.
    """
    for name in given:
        if isinstance(name, str) and name not in known:
            for nearest in nearest_names(name, known, aliases)[:1]:
                return f" Did you mean {nearest!r}?"
    return ""


def nearest_names(
    name: str, known: Collection[str], aliases: Mapping[str, str] | None = None
) -> list[str]:
    """Return up to three known names that are near a name, the nearest first."""
    aliases = aliases or {}
    ours = aliases.get(name) or aliases.get(name.lower())
    if ours is not None and ours in known:
        return [ours]
    return difflib.get_close_matches(name.lower(), sorted(known), 3)


def with_few_names(message: str, values: Mapping[str, Any]) -> str:
    """Return scikit-learn's sentence on a bad value, with few names and a proposal.

    It lists all the names there are, in an order that is another in each process.
    ``values`` are those of the parameters.
    """
    found, parameter = _SET.search(message), _PARAMETER.match(message)
    if found is None or parameter is None:
        return message
    value = values[parameter[1]]
    names = sorted(found[1].strip("'").split("', '"))
    aliases = dict(VALUES.get(parameter[1], {}))
    if isinstance(value, str) and value.startswith("val_"):  # as Keras names them
        own = value.removeprefix("val_")
        aliases[value] = aliases.get(own, own)
    near = nearest_names(value, names, aliases) if isinstance(value, str) else []
    listed = names if len(names) <= _FEW else near or names[:_FEW]
    few = ", ".join(map(repr, listed))
    if len(listed) < len(names):
        few = f"{few}, … ({len(names)} names)"
    before, after = message[: found.start()], message[found.end() :]
    hint = did_you_mean([value], names, aliases)
    return f"{before}a str among {{{few}}}{after}{hint}"
