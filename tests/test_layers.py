"""Dropout, batch normalisation, activations by layer, and schedules by name."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from skmlp import DenseClassifier, DenseRegressor
from skmlp._compat import float64_allowed
from skmlp._training.layers import (
    SampleDropout,
    SampleKey,
    WeightedBatchNormalization,
)
from skmlp._training.schedules import NAMED_SCHEDULES

FAST = {"epochs": 5, "tol": None, "random_state": 0}


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


# Batch normalisation


def normalize(values, weight, training):
    layer = WeightedBatchNormalization(dtype="float64")
    with float64_allowed():
        out = layer([values, weight[:, np.newaxis]], training=training)
        return np.asarray(keras.ops.convert_to_numpy(out)), layer


def test_normalisation_takes_the_weighted_moments_of_the_batch():
    rng = np.random.RandomState(0)
    values, weight = rng.randn(7, 3), rng.randint(0, 4, 7).astype(float)

    out, _ = normalize(values, weight, training=True)

    repeated = np.repeat(values, weight.astype(int), axis=0)
    deviation = np.sqrt(repeated.var(axis=0) + 1e-3)
    assert_allclose(out, (values - repeated.mean(axis=0)) / deviation)


def test_normalisation_agrees_with_that_of_keras_on_equal_weights():
    values = np.random.RandomState(0).randn(7, 3)

    out, _ = normalize(values, np.ones(7), training=True)

    with float64_allowed():
        layer = keras.layers.BatchNormalization(dtype="float64")
        by_keras = keras.ops.convert_to_numpy(layer(values, training=True))
    assert_allclose(out, by_keras, atol=1e-6)  # on jax, Keras normalises in float32


def test_running_moments_are_the_means_over_the_first_batches():
    rng = np.random.RandomState(0)
    batches = rng.randn(5, 6, 2)
    layer = WeightedBatchNormalization(dtype="float64")

    with float64_allowed():
        for batch in batches:
            layer([batch, np.ones((6, 1))], training=True)

        mean, variance = layer.get_weights()[2:4]
    assert_allclose(mean, batches.mean(axis=1).mean(axis=0))
    assert_allclose(variance, batches.var(axis=1).mean(axis=0))


def test_normalisation_is_worked_into_coefficients_that_predict_the_same(iris):
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


def keys_of(X):
    return keras.ops.convert_to_numpy(SampleKey()(X))


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


def masks_of(layer, key, units=40):
    values = np.ones((len(key), units), "float32")
    return keras.ops.convert_to_numpy(layer([values, key], training=True)) > 0


def test_masks_are_independent_draws_over_samples_units_steps_and_seeds():
    """Shares and correlations are within four standard errors of the expected."""
    n_samples, n_units, rate = 2000, 40, 0.3
    key = keys_of(np.random.RandomState(0).randn(n_samples, 3).astype("float32"))
    layer = SampleDropout(rate)
    first, second = (masks_of(layer, key, n_units) for _ in range(2))
    layer.seed_generator.state.assign(np.array([1, 0], "uint32"))
    reseeded = masks_of(layer, key, n_units)

    deviation = np.sqrt(rate * (1 - rate))
    assert abs(first.mean() - 0.7) < 4 * deviation / np.sqrt(first.size)
    for axis, n in ((0, n_samples), (1, n_units)):
        assert_allclose(first.mean(axis).std(), deviation / np.sqrt(n), rtol=0.4)
    for other in (second, reseeded, np.roll(first, 1, 0), np.roll(first, 1, 1)):
        correlation = np.corrcoef(first.ravel(), other.ravel())[0, 1]
        assert abs(correlation) < 4 / np.sqrt(first.size)


def test_mask_of_a_sample_does_not_depend_on_its_place_in_a_batch():
    key = np.random.RandomState(0).randint(2**31, size=(9, 1)).astype("int32")
    order = np.random.RandomState(1).permutation(9)

    masks = masks_of(SampleDropout(0.5), key)

    assert_array_equal(masks_of(SampleDropout(0.5), key[order]), masks[order])


def test_dropout_keeps_the_mean_in_training_and_the_values_in_prediction():
    key = np.arange(5000, dtype="int32")[:, np.newaxis]
    values = np.full((5000, 20), 2.0, "float32")
    layer = SampleDropout(0.25)

    assert_allclose(np.mean(layer([values, key], training=True)), 2, rtol=0.01)
    assert_array_equal(layer([values, key], training=False), values)


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


# Schedules


def test_cosine_leads_the_learning_rate_to_zero_over_all_steps(iris):
    rates = []
    record = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(
            float(record.model.optimizer.learning_rate)
        )
    )
    DenseClassifier(
        (3,), learning_rate="cosine", batch_size=50, callbacks=[record], **FAST
    ).fit(*iris)

    progress = np.arange(1, 6) / 5
    assert_allclose(rates, 0.001 * (1 + np.cos(np.pi * progress)) / 2, atol=1e-9)


def test_onecycle_rises_to_ten_times_the_rate_and_ends_at_zero(iris):
    rates = []
    record = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(
            float(record.model.optimizer.learning_rate)
        )
    )
    DenseClassifier(
        (3,),
        learning_rate="onecycle",
        batch_size=50,
        callbacks=[record],
        epochs=10,
        tol=None,
    ).fit(*iris)

    assert int(np.argmax(rates)) == 2  # 30 % of ten epochs
    assert_allclose(max(rates), 0.01, rtol=1e-5)
    assert_allclose(rates[-1], 0, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "share", "expected"),
    [
        ("cosine", 0.5, 0.05),
        ("cosine", 1.0, 0.0),
        ("onecycle", 0.0, 0.1),
        ("onecycle", 0.15, 0.55),
        ("onecycle", 0.3, 1.0),
        ("onecycle", 0.65, 0.5),
        ("onecycle", 1.0, 0.0),
    ],
)
def test_schedules_by_name_are_the_ones_written_out(name, share, expected):
    schedule = NAMED_SCHEDULES[name](0.1, 100)

    assert_allclose(float(schedule(round(share * 100))), expected, atol=1e-7)


def test_cosine_is_that_of_keras():
    theirs = keras.optimizers.schedules.CosineDecay(0.3, 40)
    ours = NAMED_SCHEDULES["cosine"](0.3, 40)

    for step in (0, 1, 13, 39, 40, 50):
        assert_allclose(float(ours(step)), float(theirs(step)), atol=1e-7)
