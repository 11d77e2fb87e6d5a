"""What a network is: its layers and its objective, before and beside any training.

A :class:`Network` is plain data. The estimators make one from their parameters and
their data, the engines train it, and :meth:`Network.keras_model` is its Keras form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skmlp._compat import import_keras

if TYPE_CHECKING:
    import keras

Weights = list[NDArray[np.floating]]


@dataclass(frozen=True)
class Network:
    """A dense network and the loss that it is trained with.

    Attributes
    ----------
    layer_sizes : tuple of int
        Units of each layer: the features, the hidden layers, the outputs.
    activations : tuple of str
        Keras' name of the activation of each layer after the features.
    loss : {"log_loss", "binary_log_loss", "squared_error"}
        The loss that is averaged over the samples.
    dtype : {"float32", "float64"}
        Type of the weights and of all arithmetic.
    input_divisor : float
        What the features are divided by before the first layer.
    """

    layer_sizes: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    dtype: str
    input_divisor: float = 1.0

    @property
    def n_parameters(self) -> int:
        """Number of weights and biases."""
        return sum((n_in + 1) * n_out for n_in, n_out in pairwise(self.layer_sizes))

    def initial_weights(self, rng: np.random.RandomState) -> Weights:
        """Draw Glorot-uniform kernels and zero biases, as Keras' Dense layers do.

        X. Glorot and Y. Bengio, "Understanding the difficulty of training deep
        feedforward neural networks", 2010, equation 16.
        """
        weights = []
        for n_in, n_out in pairwise(self.layer_sizes):
            bound = np.sqrt(6 / (n_in + n_out))
            weights.append(rng.uniform(-bound, bound, (n_in, n_out)).astype(self.dtype))
            weights.append(np.zeros(n_out, self.dtype))
        return weights

    def keras_layers(self) -> list[keras.Layer]:
        """Return new Keras layers, without the division of the inputs."""
        keras = import_keras()
        last = len(self.activations) - 1
        return [
            keras.layers.Dense(
                units,
                activation=activation,
                kernel_initializer="zeros",  # the weights are drawn by initial_weights
                dtype=self.dtype,
                name="output" if i == last else f"hidden_{i + 1}",
            )
            for i, (units, activation) in enumerate(
                zip(self.layer_sizes[1:], self.activations, strict=True)
            )
        ]

    def keras_model(
        self, coefs: Sequence[NDArray], intercepts: Sequence[NDArray]
    ) -> keras.Model:
        """Return a new Keras model of this network with these weights."""
        keras = import_keras()
        layers = self.keras_layers()
        if self.input_divisor != 1:
            scale = keras.layers.Rescaling(
                1 / self.input_divisor, dtype=self.dtype, name="pixel_scale"
            )
            layers.insert(0, scale)
        features = keras.Input((self.layer_sizes[0],), dtype=self.dtype)
        model = keras.Sequential([features, *layers], name="network")
        model.set_weights([w for layer in zip(coefs, intercepts) for w in layer])
        return model
