"""Accuracies and their differences, each with its standard error.

An accuracy is a proportion, so chance alone moves it by sqrt(p (1 - p) / n).

Two networks tested on the same samples are right on most of them together; only
the samples on which they disagree tell them apart (McNemar, 1947). Were both
equally good, each of these would be won by a fair coin, and the difference of the
accuracies, (gained - lost) / n, would have the standard error
sqrt(gained + lost) / n. Two accuracies on different samples, such as training and
test accuracy, are independent: their variances add.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np

# Chance exceeds two standard errors about once in twenty times.
NOISE = 2.0


@dataclass(frozen=True)
class Estimate:
    """A measured number and its standard error."""

    value: float
    standard_error: float

    @property
    def sign(self) -> int:
        """1 or -1, or 0 where chance may have made the number."""
        if abs(self.value) <= NOISE * self.standard_error:
            return 0
        return 1 if self.value > 0 else -1

    @property
    def n_standard_errors(self) -> float:
        """Size of the number in standard errors."""
        return abs(self.value) / self.standard_error if self.value else 0.0

    def __sub__(self, other: Estimate) -> Estimate:
        """Difference of two independent estimates."""
        return Estimate(
            self.value - other.value, hypot(self.standard_error, other.standard_error)
        )


def proportion(correct: np.ndarray) -> Estimate:
    """Share of true entries, as a sample of many more."""
    share = float(np.mean(correct))
    return Estimate(share, sqrt(share * (1 - share) / len(correct)))


def paired_difference(current: np.ndarray, previous: np.ndarray) -> Estimate:
    """How many more samples `current` gets right than `previous`, as a share."""
    n_samples = len(current)
    gained = int(np.sum(current & ~previous))
    lost = int(np.sum(previous & ~current))
    return Estimate((gained - lost) / n_samples, sqrt(gained + lost) / n_samples)
