"""Losses: each row in NumPy, against scikit-learn's metrics and Keras' losses."""

import keras
import numpy as np
import pytest
from keras import ops
from numpy.testing import assert_allclose
from scipy.special import expit, softmax
from sklearn.metrics import (
    log_loss,
    mean_absolute_error,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
)

from skmlp._forward import forward
from skmlp._keras.quirks import float64_allowed
from skmlp._named import array_namespace
from skmlp._named.losses import LOSSES, REGRESSION_LOSSES

rng = np.random.RandomState(0)
SCORES = rng.randn(30, 3)
CLASSES = rng.randint(3, size=30)
LABELS = rng.randint(2, size=(30, 3)).astype(float)
NUMBERS = rng.randn(30, 3)
COUNTS = rng.poisson(2, size=(30, 3)).astype(float)

TARGETS = {"log_loss": CLASSES, "binary_log_loss": LABELS, "poisson": COUNTS}


def huber(y, outputs):
    error = np.abs(y - outputs)
    return np.where(error < 1, error**2 / 2, error - 0.5).mean()


# What the mean over the samples is, in other words.
EXPECTED = {
    "log_loss": lambda y, z: log_loss(y, softmax(z, axis=1)),
    "binary_log_loss": lambda y, z: sum(
        log_loss(column, expit(scores)) for column, scores in zip(y.T, z.T, strict=True)
    ),
    "squared_error": lambda y, z: mean_squared_error(y, z) / 2,
    "absolute_error": mean_absolute_error,
    "poisson": lambda y, z: mean_poisson_deviance(y.ravel(), np.exp(z).ravel()) / 2,
    "huber": huber,
    "quantile": lambda y, z: mean_pinball_loss(y, z, alpha=0.8),
}
OPTIONS = {"quantile": 0.8, "label_smoothing": 0.0}


def test_every_loss_is_compared():
    assert EXPECTED.keys() == LOSSES.keys()


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_loss_in_numpy_is_that_of_scikit_learn(name):
    y = TARGETS.get(name, NUMBERS)

    losses = LOSSES[name].per_sample(array_namespace, y, SCORES, OPTIONS)

    assert losses.shape == (30,)
    assert_allclose(losses.mean(), EXPECTED[name](y, SCORES), rtol=1e-6)


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_loss_in_keras_is_that_in_numpy(name):
    y = TARGETS.get(name, NUMBERS)

    with float64_allowed():
        losses = LOSSES[name].per_sample(ops, y, ops.array(SCORES), OPTIONS)
        losses = ops.convert_to_numpy(losses)

    expected = LOSSES[name].per_sample(array_namespace, y, SCORES, OPTIONS)
    assert_allclose(losses, expected, rtol=1e-6)


# The mean of a count is an exponential, which may be infinite.
@pytest.mark.parametrize("name", sorted(LOSSES.keys() - {"poisson"}))
def test_loss_is_finite_where_a_probability_rounds_to_a_bound(name):
    y = TARGETS.get(name, NUMBERS)

    losses = LOSSES[name].per_sample(array_namespace, y, 500 * SCORES, OPTIONS)

    assert np.isfinite(losses).all()


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7])
def test_label_smoothing_is_that_of_keras(smoothing):
    options = {"label_smoothing": smoothing}
    one_hot, labels = np.eye(3)[CLASSES], LABELS[:, :1]

    several, binary = (
        LOSSES[name].per_sample(array_namespace, y, z, options).mean()
        for name, y, z in [
            ("log_loss", CLASSES, SCORES),
            ("binary_log_loss", labels, SCORES[:, :1]),
        ]
    )

    with float64_allowed():
        smoothed = {"from_logits": True, "label_smoothing": smoothing}
        expected = keras.losses.CategoricalCrossentropy(**smoothed)(one_hot, SCORES)
        of_two = keras.losses.BinaryCrossentropy(**smoothed)(labels, SCORES[:, :1])
    assert_allclose(several, float(expected), rtol=1e-5)
    assert_allclose(binary, float(of_two), rtol=1e-5)


def outputs_of(name):
    """Return what the output layer gives for the scores."""
    return forward(SCORES, [np.eye(3)], [np.zeros(3)], [LOSSES[name].output])


@pytest.mark.parametrize(
    "name", sorted(name for name, row in LOSSES.items() if row.keras is not None)
)
def test_loss_of_keras_times_the_factor_is_ours_up_to_a_constant(name):
    """The deviance of counts differs from Keras' loss by what targets alone give."""
    row, y = LOSSES[name], TARGETS.get(name, NUMBERS)
    outputs = outputs_of(name)

    def difference(y, outputs, scores):
        with float64_allowed():
            by_keras = float(getattr(keras.losses, row.keras)()(y, outputs))
        ours = row.per_sample(array_namespace, y, scores, OPTIONS).mean()
        return ours - row.keras_factor(3) * by_keras

    constant = difference(y, outputs[::-1], SCORES[::-1])
    assert_allclose(difference(y, outputs, SCORES), constant, atol=1e-5)
    assert name == "poisson" or abs(constant) < 1e-5


@pytest.mark.parametrize("name", sorted(LOSSES.keys() - REGRESSION_LOSSES))
def test_samples_are_correct_where_the_likeliest_outcome_is_the_target(name):
    y = TARGETS[name]
    outputs = outputs_of(name)
    expected = (
        outputs.argmax(axis=1) == y
        if name == "log_loss"
        else ((outputs > 0.5) == y).all(axis=1)
    )

    assert (LOSSES[name].is_correct(array_namespace, y, SCORES) == expected).all()
