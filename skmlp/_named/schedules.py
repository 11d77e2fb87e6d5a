"""Schedules of the learning rate by name: a row for each.

A row is a function of an array namespace and of the share of the fit's gradient steps
that have been taken, from 0 to 1. It returns what the rate is multiplied by.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Factor = Callable[[Any, Any], Any]

# One cycle rises for this share of the steps, to this many times the rate.
_RISING, _PEAK = 0.3, 10.0


def cosine(xp: Any, share: Any) -> Any:
    """Return 1 at the beginning and 0 at the end, along a half cosine.

    I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts",
    2017, equation 5.
    """
    return (1 + xp.cos(math.pi * share)) / 2


def onecycle(xp: Any, share: Any) -> Any:
    """Return 1 at the beginning, 10 after 30 % of the steps, and 0 at the end.

    L. N. Smith, "A Disciplined Approach to Neural Network Hyper-Parameters: Part 1",
    2018.
    """
    rising = 1 + (_PEAK - 1) * share / _RISING
    falling = _PEAK * cosine(xp, (share - _RISING) / (1 - _RISING))
    return xp.where(share < _RISING, rising, falling)


SCHEDULES: dict[str, Factor] = {"cosine": cosine, "onecycle": onecycle}
