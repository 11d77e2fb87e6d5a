r"""What both engines minimise: scikit-learn's objective, on a Keras model.

For a mini-batch of samples with losses :math:`l_i` and weights :math:`w_i`,

.. math::  \frac{\sum_i w_i l_i + \frac{\alpha}{2} \sum_k \|W_k\|^2}{\sum_i w_i}

where :math:`W_k` are the kernels. Keras would divide by the number of samples instead
of the sum of their weights, and has no penalty that knows the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
from keras import ops

from skmlp._compat import let_muon_take_float64
from skmlp._network import Network


class Loss(NamedTuple):
    """A loss: its value per sample, and what Keras calls it and counts beside it."""

    per_sample: Callable[[Any, Any], Any]
    keras_name: str
    is_correct: Callable[[Any, Any], Any] | None


def _half_squared_error(y: Any, outputs: Any) -> Any:
    return ops.mean(ops.square(outputs - y), axis=-1) / 2


def _binary_log_loss(y: Any, outputs: Any) -> Any:
    return ops.mean(ops.binary_crossentropy(y, outputs), axis=-1)


LOSSES = {
    "log_loss": Loss(
        ops.sparse_categorical_crossentropy,
        "sparse_categorical_crossentropy",
        lambda y, outputs: ops.equal(ops.argmax(outputs, axis=-1), y),
    ),
    "binary_log_loss": Loss(
        _binary_log_loss,
        "binary_crossentropy",
        lambda y, outputs: ops.equal(outputs[:, 0] > 0.5, y[:, 0] > 0.5),
    ),
    "squared_error": Loss(_half_squared_error, "mean_squared_error", None),
}


def trainable_model(
    network: Network, optimizer: keras.optimizers.Optimizer
) -> tuple[keras.Model, keras.Variable]:
    """Return a Keras model compiled for training, and its ``alpha`` as a variable.

    The model is a plain ``Sequential``, so that a callback which saves it writes a file
    that loads without this package. Its inputs are already divided.
    """
    model = network.keras_model(divided=False)
    let_muon_take_float64(optimizer)
    alpha = keras.Variable(0.0, trainable=False, dtype=network.dtype, name="alpha")
    loss = LOSSES[network.loss]

    def compute_loss(
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        losses = loss.per_sample(y, y_pred) * sample_weight
        if not training:  # weights of mean 1: Keras averages over the samples
            return ops.mean(losses)
        squares = sum(ops.sum(ops.square(layer.kernel)) for layer in model.layers)
        return (ops.sum(losses) + alpha * squares / 2) / ops.sum(sample_weight)

    model.compute_loss = compute_loss
    model.compile(
        optimizer=optimizer,
        loss=loss.keras_name,
        weighted_metrics=["accuracy"] if loss.is_correct else None,
        jit_compile=False,
    )
    return model, alpha


def assign_all(variables: Sequence[keras.Variable], values: Sequence[Any]) -> None:
    """Assign to each variable its value."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
