"""The Keras models that are trained, and the layers that Keras lacks for them.

Keras' batch normalisation knows no sample weights, and its dropout draws a mask for
each place in a batch. The layers here make a sample of integer weight do what the same
sample repeated does, wherever in a batch it stands.
"""

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


class SampleKey(keras.layers.Layer):
    """A 32-bit integer for each sample, equal for samples of equal features.

    The bits of the features, in float32, are folded, multiplied by fixed odd numbers
    and added modulo 2**32: exact, so it does not depend on where in a batch a sample
    stands.
    """

    def build(self, input_shape: Any) -> None:
        """Draw the factors, the same ones in every process."""
        rng = np.random.RandomState(0)
        factors = rng.randint(-(2**31), 2**31, input_shape[-1], dtype=np.int64) | 1
        self.factors = factors.astype(np.int32)

    def call(self, inputs: Any) -> Any:
        """Return the keys, of shape (n_samples, 1)."""
        bits = ops.view(ops.cast(inputs, "float32"), "int32")
        bits = _folded(bits, 16)  # those of whole numbers end in many zeros
        total = ops.sum(bits * self.factors, axis=-1, keepdims=True)
        return ops.cast(total, "int32")  # with float64, jax adds up in int64

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        """Return the shape and the type of the keys."""
        return keras.KerasTensor((inputs.shape[0], 1), dtype="int32")


class SampleDropout(keras.layers.Layer):
    """Dropout whose masks are a function of the sample, the step and the unit.

    Keras draws a mask for each place in a batch. Here equal samples lose equal units in
    a step, so that a sample of integer weight does what the same sample repeated does,
    and a network is the same whatever engine trains it.

    N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
    Overfitting", 2014.
    """

    def __init__(self, rate: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.seed_generator = keras.random.SeedGenerator(seed=0)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drop units; ``inputs`` are values (n, units) and sample keys (n, 1)."""
        values, key = inputs
        if not training:
            return values
        seed, step = ops.unstack(ops.cast(self.seed_generator.next(), "int32"))
        units = np.arange(values.shape[-1], dtype=np.int32)  # (units,)
        of_sample = _mixed(key + _mixed(step + _mixed(seed)))
        draws = _mixed(of_sample + _mixed(units))
        # Uniform from -2**31 to 2**31 - 1.
        is_kept = draws >= round((self.rate - 0.5) * 2**32)
        return ops.where(is_kept, values / (1 - self.rate), 0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the values."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """Return what makes the same layer."""
        return {**super().get_config(), "rate": self.rate}


def layered_model(network: Network) -> keras.Model:
    """Return the Keras model that is trained; its inputs are already divided.

    It is a plain ``Sequential`` of Keras' layers, so that a callback which saves it
    writes a file that loads without this package, unless the network has one of the
    layers above. A normalised network has the sample weights as a second input.
    """
    if not (network.batch_norm or any(network.dropout)):
        return network.keras_model(divided=False)

    features = network.keras_input()
    weight = keras.Input((1,), dtype=network.dtype, name="sample_weight")
    key = SampleKey(name="sample_key")(features) if any(network.dropout) else None
    hidden = features
    *hidden_activations, output_activation = network.activations
    for i, activation in enumerate(hidden_activations):
        named = {"dtype": network.dtype, "name": f"normalization_{i + 1}"}
        if network.batch_norm:
            hidden = network.keras_dense(i, None)(hidden)
            hidden = WeightedBatchNormalization(**named)([hidden, weight])
            named["name"] = f"activation_{i + 1}"
            hidden = keras.layers.Activation(activation, **named)(hidden)
        else:
            hidden = network.keras_dense(i, activation)(hidden)
        if network.dropout[i]:
            named["name"] = f"dropout_{i + 1}"
            hidden = SampleDropout(network.dropout[i], **named)([hidden, key])
    output = network.keras_dense(len(hidden_activations), output_activation)(hidden)
    inputs = [features, weight] if network.batch_norm else features
    return keras.Model(inputs, output, name="network")


def model_inputs(network: Network, X: Any, weight: Any) -> Any:
    """Return what the trained model is called with."""
    return [X, ops.expand_dims(weight, -1)] if network.batch_norm else X


def seed_dropout(model: keras.Model, rng: np.random.RandomState) -> None:
    """Seed each dropout layer from the generator of the fit."""
    for layer in model.layers:
        if isinstance(layer, SampleDropout):
            seed = rng.randint(2**31)
            layer.seed_generator.state.assign(np.array([seed, 0], dtype="uint32"))
