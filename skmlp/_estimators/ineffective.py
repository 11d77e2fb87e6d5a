"""Parameters that were set and have no effect, given the others.

Each such parameter is warned of once in a fit, and once in a series of partial fits.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from skmlp._estimators.parameters import PARAMETERS
from skmlp._estimators.user_warnings import warn


def warn_of_ineffective_parameters(estimator: Any, *, has_validation: bool) -> None:
    """Warn of each parameter that was set and has no effect, given the others."""
    # The signature of a subclass may have fewer parameters, and other defaults.
    signature = inspect.signature(type(estimator)).parameters
    for row in PARAMETERS:
        name, condition = row.name, row.only_with
        if condition is None or name not in signature:
            continue
        value, default = getattr(estimator, name), signature[name].default
        if _is_set(value, default) and not condition.holds(estimator, has_validation):
            warn(
                f"{name} has an effect only with {_plain(condition.words)}. Got "
                f"{name}={value!r}. Leave it at its default, {default!r}."
            )


def _is_set(value: Any, default: Any) -> bool:
    """Return whether a value says something else than the default."""
    if np.isscalar(value):
        return bool(value != default)
    return np.size(value) > 0  # one for each of no layers says nothing


def _plain(words: str) -> str:
    """Return words of a docstring without markup, and strings as ``repr`` has them."""
    return words.replace("``", "").replace('"', "'")
