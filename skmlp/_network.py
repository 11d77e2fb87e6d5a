"""What a network is: its layers and its objective, before and beside any training.

A :class:`Network` is plain data. The estimators make one from their parameters and
their data, and the engines train it. Training has weights that prediction has not
(those of batch normalisation): :meth:`Network.fold` works them into the kernels and
biases of a plain dense network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skmlp._compat import available_type, import_keras

if TYPE_CHECKING:
    import keras

Weights = list[NDArray[np.floating]]
Activation = str | Callable

# Added to a variance before it divides, as in Keras' BatchNormalization.
BATCH_NORM_EPSILON = 1e-3

# Arrays of a normalisation: scale, offset, running mean and variance, number of steps.
_N_BATCH_NORM_ARRAYS = 5


@dataclass(frozen=True)
class Network:
    """A dense network and the loss that it is trained with.

    Attributes
    ----------
    layer_sizes : tuple of int
        Units of each layer: the features, the hidden layers, the outputs.
    activations : tuple of str or callable
        Activation of each layer after the features, by Keras' name.
    loss : str
        Name of the loss that is averaged over the samples.
    dtype : {"float32", "float64"}
        Type of the weights and of all arithmetic.
    input_divisor : float
        What the features are divided by before the first layer.
    dropout : tuple of float
        Share of the units that is dropped after each hidden layer in training.
    batch_norm : bool
        Whether each hidden layer is normalised before its activation.
    quantile : float
        The quantile that the loss ``"quantile"`` estimates.
    """

    layer_sizes: tuple[int, ...]
    activations: tuple[Activation, ...]
    loss: str
    dtype: str
    input_divisor: float = 1.0
    dropout: tuple[float, ...] = ()
    batch_norm: bool = False
    quantile: float = 0.5

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
        last = len(self.activations) - 1
        for i, (n_in, n_out) in enumerate(pairwise(self.layer_sizes)):
            bound = np.sqrt(6 / (n_in + n_out))
            weights.append(rng.uniform(-bound, bound, (n_in, n_out)))
            weights.append(np.zeros(n_out))
            if self.batch_norm and i < last:
                zeros, ones = np.zeros(n_out), np.ones(n_out)
                weights += [ones, zeros, zeros, ones, np.zeros(())]
        return [array.astype(self.dtype) for array in weights]

    def fold(self, weights: Weights) -> tuple[Weights, Weights]:
        """Return the kernels and biases of the dense network that predicts the same."""
        if not self.batch_norm:
            return weights[0::2], weights[1::2]
        coefs, intercepts = [], []
        rest = list(weights)
        while rest:
            kernel, bias, *rest = rest
            if rest:  # the output layer is not normalised
                scale, offset, mean, variance = rest[: _N_BATCH_NORM_ARRAYS - 1]
                rest = rest[_N_BATCH_NORM_ARRAYS:]
                factor = scale / np.sqrt(
                    variance + scale.dtype.type(BATCH_NORM_EPSILON)
                )
                kernel, bias = kernel * factor, (bias - mean) * factor + offset
            coefs.append(kernel)
            intercepts.append(bias)
        return coefs, intercepts

    def keras_model(self, *, divided: bool = True, l2: float = 0.0) -> keras.Model:
        """Return a new Keras model of plain layers, all of whose weights are zero.

        Parameters
        ----------
        divided : bool, default=True
            Whether the model divides its inputs itself, where the network does.
        l2 : float, default=0.0
            Keras' penalty on the kernels: it adds ``l2 * sum(W**2)`` to each loss.
        """
        keras = import_keras()
        network = replace(self, dtype=available_type(self.dtype))
        layers = [network.keras_input()]
        if divided and self.input_divisor != 1:
            scale = 1 / self.input_divisor
            layers.append(
                keras.layers.Rescaling(scale, dtype=network.dtype, name="pixel_scale")
            )
        for i, activation in enumerate(self.activations):
            layers.append(network.keras_dense(i, activation, l2))
            layers += network.keras_dropout(i)
        return keras.Sequential(layers, name="network")

    def keras_input(self) -> keras.KerasTensor:
        """Return the placeholder of the features."""
        keras = import_keras()
        return keras.Input(self.layer_sizes[:1], dtype=self.dtype, name="features")

    def keras_dense(
        self, i: int, activation: Activation | None, l2: float = 0.0
    ) -> keras.Layer:
        """Return the dense layer of number ``i``, whose weights are zero."""
        is_output = i == len(self.activations) - 1
        keras = import_keras()
        return keras.layers.Dense(
            self.layer_sizes[i + 1],
            activation=activation,
            kernel_initializer="zeros",  # the weights come from initial_weights
            kernel_regularizer=keras.regularizers.L2(l2) if l2 else None,
            dtype=self.dtype,
            name="output" if is_output else f"hidden_{i + 1}",
        )

    def keras_dropout(self, i: int) -> list[keras.Layer]:
        """Return the dropout after layer ``i``, if there is one."""
        if i >= len(self.dropout) or not self.dropout[i]:
            return []
        dropout = import_keras().layers.Dropout
        # The seed of each training comes from its own generator.
        return [
            dropout(self.dropout[i], seed=0, dtype=self.dtype, name=f"dropout_{i + 1}")
        ]
