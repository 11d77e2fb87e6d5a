"""Normalisations of hidden layers, before their activation: a row for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = list[Any]

# Added to a variance before it divides, as in Keras' BatchNormalization.
BATCH_NORM_EPSILON = 1e-3

# Share of the running statistics that a batch renews, from the tenth batch on.
_RENEWAL = 0.1


@dataclass(frozen=True)
class Norm:
    """A normalisation of a layer's values, of shape (n_samples, n_units).

    Attributes
    ----------
    arrays : tuple of str
        Names of its arrays, of shape (n_units,), in the order in which Keras' layer
        has them.
    ones : tuple of str
        Those that begin as ones; the others begin as zeros.
    statistics : tuple of str
        Those that follow the data, and not the gradient.
    in_training : callable
        Takes an array namespace, values, sample weights of shape (n_samples, 1), the
        number of the step from 0, and the arrays; returns normalised values and arrays.
    in_prediction : callable
        Takes an array namespace, values and arrays; returns normalised values.
    fold : callable
        Takes kernel, bias and arrays; returns the kernel and the bias that give the
        normalised values by themselves.
    keras : callable
        Takes the module ``keras`` and keywords for a layer; returns Keras' own layer.
    """

    arrays: tuple[str, ...]
    ones: tuple[str, ...]
    statistics: tuple[str, ...]
    in_training: Callable[[Any, Any, Any, Any, Arrays], tuple[Any, Arrays]]
    in_prediction: Callable[[Any, Any, Arrays], Any]
    fold: Callable[[NDArray, NDArray, Arrays], tuple[NDArray, NDArray]]
    keras: Callable[..., Any]

    def initial(self, n_units: int) -> list[NDArray]:
        """Return the arrays that training begins with."""
        return [
            np.ones(n_units) if name in self.ones else np.zeros(n_units)
            for name in self.arrays
        ]


def _batch_in_training(
    xp: Any, values: Any, weight: Any, step: Any, arrays: Arrays
) -> tuple[Any, Arrays]:
    """Normalise by moments of the batch, weighted by the sample weights.

    So a sample of integer weight does what the same sample repeated does, and the
    padding of a batch, of weight zero, does nothing. The running statistics are plain
    means of the first ten batches of a fit, and exponential means after.

    S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by
    Reducing Internal Covariate Shift", 2015, algorithms 1 and 2.
    """
    scale, offset, running_mean, running_variance = arrays
    weight = weight / xp.sum(weight)
    mean = xp.sum(weight * values, axis=0)
    variance = xp.sum(weight * xp.square(values - mean), axis=0)
    n_batches = xp.cast(step, values.dtype) + 1
    renewal = xp.maximum(1 / n_batches, _RENEWAL)
    moved = [
        running + renewal * (seen - running)
        for running, seen in ((running_mean, mean), (running_variance, variance))
    ]
    return _batch_in_prediction(xp, values, [scale, offset, mean, variance]), [
        scale,
        offset,
        *moved,
    ]


def _batch_in_prediction(xp: Any, values: Any, arrays: Arrays) -> Any:
    scale, offset, mean, variance = arrays
    return (values - mean) * (scale / xp.sqrt(variance + BATCH_NORM_EPSILON)) + offset


def _fold_batch(
    kernel: NDArray, bias: NDArray, arrays: Arrays
) -> tuple[NDArray, NDArray]:
    scale, offset, mean, variance = arrays
    factor = scale / np.sqrt(variance + scale.dtype.type(BATCH_NORM_EPSILON))
    return kernel * factor, (bias - mean) * factor + offset


NORMS = {
    "batch": Norm(
        arrays=("gamma", "beta", "moving_mean", "moving_variance"),
        ones=("gamma", "moving_variance"),
        statistics=("moving_mean", "moving_variance"),
        in_training=_batch_in_training,
        in_prediction=_batch_in_prediction,
        fold=_fold_batch,
        keras=lambda keras, **named: keras.layers.BatchNormalization(
            momentum=1 - _RENEWAL, epsilon=BATCH_NORM_EPSILON, **named
        ),
    ),
}
