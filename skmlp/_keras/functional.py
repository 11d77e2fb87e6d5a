"""The network and its objective as pure functions of the weights, on Keras' operations.

Every engine trains these, so that none has an arithmetic of its own. Values come in and
go out: nothing is held between two calls.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from skmlp._job import Network


def scores_of(
    network: Network,
    weights: list[Any],
    X: Any,
    *,
    training: bool,
    weight: Any = None,
    step: Any = None,
    dropout_seeds: Any = None,
) -> tuple[Any, list[Any]]:
    """Return the scores of samples, and the weights with statistics moved on.

    Parameters
    ----------
    network : Network
        The layers.
    weights : list of tensor
        Its weights.
    X : tensor of shape (n_samples, n_features)
        Features of any numeric type, not yet divided.
    training : bool
        Whether units are dropped, and normalisations take the moments of the batch.
        Only then are the following needed.
    weight : tensor of shape (n_samples,)
        Sample weights.
    step : tensor of int
        Number of the gradient step of the fit, from 0.
    dropout_seeds : tensor of int32 of shape (n_hidden_layers,)
        A seed for each hidden layer.
    """
    X = ops.cast(X, network.dtype)
    hidden = X if network.input_divisor == 1 else X / network.input_divisor
    key = None
    if training and any(network.dropout):
        key = _sample_keys(hidden)
    moved: list[Any] = []
    for i, (kernel, bias, *arrays) in enumerate(network.by_layer(weights)):
        hidden = ops.add(ops.matmul(hidden, kernel), bias)  # (n_samples, n_units)
        if arrays:
            hidden, arrays = _normalised(
                network, hidden, arrays, training=training, weight=weight, step=step
            )
        moved += [kernel, bias, *arrays]
        if i < network.n_hidden:
            hidden = keras.activations.get(network.activations[i])(hidden)
            if key is not None and network.dropout[i]:
                seed = dropout_seeds[i]
                hidden = _drop(hidden, key, network.dropout[i], seed, step)
    return hidden, moved


def _normalised(
    network: Network,
    values: Any,
    arrays: list[Any],
    *,
    training: bool,
    weight: Any,
    step: Any,
) -> tuple[Any, list[Any]]:
    assert network.norm is not None
    if not training:
        return network.norm.in_prediction(ops, values, arrays), arrays
    weight = ops.expand_dims(weight, -1)
    return network.norm.in_training(ops, values, weight, step, arrays)


def losses_of(network: Network, y: Any, scores: Any, *, training: bool) -> Any:
    """Return the loss of each sample, of shape (n_samples,)."""
    options = network.options(training=training)
    return network.loss_row.per_sample(ops, y, scores, options)


def are_correct(network: Network, y: Any, scores: Any) -> Any:
    """Return 1 for each sample that is predicted right, else 0, of the network's type.

    ``None`` where the targets are numbers.
    """
    is_correct = network.loss_row.is_correct
    if is_correct is None:
        return None
    return ops.cast(is_correct(ops, y, scores), network.dtype)


def objective(
    network: Network,
    weights: list[Any],
    y: Any,
    scores: Any,
    weight: Any,
    weight_sum: Any,
    alpha: Any,
) -> Any:
    r"""Return what a gradient step minimises: scikit-learn's objective.

    For a mini-batch of samples with losses :math:`l_i` and weights :math:`w_i`,

    .. math::  \frac{\sum_i w_i l_i + \frac{\alpha}{2} \sum_k \|W_k\|^2}{\sum_i w_i}

    where :math:`W_k` are the kernels. ``alpha=None`` leaves the penalty out.
    """
    total = ops.sum(losses_of(network, y, scores, training=True) * weight)
    if alpha is not None:
        kernels = [arrays[0] for arrays in network.by_layer(weights)]
        squares = sum(ops.sum(ops.square(kernel)) for kernel in kernels)
        total += alpha * squares / 2
    return total / weight_sum


# Dropout whose masks are a function of the sample, the step and the unit. Keras draws a
# mask for each place in a batch; here equal samples lose equal units in a step, so that
# a sample of integer weight does what the same sample repeated does, and a network is
# the same whatever engine trains it.
#
# N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
# Overfitting", 2014.


def _drop(values: Any, key: Any, rate: float, seed: Any, step: Any) -> Any:
    """Drop units of ``values`` (n_samples, n_units); ``key`` is (n_samples, 1)."""
    units = np.arange(values.shape[-1], dtype=np.int32)  # (n_units,)
    of_sample = _mixed(key + _mixed(ops.cast(step, "int32") + _mixed(seed)))
    draws = _mixed(of_sample + _mixed(units))
    # Uniform from -2**31 to 2**31 - 1.
    is_kept = draws >= round((rate - 0.5) * 2**32)
    return ops.where(is_kept, values / (1 - rate), 0)


def _sample_keys(X: Any) -> Any:
    """Return a 32-bit integer for each sample, equal for samples of equal features.

    The bits of the features, in float32, are folded, multiplied by fixed odd numbers
    and added modulo 2**32: exact, so it does not depend on where in a batch a sample
    stands. Of shape (n_samples, 1).
    """
    rng = np.random.RandomState(0)  # the same factors in every process
    factors = rng.randint(-(2**31), 2**31, X.shape[-1], dtype=np.int64) | 1
    bits = ops.view(ops.cast(X, "float32"), "int32")
    bits = _folded(bits, 16)  # those of whole numbers end in many zeros
    total = ops.sum(bits * factors.astype(np.int32), axis=-1, keepdims=True)
    return ops.cast(total, "int32")  # with float64, jax adds up in int64


def _mixed(x: Any) -> Any:
    """Return 32-bit integers in which each bit depends on each bit of ``x``.

    C. Wellons, "Prospecting for Hash Functions", 2018, the function lowbias32.
    """
    x = _folded(x, 16) * 0x7FEB352D
    x = _folded(x, 15) * (0x846CA68B - 2**32)
    return _folded(x, 16)


def _folded(x: Any, n_bits: int) -> Any:
    """Return ``x ^ (x >> n_bits)`` of 32-bit integers, as if they had no sign."""
    shifted = ops.bitwise_and(ops.right_shift(x, n_bits), (1 << (32 - n_bits)) - 1)
    return ops.bitwise_xor(x, shifted)
