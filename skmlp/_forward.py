"""Prediction: the forward pass of a fitted network in NumPy, and nothing else.

A fitted estimator predicts with these functions, so it needs neither Keras nor
TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from skmlp._named.activations import numpy_function

Array = NDArray[np.floating]

# Rows that pass through the network at a time: the widest layer of a chunk stays in
# the processor's cache, and memory does not grow with the number of samples.
_CHUNK_ROWS = 4096

# What a chunk of a sparse matrix may take when it is made dense.
_DENSE_BYTES = 2**26


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
    activations: Sequence[str | Callable],
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
        (kernel, bias, numpy_function(activation))
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
