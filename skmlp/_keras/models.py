"""Plain Keras models of a network: public layers that any Keras saves and loads."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from skmlp._job import Network, OptimizerSpecification, Weights
from skmlp._keras.functional import losses_of
from skmlp._keras.optimizers import make_optimizer
from skmlp._keras.quirks import available_type


def keras_model(
    network: Network, weights: Weights, *, folded: bool = True, l2: float = 0.0
) -> keras.Sequential:
    """Return a new Keras model of the network with these weights.

    Parameters
    ----------
    network : Network
        Its layers. Where it divides its inputs, so does the model.
    weights : list of ndarray
        Kernels and biases in turn where ``folded``, else all of the network's.
    folded : bool, default=True
        Whether normalisations are folded into the kernels and biases, or layers.
    l2 : float, default=0.0
        Keras' penalty on the kernels: it adds ``l2 * sum(W**2)`` to each loss.
    """
    dtype = available_type(network.dtype)
    layers: list[Any] = [
        keras.Input(network.layer_sizes[:1], dtype=dtype, name="features")
    ]
    if network.input_divisor != 1:
        scale = 1 / network.input_divisor
        layers.append(keras.layers.Rescaling(scale, dtype=dtype, name="pixel_scale"))
    has_norms = network.norm is not None and not folded
    for i, activation in enumerate(network.activations):
        is_normalised = has_norms and i < network.n_hidden
        layers.append(
            keras.layers.Dense(
                network.layer_sizes[i + 1],
                activation=None if is_normalised else activation,
                kernel_initializer="zeros",  # the weights are set below
                kernel_regularizer=keras.regularizers.L2(l2) if l2 else None,
                dtype=dtype,
                name=network.layer_name(i),
            )
        )
        if is_normalised:
            assert network.norm is not None
            layers += [
                network.norm.keras(keras, dtype=dtype, name=f"normalization_{i + 1}"),
                keras.layers.Activation(
                    activation, dtype=dtype, name=f"activation_{i + 1}"
                ),
            ]
        if i < network.n_hidden and any(network.dropout) and network.dropout[i]:
            layers.append(
                keras.layers.Dropout(
                    network.dropout[i], seed=0, dtype=dtype, name=f"dropout_{i + 1}"
                )
            )
    model = keras.Sequential(layers, name="network")
    model.set_weights(weights)
    return model


def compile_model(
    model: keras.Model,
    network: Network,
    specification: OptimizerSpecification,
    *,
    loads_anywhere: bool = False,
) -> None:
    """Compile a model with the network's loss, its optimizer and its accuracy.

    Where Keras has no such loss, the model gets ours, so that a file of it loads with
    ``compile=False`` alone; with ``loads_anywhere`` it gets the nearest loss of Keras.
    """
    row = network.loss_row
    # What callbacks evaluate is to be what is recorded of validation data.
    loss = _loss_of_keras(network, training=not loads_anywhere)
    if loss is None:
        loss = row.keras_name if loads_anywhere else _own_loss(network)
    n_outputs = network.layer_sizes[-1]
    counts_labels = network.loss == "binary_log_loss" and n_outputs > 1
    has_accuracy = row.is_correct is not None and not counts_labels
    model.compile(
        make_optimizer(specification, is_plain=True),
        loss=loss,
        loss_weights=[row.keras_factor(n_outputs)],
        weighted_metrics=["accuracy"] if has_accuracy else None,
        auto_scale_loss=False,  # whatever the policy of the process is
    )


def _loss_of_keras(network: Network, *, training: bool) -> Any:
    """Return Keras' own loss with the options of the network's, if it has it."""
    row = network.loss_row
    names = dict(row.keras_options)
    set_options = {
        name: value
        for name, value in network.options(training=training).items()
        if value != dict(row.options)[name]
    }
    if row.keras is None or set_options.keys() - names.keys():
        return None
    options = {names[name]: value for name, value in set_options.items()}
    loss_class = getattr(keras.losses, row.keras)
    return loss_class(**options, reduction="mean_with_sample_weight")


def _own_loss(network: Network) -> Any:
    def loss(y: Any, outputs: Any) -> Any:
        scores = network.loss_row.scores(ops, outputs)
        return losses_of(network, y, scores, training=True)

    loss.__name__ = f"{network.loss}_loss"
    return loss
