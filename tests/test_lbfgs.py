"""L-BFGS: it reaches the minimum, and it is watched as other optimizers are."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import scale

from skmlp import DenseClassifier, DenseRegressor

SLOW = pytest.mark.slow

pytestmark = pytest.mark.tensorflow

LBFGS = {"optimizer": "lbfgs", "random_state": 0}


def data(load):
    X, y = load(return_X_y=True)
    return scale(X), scale(y) if load is load_diabetes else y


def test_linear_classifier_is_logistic_regression():
    X, y = data(load_iris)
    clf = DenseClassifier((), alpha=1.0, tol=1e-8, epochs=500, **LBFGS).fit(X, y)

    reference = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000).fit(X, y)

    assert_allclose(clf.predict_proba(X), reference.predict_proba(X), atol=1e-5)


def test_linear_regressor_is_ridge():
    X, y = data(load_diabetes)
    reg = DenseRegressor((), alpha=7.0, tol=1e-9, epochs=500, **LBFGS).fit(X, y)

    assert_allclose(reg.coefs_[0].ravel(), Ridge(alpha=7.0).fit(X, y).coef_, atol=1e-5)


@pytest.mark.parametrize(
    ("load", "ours", "theirs"),
    [
        (load_iris, DenseClassifier, MLPClassifier),
        pytest.param(load_digits, DenseClassifier, MLPClassifier, marks=SLOW),
        pytest.param(load_diabetes, DenseRegressor, MLPRegressor, marks=SLOW),
    ],
    ids=["iris", "digits", "diabetes"],
)
def test_loss_is_that_of_scikit_learn_from_the_same_start(load, ours, theirs):
    X, y = data(load)
    reference = theirs(
        hidden_layer_sizes=(8,),
        solver="lbfgs",
        alpha=1.0,
        max_iter=5000,
        random_state=0,
    )
    start = clone(reference).set_params(max_iter=1)
    with pytest.warns(ConvergenceWarning):
        start.fit(X, y)

    net = ours((8,), alpha=1.0, epochs=1, tol=None, warm_start=True, **LBFGS).fit(X, y)
    net.coefs_, net.intercepts_ = start.coefs_, start.intercepts_
    net.set_params(epochs=5000, tol=1e-4).fit(X, y)

    assert net.loss_ <= 1.01 * reference.fit(X, y).loss_


@pytest.mark.parametrize(
    ("dtype", "epochs", "rtol"), [("float64", 50, 1e-7), ("float32", 2000, 1e-6)]
)
def test_loss_is_that_of_the_weights_kept(dtype, epochs, rtol):
    """In float32 the line search fails in the end, after trials far from the best."""
    X, y = data(load_iris)
    clf = DenseClassifier((5,), alpha=0.3, epochs=epochs, tol=None, **LBFGS)
    clf.fit(X.astype(dtype), y)

    penalty = 0.3 / 2 * sum((coef**2).sum() for coef in clf.coefs_) / len(X)

    proba = clf.predict_proba(X.astype(dtype)).astype(float)
    expected = log_loss(y, proba / proba.sum(axis=1, keepdims=True)) + penalty
    assert_allclose(clf.loss_, expected, rtol=rtol)
    assert clf.loss_ == min(clf.loss_curve_)


def test_iterations_used_up_warn():
    with pytest.warns(
        ConvergenceWarning, match="The gradient still .* epochs=3 were used up"
    ):
        clf = DenseClassifier((5,), epochs=3, **LBFGS).fit(*data(load_iris))
    assert clf.n_iter_ == 3


def test_early_stopping_keeps_the_best_iteration():
    X, y = data(load_digits)
    clf = DenseClassifier((20,), early_stopping=True, alpha=0, **LBFGS).fit(X, y)

    assert clf.best_epoch_ == int(np.argmin(clf.validation_loss_curve_)) + 1
    assert clf.n_iter_ < 200


def test_callbacks_are_called_at_each_iteration():
    losses = []
    record = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: losses.append(logs["loss"])
    )

    clf = DenseClassifier((5,), callbacks=[record], epochs=9, tol=None, **LBFGS)
    clf.fit(*data(load_iris))

    assert losses == clf.loss_curve_


@pytest.mark.parametrize("params", [{"dropout": 0.5}, {"batch_norm": True}], ids=str)
def test_what_lbfgs_cannot_train_is_refused(params):
    with pytest.raises(ValueError, match="the same at each evaluation"):
        DenseClassifier(**LBFGS, **params).fit(*data(load_iris))


def test_fit_that_begins_at_the_minimum_stays_there():
    X, y = data(load_diabetes)
    reg = DenseRegressor((), alpha=1.0, warm_start=True, tol=1e-4, **LBFGS).fit(X, y)
    before = reg.coefs_[0]

    reg.fit(X, y)

    assert_allclose(reg.coefs_[0], before, atol=1e-3)


def test_partial_fit_is_absent():
    assert not hasattr(DenseClassifier(**LBFGS), "partial_fit")
