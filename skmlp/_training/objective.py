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
import numpy as np
from keras import ops

from skmlp._compat import let_muon_take_float64
from skmlp._network import Network
from skmlp._training.layers import layered_model


class Loss(NamedTuple):
    """A loss, and what Keras calls it and counts beside it.

    ``per_sample`` and ``is_correct`` take targets and outputs of a batch and return a
    value per sample; ``per_sample`` takes the network as well. ``of_logits`` takes the
    logits instead of the probabilities, whose logarithm Keras clips.
    """

    per_sample: Callable[[Network, Any, Any], Any]
    keras_name: str
    is_correct: Callable[[Any, Any], Any] | None = None
    of_logits: Callable[[Any, Any], Any] | None = None


def _poisson(network: Network, y: Any, outputs: Any) -> Any:
    """Half the Poisson deviance: y log(y / outputs) - y + outputs."""
    tiny = float(np.finfo(network.dtype).tiny)
    ratio = ops.log(ops.maximum(y, tiny)) - ops.log(ops.maximum(outputs, tiny))
    return ops.mean(y * ratio - y + outputs, axis=-1)


def _huber(network: Network, y: Any, outputs: Any) -> Any:
    """Half the squared error up to an error of 1, and linear beyond."""
    error = ops.abs(outputs - y)
    return ops.mean(ops.where(error <= 1, ops.square(error) / 2, error - 0.5), axis=-1)


def _pinball(network: Network, y: Any, outputs: Any) -> Any:
    error = y - outputs
    quantile = network.quantile
    return ops.mean(ops.maximum(quantile * error, (quantile - 1) * error), axis=-1)


LOSSES = {
    "log_loss": Loss(
        lambda _, y, outputs: ops.sparse_categorical_crossentropy(y, outputs),
        "sparse_categorical_crossentropy",
        lambda y, outputs: ops.equal(ops.argmax(outputs, axis=-1), y),
        lambda y, logits: ops.sparse_categorical_crossentropy(
            y, logits, from_logits=True
        ),
    ),
    "binary_log_loss": Loss(
        lambda _, y, outputs: ops.sum(ops.binary_crossentropy(y, outputs), axis=-1),
        "binary_crossentropy",
        lambda y, outputs: ops.all(ops.equal(outputs > 0.5, y > 0.5), axis=-1),
        lambda y, logits: ops.sum(
            ops.binary_crossentropy(y, logits, from_logits=True), axis=-1
        ),
    ),
    "squared_error": Loss(
        lambda _, y, outputs: ops.mean(ops.square(outputs - y), axis=-1) / 2,
        "mean_squared_error",
    ),
    "absolute_error": Loss(
        lambda _, y, outputs: ops.mean(ops.abs(outputs - y), axis=-1),
        "mean_absolute_error",
    ),
    "poisson": Loss(_poisson, "poisson"),
    "huber": Loss(_huber, "huber"),
    "quantile": Loss(_pinball, "mean_absolute_error"),
}


def trainable_model(
    network: Network,
    optimizer: keras.optimizers.Optimizer,
    *,
    penalised: bool = True,
    jit: bool = False,
) -> tuple[keras.Model, keras.Variable]:
    """Return a Keras model compiled for training, and its ``alpha`` as a variable.

    The losses, ``alpha`` and the sample weights make the objective; what Keras calls
    the loss is for those who train a saved model further.
    """
    model = layered_model(network)
    let_muon_take_float64(optimizer)
    alpha = keras.Variable(0.0, trainable=False, dtype=network.dtype, name="alpha")
    loss = LOSSES[network.loss]
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    kernels = [layer.kernel for layer in dense]
    # On TensorFlow, Keras finds the logits that probabilities come from by itself.
    of_logits = None if keras.config.backend() == "tensorflow" else loss.of_logits
    logits = keep_logits(dense[-1]) if of_logits else []

    several_labels = network.loss == "binary_log_loss" and network.layer_sizes[-1] > 1

    def accuracy(y: Any, outputs: Any) -> Any:
        assert loss.is_correct is not None
        return ops.cast(loss.is_correct(y, outputs), network.dtype)

    def compute_loss(
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        if of_logits:
            losses = of_logits(y, logits.pop()) * sample_weight
        else:
            losses = loss.per_sample(network, y, y_pred) * sample_weight
        if not training:  # weights of mean 1: Keras averages over the samples
            return ops.mean(losses)
        if not penalised:  # to sum squares takes up to a fifth of the time
            return ops.sum(losses) / ops.sum(sample_weight)
        squares = sum(ops.sum(ops.square(kernel)) for kernel in kernels)
        return (ops.sum(losses) + alpha * squares / 2) / ops.sum(sample_weight)

    model.compute_loss = compute_loss
    model.compile(
        optimizer=optimizer,
        loss=loss.keras_name,
        # Keras' own name, for saved models to load, where it means the same.
        weighted_metrics=[accuracy if several_labels else "accuracy"]
        if loss.is_correct
        else None,
        jit_compile=jit,
    )
    return model, alpha


def keep_logits(output: keras.layers.Dense) -> list[Any]:
    """Make an output layer leave the logits of its last call in a list."""
    kept: list[Any] = []

    def call(inputs: Any, training: bool | None = None) -> Any:
        kept[:] = [ops.add(ops.matmul(inputs, output.kernel), output.bias)]
        return output.activation(kept[0])

    output.call = call
    return kept


def load_state(optimizer: keras.optimizers.Optimizer, state: Sequence[Any]) -> None:
    """Assign the values of an earlier training, but for the learning rate."""
    for variable, value in zip(optimizer.variables, state, strict=True):
        if variable.name != "learning_rate":
            variable.assign(value)
