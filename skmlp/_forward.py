"""Prediction: the forward pass of a fitted network in NumPy, and nothing else.

A fitted estimator predicts with these functions, so it needs neither Keras nor
TensorFlow. Each activation is the function that Keras has under the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from scipy.special import erf, expit, log_expit

Array = NDArray[np.floating]
Activation = Callable[[Array], Array]

# Rows that pass through the network at a time: the widest layer of a chunk stays in
# the processor's cache, and memory does not grow with the number of samples.
_CHUNK_ROWS = 4096

# What a chunk of a sparse matrix may take when it is made dense.
_DENSE_BYTES = 2**26


def _relu(z: Array) -> Array:
    return np.maximum(z, 0, out=z)


def _exponential(z: Array) -> Array:
    with np.errstate(over="ignore"):  # infinite, as in Keras
        return np.exp(z)


def _elu(z: Array) -> Array:
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


def _selu(z: Array) -> Array:
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    return (scale * np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))).astype(
        z.dtype, copy=False
    )


def _leaky_relu(z: Array) -> Array:
    return np.where(z > 0, z, z * z.dtype.type(0.2))


def _softplus(z: Array) -> Array:
    return np.logaddexp(z, z.dtype.type(0))


def _silu(z: Array) -> Array:
    return z * expit(z)


def _gelu(z: Array) -> Array:
    return z * z.dtype.type(0.5) * (1 + erf(z * z.dtype.type(np.sqrt(0.5))))


def _hard_sigmoid(z: Array) -> Array:
    return np.clip(z / 6 + z.dtype.type(0.5), 0, 1)


def _soft_shrink(z: Array) -> Array:
    return np.sign(z) * np.maximum(np.abs(z) - z.dtype.type(0.5), 0)


def _sparse_plus(z: Array) -> Array:
    curve = np.square(z + 1) / 4
    return np.where(z <= -1, z.dtype.type(0), np.where(z < 1, curve, z))


def _squareplus(z: Array) -> Array:
    return (z + np.sqrt(np.square(z) + 4)) / 2


def _softmax(z: Array) -> Array:
    z = z - z.max(axis=1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=1, keepdims=True)
    return z


def _log_softmax(z: Array) -> Array:
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


# Keras' activations that there are not, and why.
LEFT_OUT = {
    "glu": "halves the number of units",
    "sparsemax": "is not the projection onto the simplex in Keras 3.15",
    "threshold": "has parameters without defaults",
}

# All others of Keras' activations.
ACTIVATIONS: dict[str, Activation] = {
    "celu": _elu,  # Keras' celu has alpha=1, where it equals elu
    "elu": _elu,
    "exponential": _exponential,
    "gelu": _gelu,
    "hard_shrink": lambda z: np.where(np.abs(z) > 0.5, z, z.dtype.type(0)),
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": lambda z: z * _hard_sigmoid(z),
    "hard_swish": lambda z: z * _hard_sigmoid(z),
    "hard_tanh": lambda z: np.clip(z, -1, 1),
    "leaky_relu": _leaky_relu,
    "linear": lambda z: z,
    "log_sigmoid": log_expit,
    "log_softmax": _log_softmax,
    "mish": lambda z: z * np.tanh(_softplus(z)),
    "relu": _relu,
    "relu6": lambda z: np.clip(z, 0, 6),
    "selu": _selu,
    "sigmoid": expit,
    "silu": _silu,
    "soft_shrink": _soft_shrink,
    "softmax": _softmax,
    "softplus": _softplus,
    "softsign": lambda z: z / (1 + np.abs(z)),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": lambda z: np.clip((z + 1) / 2, 0, 1),
    "squareplus": _squareplus,
    "swish": _silu,
    "tanh": np.tanh,
    "tanh_shrink": lambda z: z - np.tanh(z),
}

# scikit-learn's names for functions that Keras calls otherwise.
ALIASES = {"exp": "exponential", "identity": "linear", "logistic": "sigmoid"}


def as_dense(X: Any) -> NDArray:
    """Return an array, of a matrix that may be sparse."""
    return X.toarray() if issparse(X) else X


def chunk_rows(X: Any) -> int:
    """Return the number of rows to take at a time, fewer of a wide sparse matrix."""
    if not issparse(X):
        return _CHUNK_ROWS
    return max(1, min(_CHUNK_ROWS, _DENSE_BYTES // (8 * X.shape[1])))


def forward(
    X: Any,
    coefs: Sequence[Array],
    intercepts: Sequence[Array],
    activations: Sequence[str | Activation],
    *,
    divisor: float = 1.0,
    n_layers: int | None = None,
) -> Array:
    """Return the outputs of the network for ``X``, or the activations on the way.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_samples, n_features)
        Inputs of any numeric type; they are cast to the type of the weights. A sparse
        matrix, in CSR format, is made dense a chunk at a time.
    coefs : sequence of ndarray of shape (n_in, n_out)
        The kernel of each layer.
    intercepts : sequence of ndarray of shape (n_out,)
        The bias of each layer.
    activations : sequence of str or callable
        The activation of each layer, the output layer's last.
    divisor : float, default=1.0
        What the inputs are divided by first.
    n_layers : int, default=None
        Layers to pass through; ``None`` is all of them.

    Returns
    -------
    ndarray of shape (n_samples, n_units)
        What the last of these layers gives, of the type of the weights.
    """
    dtype = coefs[0].dtype
    layers = [
        (kernel, bias, activation if callable(activation) else ACTIVATIONS[activation])
        for kernel, bias, activation in zip(coefs, intercepts, activations, strict=True)
    ][:n_layers]
    n_units = layers[-1][1].shape[0] if layers else X.shape[1]
    outputs = np.empty((X.shape[0], n_units), dtype)
    n_rows = chunk_rows(X)
    for start in range(0, X.shape[0], n_rows):
        rows = slice(start, start + n_rows)
        hidden = as_dense(X[rows]).astype(dtype, copy=False)
        if divisor != 1:
            hidden = hidden / dtype.type(divisor)
        for kernel, bias, activation in layers:
            hidden = hidden @ kernel  # (n_rows, n_out)
            hidden += bias
            hidden = activation(hidden)
        outputs[rows] = hidden
    return outputs
