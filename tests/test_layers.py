"""Layers by parameters: activations, dropout and normalisation of an estimator."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from skmlp import DenseClassifier, DenseRegressor

FAST = {"epochs": 5, "tol": None, "random_state": 0}


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


# Batch normalisation


def test_normalisation_is_folded_into_coefficients_that_predict_the_same(iris):
    """On validation data the trained Keras model and NumPy have to agree."""
    X, y = iris
    clf = DenseClassifier((8, 4), batch_norm=True, **FAST).fit(X, y, X_val=X, y_val=y)

    assert [coef.shape for coef in clf.coefs_] == [(4, 8), (8, 4), (4, 3)]
    assert_allclose(clf.validation_scores_[-1], clf.score(X, y))
    by_keras = clf.model_.predict(X, verbose=0)
    assert_allclose(clf.predict_proba(X), by_keras, atol=1e-6)


def test_nothing_of_a_normalisation_is_left_after_a_fit_without(iris):
    clf = DenseClassifier((3,), **FAST).fit(*iris)
    again = DenseClassifier((3,), batch_norm=True, **FAST).fit(*iris)

    again.set_params(batch_norm=False).fit(*iris)

    assert vars(again).keys() == vars(clf).keys()


def test_normalised_network_weighs_samples_as_if_repeated(iris):
    X, y = iris
    weight = 1 + np.arange(150) % 3
    clf = DenseClassifier((8,), batch_norm=True, batch_size=1000, **FAST)

    weighted = clf.fit(X, y, sample_weight=weight).predict_proba(X)
    repeated = clf.fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))

    assert_allclose(weighted, repeated.predict_proba(X), atol=1e-9)


# Dropout


@pytest.mark.slow
def test_network_with_dropout_weighs_samples_as_if_repeated(iris):
    X, y = iris
    weight = 1 + np.arange(150) % 3
    clf = DenseClassifier((8, 4), dropout=[0.2, 0.5], batch_size=1000, **FAST)

    weighted = clf.fit(X, y, sample_weight=weight).predict_proba(X)
    repeated = clf.fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))

    assert_allclose(weighted, repeated.predict_proba(X), atol=1e-9)


def test_dropout_is_seeded_by_the_fit_and_changes_training_only(iris):
    X, y = iris
    clf = DenseClassifier((20,), dropout=0.5, **FAST)

    first, again = clf.fit(X, y).coefs_[0], clf.fit(X, y).coefs_[0]

    assert_array_equal(first, again)
    assert_array_equal(clf.predict_proba(X), clf.predict_proba(X))
    assert (first != DenseClassifier((20,), **FAST).fit(X, y).coefs_[0]).any()


def test_dropout_of_a_linear_network_adds_its_known_penalty():
    """Wager, Wang and Liang, 2013: dropout of inputs is an L2 penalty in expectation.

    The hidden layer is a fixed identity here, so what is dropped is the input of a
    linear regression: the expected loss is the squared error and half p / (1 - p) times
    the sum of the squared products of input and coefficient.
    """
    rng = np.random.RandomState(0)
    X = np.abs(rng.randn(2000, 2)) + 1
    y = X @ [1.0, -2.0]
    reg = DenseRegressor(
        (2,),
        activation="linear",
        dropout=0.25,
        optimizer="sgd",
        learning_rate=1e-30,
        batch_size=2000,
        epochs=50,
        tol=None,
        alpha=0,
        random_state=0,
    ).fit(X, y)

    hidden = X @ reg.coefs_[0]
    output = reg.coefs_[1].ravel()
    expected = np.mean((hidden @ output - y) ** 2) / 2
    expected += 0.25 / 0.75 / 2 * np.mean((hidden**2) @ output**2)
    assert_allclose(np.mean(reg.loss_curve_), expected, rtol=0.02)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"dropout": [0.1]}, "Got 1 for 2 hidden layers"),
        ({"dropout": [0.1, 1.0]}, r"rates from 0 to below 1. Got 1.0"),
        ({"dropout": 1.0}, "'dropout' parameter"),
        ({"activation": ["relu"]}, "Got 1 for 2 hidden layers"),
        ({"activation": ["relu", "tan"]}, r"Got 'tan'. Did you mean 'tanh'\?"),
        ({"activation": "tan"}, r"Got 'tan'. Did you mean 'tanh'\?"),
    ],
)
def test_bad_layers_are_refused(iris, params, message):
    with pytest.raises(ValueError, match=message):
        DenseClassifier((3, 2), **params).fit(*iris)


# Activations


def test_activation_may_differ_between_layers(iris):
    X, y = iris
    clf = DenseClassifier((5, 4), activation=["tanh", "linear"], **FAST).fit(X, y)

    hidden = np.tanh(X @ clf.coefs_[0] + clf.intercepts_[0])
    hidden = hidden @ clf.coefs_[1] + clf.intercepts_[1]
    logits = hidden @ clf.coefs_[2] + clf.intercepts_[2]
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert_allclose(clf.predict_proba(X), expected)


def test_activation_may_be_a_function_of_operators(iris):
    by_name = DenseClassifier((5,), activation="softsign", **FAST).fit(*iris)
    by_function = DenseClassifier((5,), activation=lambda x: x / (1 + abs(x)), **FAST)

    assert_allclose(by_function.fit(*iris).coefs_[0], by_name.coefs_[0])


def test_activation_function_of_keras_is_its_name(iris):
    by_function = DenseClassifier((5,), activation=keras.activations.gelu, **FAST)
    by_name = DenseClassifier((5,), activation="gelu", **FAST).fit(*iris)

    assert_array_equal(by_function.fit(*iris).coefs_[0], by_name.coefs_[0])


def test_activation_that_needs_keras_to_predict_is_refused(iris):
    with pytest.raises(
        ValueError, match=r"prediction runs without Keras. Got <function"
    ):
        DenseClassifier((5,), activation=keras.ops.tanh).fit(*iris)
