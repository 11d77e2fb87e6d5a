"""The Keras models that are trained, and the layer that Keras lacks for them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from skmlp._network import BATCH_NORM_EPSILON, Network

# Share of the running statistics that a batch renews, from the tenth batch on.
_RENEWAL = 0.1


class WeightedBatchNormalization(keras.layers.Layer):
    """Batch normalisation whose statistics are weighted by the sample weights.

    So a sample of integer weight does what the same sample repeated does, and the
    padding of a batch, of weight zero, does nothing. The running statistics are plain
    means of the first ten batches, and exponential means after.

    S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by
    Reducing Internal Covariate Shift", 2015, algorithms 1 and 2.
    """

    def build(self, input_shape: Any) -> None:
        """Make the weights, in the order of :meth:`Network.initial_weights`."""
        units = (input_shape[0][-1],)
        self.scale = self.add_weight(shape=units, initializer="ones", name="scale")
        self.offset = self.add_weight(shape=units, initializer="zeros", name="offset")
        self.mean = self.add_weight(
            shape=units, initializer="zeros", trainable=False, name="mean"
        )
        self.variance = self.add_weight(
            shape=units, initializer="ones", trainable=False, name="variance"
        )
        self.n_steps = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="n_steps"
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Normalise; ``inputs`` are values (n, units) and sample weights (n, 1)."""
        values, weight = inputs
        if training:
            weight = weight / ops.sum(weight)
            mean = ops.sum(weight * values, axis=0)
            variance = ops.sum(weight * ops.square(values - mean), axis=0)
            self.n_steps.assign(self.n_steps + 1)
            renewal = ops.maximum(1 / self.n_steps, _RENEWAL)
            self.mean.assign(self.mean + renewal * (mean - self.mean))
            self.variance.assign(self.variance + renewal * (variance - self.variance))
        else:
            mean, variance = self.mean, self.variance
        factor = self.scale / ops.sqrt(variance + BATCH_NORM_EPSILON)
        return (values - mean) * factor + self.offset

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the values."""
        return input_shape[0]


def layered_model(network: Network) -> keras.Model:
    """Return the Keras model that is trained; its inputs are already divided.

    It is a plain ``Sequential`` of Keras' layers, so that a callback which saves it
    writes a file that loads without this package, unless the network is normalised:
    then it has the sample weights as a second input.
    """
    if network.batch_norm:
        return _normalised_model(network)
    return network.keras_model(divided=False)


def _normalised_model(network: Network) -> keras.Model:
    features = network.keras_input()
    weight = keras.Input((1,), dtype=network.dtype, name="sample_weight")
    hidden = features
    *hidden_activations, output_activation = network.activations
    for i, activation in enumerate(hidden_activations):
        hidden = network.keras_dense(i, None)(hidden)
        normalize = WeightedBatchNormalization(
            dtype=network.dtype, name=f"normalization_{i + 1}"
        )
        hidden = normalize([hidden, weight])
        activate = keras.layers.Activation(
            activation, dtype=network.dtype, name=f"activation_{i + 1}"
        )
        hidden = activate(hidden)
        for dropout in network.keras_dropout(i):
            hidden = dropout(hidden)
    output = network.keras_dense(len(hidden_activations), output_activation)(hidden)
    return keras.Model([features, weight], output, name="network")


def model_inputs(network: Network, X: Any, weight: Any) -> Any:
    """Return what the trained model is called with."""
    return [X, ops.expand_dims(weight, -1)] if network.batch_norm else X


def seed_dropout(model: keras.Model, rng: np.random.RandomState) -> None:
    """Seed each dropout layer from the generator of the fit."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            seed = rng.randint(2**31)
            layer.seed_generator.state.assign(np.array([seed, 0], dtype="uint32"))
