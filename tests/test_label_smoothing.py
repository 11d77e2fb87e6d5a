"""Label smoothing of classifiers: in training, and nowhere else."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_iris
from sklearn.metrics import log_loss
from sklearn.preprocessing import scale

from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor

X, LABELS = load_iris(return_X_y=True)
X = scale(X)
PROBLEMS = {"several classes": LABELS, "two classes": LABELS == 1}
ALL_PROBLEMS = pytest.mark.parametrize("y", PROBLEMS.values(), ids=list(PROBLEMS))


def make(estimator_class=DenseClassifier, **params):
    fast = {"epochs": 3, "tol": None, "random_state": 0}
    return estimator_class((5,), **{"label_smoothing": 0.2} | fast | params)


@ALL_PROBLEMS
def test_validation_loss_is_that_of_the_labels_as_they_are(y):
    clf = make(alpha=0.0).fit(X, y, X_val=X, y_val=y)

    expected = log_loss(y, clf.predict_proba(X))
    assert_allclose(clf.validation_loss_curve_[-1], expected, rtol=1e-6)


@ALL_PROBLEMS
def test_training_minimises_the_smoothed_loss(y):
    """Without gradient steps the training loss is that of the initial weights."""
    clf = make(optimizer="sgd", learning_rate=1e-30, alpha=0.0, epochs=1).fit(X, y)

    p = clf.predict_proba(X)
    n_classes = p.shape[1]
    target = np.eye(n_classes)[y.astype(int)] * 0.8 + 0.2 / n_classes
    assert_allclose(clf.loss_, -(target * np.log(p)).sum(axis=1).mean(), rtol=1e-6)


def test_probabilities_are_less_extreme():
    sharp, smooth = (
        make(label_smoothing=smoothing, epochs=60, learning_rate=0.05).fit(X, LABELS)
        for smoothing in (0.0, 0.3)
    )

    assert smooth.predict_proba(X).max() < 0.95 < sharp.predict_proba(X).max()


def test_several_labels_are_smoothed_one_by_one():
    y = np.c_[LABELS == 0, LABELS > 0, X[:, 0] > 0].astype(int)
    clf = make(optimizer="sgd", learning_rate=1e-30, alpha=0.0, epochs=1).fit(X, y)

    p, target = clf.predict_proba(X), 0.8 * y + 0.1
    losses = -target * np.log(p) - (1 - target) * np.log(1 - p)
    assert_allclose(clf.loss_, losses.sum(axis=1).mean(), rtol=1e-6)


@pytest.mark.parametrize(
    "params",
    [{"optimizer": "lbfgs"}, {"early_stopping": True}, {"class_weight": "balanced"}],
    ids=str,
)
@pytest.mark.tensorflow
def test_label_smoothing_takes_part_in_every_way_of_training(params):
    smooth = make(**params).fit(X, LABELS)
    sharp = make(**params, label_smoothing=0.0).fit(X, LABELS)

    assert (smooth.coefs_[0] != sharp.coefs_[0]).any()


def test_partial_fit_does_what_as_many_epochs_do():
    whole = make(epochs=2).fit(X, LABELS)
    parts = make().partial_fit(X, LABELS, classes=[0, 1, 2]).partial_fit(X, LABELS)

    np.testing.assert_array_equal(parts.coefs_[0], whole.coefs_[0])


@ALL_PROBLEMS
def test_keras_model_trains_further_on_the_smoothed_loss(y):
    clf = make(alpha=0.0).fit(X, y)
    model = clf.to_keras()

    p = clf.predict_proba(X)
    n_classes = p.shape[1]
    target = np.eye(n_classes)[y.astype(int)] * 0.8 + 0.2 / n_classes
    loss, *_ = model.evaluate(X, y.astype(int), verbose=0)
    assert_allclose(loss, -(target * np.log(p)).sum(axis=1).mean(), rtol=1e-4)


def test_to_sklearn_refuses_and_says_what_to_do():
    with pytest.raises(ValueError, match=r"Got label_smoothing=0.2. Fit with label_sm"):
        make().fit(X, LABELS).to_sklearn()

    assert make(label_smoothing=0.0).fit(X, LABELS).to_sklearn().n_iter_ == 3


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, "some"])
def test_bad_smoothing_is_refused(smoothing):
    with pytest.raises(ValueError, match="'label_smoothing' parameter"):
        make(label_smoothing=smoothing).fit(X, LABELS)


def test_classifiers_have_it_and_the_regressor_does_not():
    make(DenseMNISTClassifier).fit(X, LABELS)

    with pytest.raises(TypeError, match="label_smoothing"):
        make(DenseRegressor)


def test_keras_model_stays_finite_where_a_probability_is_zero():
    clf = make(alpha=0.0).fit(X, LABELS)
    clf.coefs_[-1] *= 1e4

    loss, *_ = clf.to_keras().evaluate(X, LABELS, verbose=0)

    assert np.isfinite(loss)


@pytest.mark.tensorflow
@ALL_PROBLEMS
def test_callbacks_evaluate_what_validation_records(y):
    import keras

    evaluated = []
    callback = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: evaluated.append(
            callback.model.evaluate(X, y.astype(int), verbose=0)[0]
        )
    )

    clf = make(callbacks=callback).fit(X, y, X_val=X, y_val=y)

    assert_allclose(evaluated, clf.validation_loss_curve_, rtol=1e-5)


def test_warm_start_names_the_smoothing_that_changed():
    clf = make(warm_start=True).fit(X, LABELS)

    with pytest.raises(ValueError, match=r"Got label_smoothing=0.4, fitted was 0.2"):
        clf.set_params(label_smoothing=0.4).fit(X, LABELS)
