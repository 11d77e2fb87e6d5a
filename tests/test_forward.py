"""The forward pass in NumPy computes what Keras computes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skmlp._export.to_keras import to_keras
from skmlp._forward import forward
from skmlp._job import Network
from skmlp._named.activations import ACTIVATIONS

# Keras keeps the constants of leaky_relu and gelu in float32, whatever it computes in.
TOLERANCE = {"float32": 2e-6, "float64": 1e-7}


@pytest.fixture
def layers():
    """Make kernels and biases for layers of 4, 7 and 3 units."""

    def make(dtype):
        rng = np.random.RandomState(0)
        coefs = [rng.randn(4, 7).astype(dtype), rng.randn(7, 3).astype(dtype)]
        intercepts = [rng.randn(7).astype(dtype), rng.randn(3).astype(dtype)]
        return coefs, intercepts

    return make


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("hidden", ACTIVATIONS)
def test_forward_is_the_keras_model(hidden, dtype, layers):
    coefs, intercepts = layers(dtype)
    X = np.random.RandomState(1).uniform(-1, 1, (20, 4)).astype(dtype)
    network = Network((4, 7, 3), (hidden, "softmax"), "log_loss", dtype)
    model = to_keras(network, coefs, intercepts)

    outputs = forward(X, coefs, intercepts, [hidden, "softmax"])

    assert_allclose(outputs, model(X), rtol=0, atol=10 * TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_forward_divides_pixels_as_the_keras_model_does(dtype, layers):
    coefs, intercepts = layers(dtype)
    X = np.random.RandomState(1).randint(0, 256, (20, 4)).astype(np.uint8)
    network = Network((4, 7, 3), ("relu", "softmax"), "log_loss", dtype, 255.0)
    model = to_keras(network, coefs, intercepts)

    outputs = forward(X, coefs, intercepts, ["relu", "softmax"], divisor=255.0)

    assert_allclose(outputs, model(X), rtol=0, atol=1e-6)


@pytest.mark.parametrize("input_dtype", ["uint8", "int64", "float16", "float32"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_forward_gives_the_type_of_the_weights(dtype, input_dtype, layers):
    coefs, intercepts = layers(dtype)

    outputs = forward(np.ones((2, 4), input_dtype), coefs, intercepts, ["relu"] * 2)

    assert outputs.dtype == dtype


@pytest.mark.parametrize("n_rows", [1, 1023, 1024, 1025, 2048, 2500])
def test_forward_gives_each_row_what_it_has_alone(n_rows, layers):
    coefs, intercepts = layers("float64")
    X = np.random.RandomState(1).randn(n_rows, 4)

    outputs = forward(X, coefs, intercepts, ["tanh", "softmax"])

    alone = [
        forward(X[i : i + 1], coefs, intercepts, ["tanh", "softmax"])
        for i in {0, n_rows // 2, n_rows - 1}
    ]
    together = [outputs[i : i + 1] for i in {0, n_rows // 2, n_rows - 1}]
    assert outputs.shape == (n_rows, 3)
    assert_allclose(together, alone, rtol=1e-12)


def test_forward_takes_no_rows(layers):
    coefs, intercepts = layers("float32")

    outputs = forward(np.ones((0, 4)), coefs, intercepts, ["relu", "softmax"])

    assert outputs.shape == (0, 3)


@pytest.mark.parametrize("output", ["linear", "relu"])
def test_forward_leaves_its_inputs_as_they_are(output):
    X = np.random.RandomState(1).randn(5, 3)
    coefs, intercepts = [np.eye(3)], [np.zeros(3)]
    kept = X.copy()

    forward(X, coefs, intercepts, [output])[:] = 7

    assert_array_equal(X, kept)


@pytest.mark.parametrize("extreme", [-1000.0, 1000.0])
@pytest.mark.parametrize("output", ["sigmoid", "softmax", "log_softmax"])
def test_forward_of_extreme_logits_is_finite(output, extreme):
    X = np.array([[extreme, 0.0]])

    outputs = forward(X, [np.eye(2)], [np.zeros(2)], [output])

    assert np.isfinite(outputs).all()
