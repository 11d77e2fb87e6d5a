"""Targets of several labels, and the losses of the regressor."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import xlogy
from sklearn.datasets import load_diabetes, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import PoissonRegressor
from sklearn.metrics import mean_pinball_loss, mean_poisson_deviance
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import scale

from skmlp import DenseClassifier, DenseRegressor

FAST = {"epochs": 5, "tol": None, "random_state": 0}


@pytest.fixture(scope="module")
def several():
    X, y = make_multilabel_classification(n_samples=200, n_classes=4, random_state=0)
    return scale(X), y


@pytest.fixture(scope="module")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return scale(X), scale(y)


def test_several_labels_are_predicted_as_indicators(several):
    X, y = several
    clf = DenseClassifier((50,), epochs=60, tol=None, random_state=0).fit(X, y)

    proba = clf.predict_proba(X)
    assert proba.shape == y.shape
    assert_array_equal(clf.predict(X), proba > 0.5)
    assert_allclose(clf.predict_log_proba(X), np.log(proba))
    assert clf.score(X, y) == np.mean((clf.predict(X) == y).all(axis=1))
    assert clf.score(X, y) > 0.4  # the commonest combination of labels alone: 0.1
    assert clf.out_activation_ == "logistic"


def test_accuracy_of_several_labels_counts_samples_with_all_labels_right(several):
    X, y = several
    clf = DenseClassifier((50,), **FAST).fit(X, y, X_val=X, y_val=y)

    assert_allclose(clf.validation_scores_[-1], clf.score(X, y))


def test_loss_of_several_labels_is_that_of_scikit_learn(several):
    X, y = several
    clf = DenseClassifier(
        (5,), optimizer="sgd", learning_rate=1e-30, batch_size=200, alpha=0, **FAST
    ).fit(X, y)
    proba = clf.predict_proba(X)

    log_loss = -(xlogy(y, proba) + xlogy(1 - y, 1 - proba)).sum(axis=1).mean()

    assert_allclose(clf.loss_, log_loss, rtol=1e-6)


def test_probabilities_of_several_labels_are_shaped_as_scikit_learns(several):
    X, y = several
    with pytest.warns(ConvergenceWarning):  # one epoch is too few for scikit-learn
        reference = MLPClassifier(max_iter=1).fit(X, y)

    ours = DenseClassifier((5,), **FAST).fit(X, y).predict_proba(X)

    assert ours.shape == reference.predict_proba(X).shape


@pytest.mark.parametrize("bad", [2, -1])
def test_indicators_other_than_zero_and_one_are_refused(several, bad):
    X, y = several
    y = y.copy()
    y[0, 0] = bad

    with pytest.raises(ValueError, match="need 4 columns of 0 and 1"):
        DenseClassifier(**FAST).fit(X, y)


def test_class_weight_of_several_labels_is_refused(several):
    with pytest.raises(ValueError, match="class_weight needs one label per sample"):
        DenseClassifier(class_weight="balanced", **FAST).fit(*several)


def loss_at_the_start(loss, X, y, **params):
    """Return the loss of initial weights, and their predictions."""
    reg = DenseRegressor(
        (5,), loss=loss, optimizer="sgd", learning_rate=1e-30, alpha=0, **FAST, **params
    )
    reg.set_params(batch_size=len(X)).fit(X, y)
    return reg.loss_, reg.predict(X)


def huber(y, p):
    error = np.abs(y - p)
    return np.where(error <= 1, error**2 / 2, error - 0.5).mean()


@pytest.mark.parametrize(
    ("loss", "reference"),
    [
        ("squared_error", lambda y, p: np.mean((y - p) ** 2) / 2),
        ("absolute_error", lambda y, p: np.mean(np.abs(y - p))),
        ("huber", huber),
        ("quantile", lambda y, p: mean_pinball_loss(y, p, alpha=0.9)),
    ],
)
def test_losses_are_what_they_are_called(diabetes, loss, reference):
    X, y = diabetes
    params = {"quantile": 0.9} if loss == "quantile" else {}

    value, predicted = loss_at_the_start(loss, X, y, **params)

    assert_allclose(value, reference(y, predicted), rtol=1e-6)


def test_poisson_loss_is_half_the_deviance_of_positive_predictions(diabetes):
    X, y = diabetes
    counts = np.floor(np.exp(y))

    value, predicted = loss_at_the_start("poisson", X, counts)

    assert (predicted > 0).all()
    assert_allclose(value, mean_poisson_deviance(counts, predicted) / 2, rtol=1e-6)


@pytest.mark.tensorflow
def test_linear_poisson_regression_reaches_that_of_scikit_learn(diabetes):
    X, y = diabetes
    counts = np.floor(np.exp(y))
    reg = DenseRegressor((), loss="poisson", optimizer="lbfgs", alpha=0, epochs=500)

    reference = PoissonRegressor(alpha=0, max_iter=1000, tol=1e-10).fit(X, counts)

    predicted = reg.set_params(tol=1e-7).fit(X, counts).predict(X)
    assert_allclose(predicted, reference.predict(X), rtol=1e-3)


def test_poisson_refuses_negative_targets(diabetes):
    with pytest.raises(ValueError, match="needs targets of at least 0"):
        DenseRegressor(loss="poisson").fit(*diabetes)


def test_quantile_regression_leaves_that_share_of_the_targets_below(diabetes):
    X, y = diabetes
    reg = DenseRegressor((), loss="quantile", quantile=0.9, learning_rate=0.05)
    reg.set_params(epochs=150, tol=None, alpha=0, random_state=0)

    below = np.mean(y <= reg.fit(X, y).predict(X))

    assert 0.86 < below < 0.94


# Several labels or outputs, in every way of training


WAYS = {
    "early stopping": {"early_stopping": True, "validation_fraction": 0.3},
    "early stopping by a score": {"early_stopping": True, "monitor": "r2"},
    "batch norm": {"batch_norm": True},
    "dropout": {"dropout": 0.3},
    "schedule": {"learning_rate": "onecycle", "optimizer": "sgd"},
}


def make_tables(estimator_class):
    X, labels = make_multilabel_classification(200, n_classes=3, random_state=0)
    return scale(X), labels if estimator_class is DenseClassifier else 2.0 * labels


@pytest.mark.parametrize(
    "estimator_class",
    [DenseClassifier, pytest.param(DenseRegressor, marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("way", WAYS)
def test_tables_of_targets_are_learned_in_every_way_of_training(estimator_class, way):
    X, y = make_tables(estimator_class)
    net = estimator_class((16,), epochs=50, tol=None, random_state=0, **WAYS[way])
    net.set_params(learning_rate=net.learning_rate if way == "schedule" else 0.02)

    net.fit(X, y)

    assert net.predict(X).shape == y.shape
    assert net.loss_curve_[-1] < 0.7 * net.loss_curve_[0]
    if way == "early stopping":
        assert net.best_epoch_ == 1 + np.argmin(net.validation_loss_curve_)
    if way == "early stopping by a score":
        assert net.best_epoch_ == 1 + np.argmax(net.validation_scores_)


@pytest.mark.parametrize("estimator_class", [DenseClassifier, DenseRegressor])
def test_partial_fit_takes_tables_of_targets(estimator_class):
    X, y = make_tables(estimator_class)
    net = estimator_class((5,), random_state=0).partial_fit(X, y).partial_fit(X, y)

    whole = estimator_class((5,), epochs=2, tol=None, random_state=0).fit(X, y)

    assert_array_equal(net.coefs_[0], whole.coefs_[0])
    assert_array_equal(net.predict(X), whole.predict(X))
