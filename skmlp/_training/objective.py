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

from skmlp._compat import let_muon_take_float64, sum_over_one_replica
from skmlp._network import Network
from skmlp._training.layers import layered_model


class Loss(NamedTuple):
    """A loss, and what Keras calls it and counts beside it.

    ``per_sample`` and ``is_correct`` take targets and scores of a batch and return a
    value per sample; ``per_sample`` takes the network as well. The scores are the
    outputs of the network, but for a classifier its logits: Keras would clip the
    logarithm of a probability.
    """

    per_sample: Callable[[Network, Any, Any], Any]
    keras_name: str
    is_correct: Callable[[Any, Any], Any] | None = None


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
        lambda _, y, logits: ops.sparse_categorical_crossentropy(
            y, logits, from_logits=True
        ),
        "sparse_categorical_crossentropy",
        lambda y, logits: ops.equal(ops.argmax(logits, axis=-1), y),
    ),
    "binary_log_loss": Loss(
        lambda _, y, logits: ops.sum(
            ops.binary_crossentropy(y, logits, from_logits=True), axis=-1
        ),
        "binary_crossentropy",
        lambda y, logits: ops.all(ops.equal(logits > 0, y > 0.5), axis=-1),
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


class Trainable(NamedTuple):
    """A Keras model compiled for training.

    Attributes
    ----------
    model : keras.Model
        The losses, ``alpha`` and the sample weights make its objective; what Keras
        calls its loss is for those who train a saved model further.
    alpha : keras.Variable
        Strength of the L2 penalty.
    scores : callable
        Takes the outputs of the last call of the model, and returns what losses take.
    objective : callable
        Takes targets, scores and weights of a batch, and the sum of these weights;
        returns what is minimised.
    """

    model: keras.Model
    alpha: keras.Variable
    scores: Callable[[Any], Any]
    objective: Callable[[Any, Any, Any, Any], Any]


def trainable(
    network: Network,
    optimizer: keras.optimizers.Optimizer,
    *,
    penalised: bool = True,
    jit: bool = False,
) -> Trainable:
    """Return a model to train; without ``penalised``, ``alpha`` has no effect."""
    model = layered_model(network)
    let_muon_take_float64(optimizer)
    sum_over_one_replica(optimizer)
    alpha = keras.Variable(0.0, trainable=False, dtype=network.dtype, name="alpha")
    loss = LOSSES[network.loss]
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    kernels = [layer.kernel for layer in dense]
    scores = _logits_of(dense[-1]) if loss.is_correct else _unchanged
    several_labels = network.loss == "binary_log_loss" and network.layer_sizes[-1] > 1

    def accuracy(y: Any, outputs: Any) -> Any:
        assert loss.is_correct is not None
        # A probability above 0.5 is a logit above 0.
        return ops.cast(loss.is_correct(y, outputs - 0.5), network.dtype)

    def objective(y: Any, of_samples: Any, weight: Any, weight_sum: Any) -> Any:
        total = ops.sum(loss.per_sample(network, y, of_samples) * weight)
        if penalised:  # to sum squares takes up to a fifth of the time
            squares = sum(ops.sum(ops.square(kernel)) for kernel in kernels)
            total += alpha * squares / 2
        return total / weight_sum

    def compute_loss(
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        if training:
            weight_sum = ops.sum(sample_weight)
            return objective(y, scores(y_pred), sample_weight, weight_sum)
        # The weights are of mean 1: Keras averages over the samples.
        return ops.mean(loss.per_sample(network, y, scores(y_pred)) * sample_weight)

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
    return Trainable(model, alpha, scores, objective)


def _logits_of(output: keras.layers.Dense) -> Callable[[Any], Any]:
    """Make a layer keep the logits of its last call, and return what takes them."""
    kept: list[Any] = []

    def call(inputs: Any, training: bool | None = None) -> Any:
        kept[:] = [ops.add(ops.matmul(inputs, output.kernel), output.bias)]
        return output.activation(kept[0])

    output.call = call
    # Taken out, since a tensor of a graph holds on to the whole graph.
    return lambda _: kept.pop()


def _unchanged(outputs: Any) -> Any:
    return outputs


def load_state(optimizer: keras.optimizers.Optimizer, state: Sequence[Any]) -> None:
    """Assign the values of an earlier training, but for the learning rate."""
    for variable, value in zip(optimizer.variables, state, strict=True):
        if variable.name != "learning_rate":
            variable.assign(value)
