"""Normalisation and dropout as pure functions, against NumPy written out and Keras."""

import keras
import numpy as np
import pytest
from keras import ops
from numpy.testing import assert_allclose, assert_array_equal

from skmlp._job import Network
from skmlp._keras import functional
from skmlp._keras.quirks import float64_allowed
from skmlp._named import array_namespace
from skmlp._named.norms import NORMS

BATCH = NORMS["batch"]


# Batch normalisation


def normalize(values, weight, step=0):
    """Return values that are normalised in training, and the running moments after."""
    arrays = BATCH.initial(values.shape[1])
    with float64_allowed():
        out, arrays = BATCH.in_training(
            ops, values, weight[:, np.newaxis], step, arrays
        )
        return ops.convert_to_numpy(out), [ops.convert_to_numpy(a) for a in arrays[2:]]


def test_normalisation_takes_the_weighted_moments_of_the_batch():
    rng = np.random.RandomState(0)
    values, weight = rng.randn(7, 3), rng.randint(0, 4, 7).astype(float)

    out, _ = normalize(values, weight)

    repeated = np.repeat(values, weight.astype(int), axis=0)
    deviation = np.sqrt(repeated.var(axis=0) + 1e-3)
    assert_allclose(out, (values - repeated.mean(axis=0)) / deviation)


def test_normalisation_agrees_with_that_of_keras_on_equal_weights():
    values = np.random.RandomState(0).randn(7, 3)

    out, _ = normalize(values, np.ones(7))

    with float64_allowed():
        layer = keras.layers.BatchNormalization(dtype="float64")
        by_keras = ops.convert_to_numpy(layer(values, training=True))
    assert_allclose(out, by_keras, atol=1e-6)  # on jax, Keras normalises in float32


def test_running_moments_are_the_means_over_the_first_batches():
    rng = np.random.RandomState(0)
    batches, arrays = rng.randn(5, 6, 2), BATCH.initial(2)

    with float64_allowed():
        for step, batch in enumerate(batches):
            weight = np.ones((6, 1))
            _, arrays = BATCH.in_training(ops, batch, weight, step, arrays)
        _, _, mean, variance = arrays

    assert_allclose(mean, batches.mean(axis=1).mean(axis=0))
    assert_allclose(variance, batches.var(axis=1).mean(axis=0))


def test_running_moments_are_exponential_means_after_the_tenth_batch():
    _, (mean, _) = normalize(np.full((4, 1), 5.0), np.ones(4), step=50)

    assert_allclose(mean, 0.1 * 5.0)


@pytest.mark.parametrize("name", sorted(NORMS))
def test_normalisation_folds_into_kernel_and_bias(name):
    rng = np.random.RandomState(0)
    X, kernel, bias = rng.randn(9, 4), rng.randn(4, 3), rng.randn(3)
    arrays = [np.abs(rng.randn(3)) for _ in NORMS[name].arrays]

    folded_kernel, folded_bias = NORMS[name].fold(kernel, bias, arrays)

    expected = NORMS[name].in_prediction(array_namespace, X @ kernel + bias, arrays)
    assert_allclose(X @ folded_kernel + folded_bias, expected)


@pytest.mark.parametrize("name", sorted(NORMS))
def test_normalisation_predicts_what_its_layer_of_keras_predicts(name):
    rng = np.random.RandomState(0)
    values = rng.randn(9, 3)
    arrays = [np.abs(rng.randn(3)) for _ in NORMS[name].arrays]

    with float64_allowed():
        layer = NORMS[name].keras(keras, dtype="float64", name="layer")
        layer.build((None, 3))
        layer.set_weights(arrays)
        by_keras = ops.convert_to_numpy(layer(values, training=False))

    assert tuple(v.name for v in layer.weights) == NORMS[name].arrays
    expected = NORMS[name].in_prediction(array_namespace, values, arrays)
    assert_allclose(by_keras, expected, rtol=1e-5)


# Dropout


def keys_of(X):
    return ops.convert_to_numpy(functional._sample_keys(X))


def drop(values, key, rate, seed=0, step=0):
    seed = np.int32(seed)
    return ops.convert_to_numpy(functional._drop(values, key, rate, seed, step))


def masks_of(key, rate, units=40, **which):
    return drop(np.ones((len(key), units), "float32"), key, rate, **which) > 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["real", "whole", "binary"])
def test_keys_tell_samples_apart_and_depend_on_nothing_else(kind, dtype):
    rng = np.random.RandomState(0)
    draws = {
        "real": rng.randn(1000, 20),
        "whole": rng.randint(256, size=(1000, 20)),
        "binary": rng.randint(2, size=(1000, 30)),
    }
    X = draws[kind].astype(dtype)

    keys = keys_of(X)

    assert len(np.unique(keys)) == len(np.unique(X, axis=0))
    assert_array_equal(keys_of(X[::-1][:300]), keys[::-1][:300])


def test_masks_are_independent_draws_over_samples_units_steps_and_seeds():
    """Shares and correlations are within four standard errors of the expected."""
    n_samples, n_units, rate = 2000, 40, 0.3
    key = keys_of(np.random.RandomState(0).randn(n_samples, 3).astype("float32"))
    first = masks_of(key, rate, n_units)
    later = masks_of(key, rate, n_units, step=1)
    reseeded = masks_of(key, rate, n_units, seed=1)

    deviation = np.sqrt(rate * (1 - rate))
    assert abs(first.mean() - 0.7) < 4 * deviation / np.sqrt(first.size)
    for axis, n in ((0, n_samples), (1, n_units)):
        assert_allclose(first.mean(axis).std(), deviation / np.sqrt(n), rtol=0.4)
    for other in (later, reseeded, np.roll(first, 1, 0), np.roll(first, 1, 1)):
        correlation = np.corrcoef(first.ravel(), other.ravel())[0, 1]
        assert abs(correlation) < 4 / np.sqrt(first.size)


def test_mask_of_a_sample_does_not_depend_on_its_place_in_a_batch():
    key = np.random.RandomState(0).randint(2**31, size=(9, 1)).astype("int32")
    order = np.random.RandomState(1).permutation(9)

    assert_array_equal(masks_of(key[order], 0.5), masks_of(key, 0.5)[order])


def test_dropout_keeps_the_mean():
    key = np.arange(5000, dtype="int32")[:, np.newaxis]
    values = np.full((5000, 20), 2.0, "float32")

    assert_allclose(drop(values, key, 0.25).mean(), 2, rtol=0.01)


# The network


@pytest.mark.parametrize("training", [False, True])
def test_scores_are_those_written_out(training):
    """Without dropout and normalisation, training changes nothing."""
    network = Network((4, 3, 2), ("tanh", "softmax"), "log_loss", "float64", 2.0)
    weights = network.initial_weights(np.random.default_rng(0))
    X = np.random.RandomState(0).randn(5, 4)

    with float64_allowed():
        scores, moved = functional.scores_of(network, weights, X, training=training)
        scores = ops.convert_to_numpy(scores)

    kernel, bias, output_kernel, output_bias = weights
    hidden = np.tanh(X / 2 @ kernel + bias)
    # On jax, Keras multiplies arrays of NumPy in float32.
    assert_allclose(scores, hidden @ output_kernel + output_bias, rtol=1e-5)
    assert all(map(np.array_equal, moved, weights))
