"""What a network is: its layers and its objective, before and beside any training.

A :class:`Network` is plain data. The estimators make one from their parameters and
their data, the engines train it, and :meth:`Network.keras_model` is its Keras form.
"""

from __future__ import annotations

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

    def keras_model(self, *, divided: bool = True) -> keras.Model:
        """Return a new Keras model of this network, all of whose weights are zero.

        Parameters
        ----------
        divided : bool, default=True
            Whether the model divides its inputs itself, where the network does.
        """
        keras = import_keras()
        layers = [keras.Input(self.layer_sizes[:1], dtype=self.dtype, name="features")]
        if divided and self.input_divisor != 1:
            scale = 1 / self.input_divisor
            layers.append(
                keras.layers.Rescaling(scale, dtype=self.dtype, name="pixel_scale")
            )
        last = len(self.activations) - 1
        for i, activation in enumerate(self.activations):
            dense = keras.layers.Dense(
                self.layer_sizes[i + 1],
                activation=activation,
                kernel_initializer="zeros",  # drawn by initial_weights
                dtype=self.dtype,
                name="output" if i == last else f"hidden_{i + 1}",
            )
            layers.append(dense)
        return keras.Sequential(layers, name="network")
