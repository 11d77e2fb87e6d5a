"""A network as data: its size, its initial weights, its Keras form."""

import numpy as np
import pytest

from skmlp._export.to_keras import to_keras
from skmlp._job import Network


@pytest.fixture
def network():
    return Network(
        layer_sizes=(300, 200, 7),
        activations=("tanh", "softmax"),
        loss="log_loss",
        dtype="float32",
    )


def test_n_parameters_counts_weights_and_biases(network):
    assert network.n_parameters == 300 * 200 + 200 + 200 * 7 + 7


def test_initial_weights_are_glorot_uniform_and_biases_zero(network):
    kernel, bias, *_ = network.initial_weights(np.random.default_rng(0))

    bound = np.sqrt(6 / (300 + 200))
    assert kernel.shape == (300, 200)
    assert kernel.dtype == "float32"
    assert 0.99 * bound < np.abs(kernel).max() <= bound
    # A uniform variable on [-b, b] has variance b² / 3.
    np.testing.assert_allclose(kernel.std(), bound / np.sqrt(3), rtol=0.01)
    assert not bias.any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_keras_model_has_the_layers_of_the_network(dtype):
    network = Network((4, 3, 1), ("relu", "sigmoid"), "binary_log_loss", dtype, 255.0)

    coefs, intercepts = network.fold(network.initial_weights(np.random.default_rng(0)))
    model = to_keras(network, coefs, intercepts)

    assert [layer.name for layer in model.layers] == [
        "pixel_scale",
        "hidden_1",
        "output",
    ]
    assert {variable.dtype for variable in model.variables} == {dtype}
    assert model.count_params() == network.n_parameters
