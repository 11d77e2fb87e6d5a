"""Schedules of the learning rate by name: a row for each.

A schedule is a function of an array namespace and of the share of the fit's gradient
steps that have been taken, from 0 to 1. It returns what the rate is multiplied by.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Schedule:
    """A schedule of the learning rate.

    Attributes
    ----------
    factor : callable
        Takes an array namespace and the share of the steps; returns what the rate is
        multiplied by.
    keras : callable
        Takes ``keras.optimizers.schedules``, the rate and the number of steps; returns
        the same schedule of Keras' own.
    """

    factor: Callable[[Any, Any], Any]
    keras: Callable[[Any, float, int], Any]


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


def _onecycle_of_keras(schedules: Any, rate: float, n_steps: int) -> Any:
    n_rising = round(_RISING * n_steps)
    return schedules.CosineDecay(
        rate,
        max(n_steps - n_rising, 1),
        warmup_target=_PEAK * rate,
        warmup_steps=n_rising,
    )


SCHEDULES = {
    "cosine": Schedule(
        cosine, lambda schedules, rate, n_steps: schedules.CosineDecay(rate, n_steps)
    ),
    "onecycle": Schedule(onecycle, _onecycle_of_keras),
}
