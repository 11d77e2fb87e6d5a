"""Learning rates by name, which lead the optimizer's own rate through a whole fit.

Keras' schedules hold numbers that a graph is compiled with, so that each number of
steps would need a program of its own. These hold variables.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops


class NamedSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A function of the share of the steps that have been taken.

    Parameters
    ----------
    rate : float
        The optimizer's own learning rate.
    n_steps : int
        Gradient steps of the fit.
    """

    def __init__(self, rate: float, n_steps: int) -> None:
        self.rate = keras.Variable(rate, trainable=False, dtype="float32")
        self.n_steps = keras.Variable(n_steps, trainable=False, dtype="float32")

    def __call__(self, step: Any) -> Any:
        """Return the learning rate of a step, counted from 0."""
        share = ops.minimum(ops.cast(step, "float32") / self.n_steps, 1.0)
        return self.rate * self.factor(share)

    def factor(self, share: Any) -> Any:
        """Return what the rate is multiplied by."""
        raise NotImplementedError

    def assign(self, other: NamedSchedule) -> None:
        """Take the numbers of another schedule of this class."""
        self.rate.assign(other.rate)
        self.n_steps.assign(other.n_steps)

    def get_config(self) -> dict[str, Any]:
        """Return what makes the same schedule."""
        return {"rate": float(self.rate), "n_steps": int(self.n_steps)}


class Cosine(NamedSchedule):
    """From the rate down to zero, along half a cosine.

    I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts",
    2017, equation 5.
    """

    def factor(self, share: Any) -> Any:
        """Return 1 at the beginning and 0 at the end."""
        return _falling(share)


class OneCycle(NamedSchedule):
    """From the rate up to ten times the rate, then along a cosine down to zero.

    L. N. Smith, "A Disciplined Approach to Neural Network Hyper-Parameters: Part 1",
    2018.
    """

    RISING = 0.3
    PEAK = 10.0

    def factor(self, share: Any) -> Any:
        """Return 1 at the beginning, 10 after 30 % of the steps, and 0 at the end."""
        rising = 1 + (self.PEAK - 1) * share / self.RISING
        falling = self.PEAK * _falling((share - self.RISING) / (1 - self.RISING))
        return ops.where(share < self.RISING, rising, falling)


def _falling(share: Any) -> Any:
    return (1 + ops.cos(math.pi * share)) / 2


NAMED_SCHEDULES = {"cosine": Cosine, "onecycle": OneCycle}
