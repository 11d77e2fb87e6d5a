"""A row of the activations computes the same in NumPy, Keras, ONNX and scikit-learn."""

import warnings

import keras
import numpy as np
import onnxruntime
import pytest
from numpy.testing import assert_allclose
from sklearn.neural_network import _base as mlp

from skmlp._export.onnx_graph import write
from skmlp._forward import forward
from skmlp._named.activations import (
    ACTIVATIONS,
    ALIASES,
    LEFT_OUT,
    NAMES,
    numpy_function,
)

# Keras keeps the constants of leaky_relu and gelu in float32, whatever it computes in.
TOLERANCE = {"float32": 2e-6, "float64": 1e-7}

SHARED = [name for name, row in ACTIVATIONS.items() if row.sklearn]

each_activation = pytest.mark.parametrize("name", ACTIVATIONS)
each_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])


def in_keras(activation, z):
    outputs = keras.activations.get(activation)(keras.ops.convert_to_tensor(z))
    return keras.ops.convert_to_numpy(outputs)


# Names


def test_activations_are_all_that_keras_has_by_name():
    functions = {name for name in vars(keras.activations) if not name.startswith("_")}

    assert functions - {"get", "serialize", "deserialize"} == {*ACTIVATIONS, *LEFT_OUT}


def test_aliases_are_names_that_keras_does_not_have():
    assert not {*ALIASES} & {*vars(keras.activations)}


def test_aliases_each_belong_to_one_row():
    aliases = [alias for row in ACTIVATIONS.values() for alias in row.aliases]

    assert sorted(aliases) == sorted(ALIASES)


def test_sklearn_names_are_those_of_its_hidden_layers():
    # An MLP's hidden layers have the activations that scikit-learn can differentiate.
    assert {ACTIVATIONS[name].sklearn for name in SHARED} == {*mlp.DERIVATIVES}


@pytest.mark.parametrize("name", mlp.ACTIVATIONS)
def test_sklearn_names_are_accepted(name):
    assert name in NAMES


@pytest.mark.parametrize("name", SHARED)
def test_sklearn_name_means_its_row(name):
    row = ACTIVATIONS[name]

    assert numpy_function(row.sklearn) is row.numpy


def test_sparsemax_in_keras_is_not_sparsemax():
    """When this fails, Keras was mended: take ``"sparsemax"`` in."""
    assert in_keras("sparsemax", np.array([[0.5, 0.25]])).sum() < 0.9


# Functions


@each_activation
def test_row_has_both_functions(name):
    row = ACTIVATIONS[name]

    assert callable(row.numpy)
    assert callable(row.onnx)


def test_numpy_function_returns_a_function_as_it_is():
    assert numpy_function(abs) is abs


@each_dtype
@each_activation
def test_activation_is_that_of_keras(name, dtype):
    z = np.arange(-8, 8, 1 / 16, dtype).reshape(-1, 4)  # every kink is among them
    expected = in_keras(name, z)

    outputs = numpy_function(name)(z)

    assert_allclose(outputs, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@each_dtype
@each_activation
def test_activation_of_extreme_inputs_is_that_of_keras_without_a_warning(name, dtype):
    z = np.array([[-1000, 1000], [1000, 1000], [-1000, -1000], [0, 1000]], dtype)
    expected = in_keras(name, z)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outputs = numpy_function(name)(z)

    assert_allclose(outputs, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@each_dtype
@each_activation
def test_activation_keeps_the_type(name, dtype):
    assert numpy_function(name)(np.ones((2, 3), dtype)).dtype == dtype


def test_softmax_sums_to_one_however_large_its_inputs():
    z = np.random.RandomState(0).uniform(-1000, 1000, (50, 10)).astype(np.float32)

    assert_allclose(numpy_function("softmax")(z).sum(axis=1), 1, rtol=1e-6)


@each_dtype
@pytest.mark.parametrize("name", mlp.ACTIVATIONS)
def test_activation_is_that_of_sklearn(name, dtype):
    z = np.random.RandomState(0).uniform(-8, 8, (50, 4)).astype(dtype)
    expected = z.copy()
    mlp.ACTIVATIONS[name](expected)  # in place

    assert_allclose(numpy_function(name)(z), expected, rtol=1e-6)


@each_dtype
@each_activation
def test_activation_in_onnx_is_that_in_numpy(name, dtype, tmp_path):
    draw = np.random.RandomState(0)
    shapes = (4, 5), (5, 3)
    coefs = [draw.randn(*shape).astype(dtype) for shape in shapes]
    intercepts = [draw.randn(shape[1]).astype(dtype) for shape in shapes]
    X = (2 * draw.randn(500, 4)).astype(dtype)
    network = coefs, intercepts, [name, "linear"]

    write(tmp_path / "network.onnx", *network)

    session = onnxruntime.InferenceSession(tmp_path / "network.onnx")
    (computed,) = session.run(None, {"X": X})
    assert computed.dtype == dtype
    assert_allclose(computed, forward(X, *network), rtol=1e-5, atol=1e-5)
