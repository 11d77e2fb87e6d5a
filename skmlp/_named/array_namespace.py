"""NumPy as the array namespace that losses are written for.

It has the functions of NumPy under their names, and those of :mod:`keras.ops` that
NumPy lacks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

__all__ = ["binary_crossentropy", "logsumexp", "sparse_categorical_crossentropy"]


def __getattr__(name: str) -> Any:
    return getattr(np, name)


def sparse_categorical_crossentropy(
    target: NDArray, output: NDArray, from_logits: bool = False
) -> NDArray:
    """Return minus the logarithm of the probability of each target's class."""
    assert from_logits, "losses are given scores"
    own = np.take_along_axis(output, target[:, np.newaxis], axis=-1)[:, 0]
    return logsumexp(output, axis=-1) - own


def binary_crossentropy(
    target: NDArray, output: NDArray, from_logits: bool = False
) -> NDArray:
    """Return minus the logarithm of the probability of each target, 0 or 1."""
    assert from_logits, "losses are given scores"
    return np.logaddexp(0, output) - target * output
