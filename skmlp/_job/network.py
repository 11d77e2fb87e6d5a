"""What a network is: its layers and its loss, before any training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from skmlp._named.losses import LOSSES, Loss
from skmlp._named.norms import NORMS, Norm

Weights = list[NDArray[np.floating]]
Activation = str | Callable


@dataclass(frozen=True)
class Network:
    """A dense network and the loss that it is trained with.

    Its weights are a list of arrays: kernel and bias of each layer, and after those of
    a hidden layer the arrays of its normalisation, if it has one.

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
        Fraction of the units that is dropped after each hidden layer in training.
    normalization : str or None
        Normalisation of each hidden layer before its activation.
    loss_options : tuple of (str, float)
        Options of the loss, by name.
    """

    layer_sizes: tuple[int, ...]
    activations: tuple[Activation, ...]
    loss: str
    dtype: str
    input_divisor: float = 1.0
    dropout: tuple[float, ...] = ()
    normalization: str | None = None
    loss_options: tuple[tuple[str, float], ...] = ()

    @property
    def n_hidden(self) -> int:
        """Number of hidden layers."""
        return len(self.layer_sizes) - 2

    @property
    def n_parameters(self) -> int:
        """Number of weights and biases."""
        return sum((n_in + 1) * n_out for n_in, n_out in pairwise(self.layer_sizes))

    @property
    def loss_row(self) -> Loss:
        """What is known of the loss."""
        return LOSSES[self.loss]

    def options(self, *, training: bool = True) -> dict[str, float]:
        """Return the options of the loss, in training or where it is evaluated."""
        row = self.loss_row
        given = {
            name: value
            for name, value in self.loss_options
            if training or name not in row.only_in_training
        }
        return dict(row.options) | given

    @property
    def norm(self) -> Norm | None:
        """What is known of the normalisation."""
        return None if self.normalization is None else NORMS[self.normalization]

    @property
    def has_functions(self) -> bool:
        """Whether an activation is a user's function, whose state may change."""
        return any(callable(activation) for activation in self.activations)

    @property
    def n_arrays(self) -> tuple[int, ...]:
        """Number of arrays of each layer."""
        n_of_norm = 0 if self.norm is None else len(self.norm.arrays)
        return (*(2 + n_of_norm for _ in range(self.n_hidden)), 2)

    def array_names(self) -> list[tuple[str, str]]:
        """Return layer and name of each array of the weights, as Keras has them."""
        names = []
        for i in range(self.n_hidden + 1):
            layer = self.layer_name(i)
            names += [(layer, "kernel"), (layer, "bias")]
            if self.norm is not None and i < self.n_hidden:
                layer = f"normalization_{i + 1}"
                names += [(layer, name) for name in self.norm.arrays]
        return names

    def layer_name(self, i: int) -> str:
        """Return the name of the dense layer of number ``i``."""
        return "output" if i == self.n_hidden else f"hidden_{i + 1}"

    def is_trained(self) -> list[bool]:
        """Return whether each array of the weights follows the gradient."""
        statistics = () if self.norm is None else self.norm.statistics
        return [name not in statistics for _, name in self.array_names()]

    def by_layer(self, weights: list) -> Iterator[list]:
        """Yield the arrays of each layer."""
        start = 0
        for n_arrays in self.n_arrays:
            yield weights[start : start + n_arrays]
            start += n_arrays

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        """Draw Glorot-uniform kernels and zero biases, as Keras' Dense layers do.

        X. Glorot and Y. Bengio, "Understanding the difficulty of training deep
        feedforward neural networks", 2010, equation 16.
        """
        weights = []
        for i, (n_in, n_out) in enumerate(pairwise(self.layer_sizes)):
            bound = np.sqrt(6 / (n_in + n_out))
            weights += [rng.uniform(-bound, bound, (n_in, n_out)), np.zeros(n_out)]
            if self.norm is not None and i < self.n_hidden:
                weights += self.norm.initial(n_out)
        return [array.astype(self.dtype) for array in weights]

    def fold(self, weights: Weights) -> tuple[Weights, Weights]:
        """Return the kernels and biases of the dense network that predicts the same."""
        coefs, intercepts = [], []
        for kernel, bias, *arrays in self.by_layer(weights):
            if arrays:
                assert self.norm is not None
                kernel, bias = self.norm.fold(kernel, bias, arrays)
            coefs.append(kernel)
            intercepts.append(bias)
        return coefs, intercepts
