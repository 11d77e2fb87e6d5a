"""Stopping early: what is held out, what is watched, and which weights are kept."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import f1_score, log_loss, make_scorer, r2_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler, scale

from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor
from skmlp._estimators.validation_split import hold_out
from skmlp.model_selection import compare_architectures

FAST = {"epochs": 200, "early_stopping": True, "n_iter_no_change": 3, "tol": 0.001}


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return (X / 16)[:600], y[:600]


@pytest.fixture(scope="module")
def stopped(digits):
    X, y = digits
    clf = DenseClassifier((16,), learning_rate=0.05, random_state=0, **FAST)
    return clf.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])


# What is held out


def split(X, y, **kwargs):
    rng = np.random.RandomState(0)
    return hold_out(X, y, **{"fraction": 0.2, "stratify": True, "rng": rng, **kwargs})


def test_held_out_share_is_the_fraction_and_nothing_is_lost(digits):
    training, validation = split(*digits)

    assert len(validation) == 120
    assert_array_equal(np.sort(np.r_[training, validation]), np.arange(600))


def test_classes_keep_their_shares(digits):
    _, y = digits
    _, validation = split(*digits)

    difference = np.bincount(y[validation]) - 0.2 * np.bincount(y)
    assert np.abs(difference).max() <= 1


def test_seed_decides_what_is_held_out(digits):
    first, again, other = (
        split(*digits, rng=np.random.RandomState(seed))[1] for seed in (0, 0, 1)
    )

    assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_equal_samples_stay_together(digits):
    X, y = digits
    times = 1 + np.arange(len(X)) % 3

    once = split(X, y)[1]
    repeated = split(np.repeat(X, times, axis=0), np.repeat(y, times))[1]

    assert_array_equal(
        np.unique(np.repeat(np.arange(len(X)), times)[repeated]), np.sort(once)
    )
    assert len(repeated) == times[once].sum()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("given", [False, True])
def test_scorers_take_one_hot_rows_as_labels(digits, given, weighted):
    X, y = digits
    weight = np.linspace(1, 2, len(y)) if weighted else None
    clf = DenseMNISTClassifier(
        (8,), epochs=3, early_stopping=True, monitor="balanced_accuracy", random_state=0
    )

    def scores(y):
        validation = {"X_val": X, "y_val": y} if given else {}
        return clf.fit(X, y, weight, **validation).validation_scores_

    assert scores(np.eye(10)[y]) == scores(y)


def test_too_few_samples_to_hold_out_are_refused(digits):
    X, y = digits
    clf = DenseClassifier(early_stopping=True)

    with pytest.raises(
        ValueError,
        match=r"at least 2 validation samples. Got n_samples=5, validation_f",
    ):
        clf.fit(X[:5], y[:5])


# What is watched, and when training stops


def test_training_stops_when_the_validation_loss_improves_no_more(stopped):
    curve = np.array(stopped.validation_loss_curve_)

    assert stopped.n_iter_ == len(curve) < 200
    best_before = np.minimum.accumulate(curve)[:-1]
    improved = curve[1:] <= best_before - 0.001
    assert not improved[-4:].any()
    assert improved[-5]


def test_weights_of_the_best_epoch_are_kept(stopped, digits):
    X, y = digits
    best = int(np.argmin(stopped.validation_loss_curve_))

    assert stopped.best_epoch_ == best + 1
    kept = log_loss(y[1::2], stopped.predict_proba(X[1::2]))
    assert_allclose(kept, stopped.validation_loss_curve_[best])


def test_best_epoch_is_the_number_of_epochs_to_train_with(stopped, digits):
    X, y = digits
    again = clone(stopped).set_params(
        early_stopping=False, epochs=stopped.best_epoch_, tol=None, n_iter_no_change=10
    )

    again.fit(X[::2], y[::2])

    assert_allclose(again.coefs_[0], stopped.coefs_[0], rtol=1e-9)


def test_nothing_is_held_out_when_validation_data_are_given(digits):
    X, y = digits
    clf = DenseClassifier(
        epochs=1, tol=None, early_stopping=True, random_state=0, shuffle=False
    )
    plain = DenseClassifier(epochs=1, tol=None, random_state=0, shuffle=False)

    given = clf.fit(X, y, X_val=X, y_val=y).coefs_[0]

    assert_array_equal(given, plain.fit(X, y).coefs_[0])


@pytest.mark.parametrize(
    "monitor", ["f1_macro", make_scorer(f1_score, average="macro")], ids=["name", "own"]
)
def test_any_scorer_can_be_watched(digits, monitor):
    X, y = digits
    clf = DenseClassifier((16,), monitor=monitor, random_state=0, **FAST)
    clf.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])

    scores = clf.validation_scores_
    assert clf.best_epoch_ == int(np.argmax(scores)) + 1
    score = f1_score(y[1::2], clf.predict(X[1::2]), average="macro")
    assert_allclose(score, max(scores))


def test_labels_of_any_type_are_scored(digits):
    X, y = digits
    names = np.array(list("abcdefghij"), dtype=object)
    clf = DenseClassifier((16,), monitor="accuracy", random_state=0, **FAST)
    clf.set_params(learning_rate=0.05)

    assert max(clf.fit(X, names[y]).validation_scores_) > 0.8


def test_regressor_records_r2_on_its_validation_data():
    X, y = load_diabetes(return_X_y=True)
    X, y = scale(X), scale(y)
    reg = DenseRegressor((16,), random_state=0, **FAST)

    reg.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])

    score = r2_score(y[1::2], reg.predict(X[1::2]))
    assert_allclose(score, reg.validation_scores_[reg.best_epoch_ - 1], rtol=1e-6)


def test_validation_score_is_weighted(digits):
    X, y = digits
    weight = np.where(y < 5, 1.0, 0.0) + 0.01
    clf = DenseClassifier((4,), monitor="accuracy", epochs=2, tol=None, random_state=0)
    clf.fit(X, y, X_val=X, y_val=y, sample_weight_val=weight)

    assert_allclose(clf.validation_scores_[-1], clf.score(X, y, sample_weight=weight))


def weight_seen_by_the_scorer(clf, X, y, **given):
    """Fit, and return the labels and the weights that the monitor was given."""
    seen = {}

    def scorer(estimator, X, y, sample_weight=None):
        seen.update(y=y, sample_weight=sample_weight)
        return 0.0

    clf.set_params(monitor=scorer, early_stopping=True).fit(X, y, **given)
    return seen["y"], seen["sample_weight"]


def test_weights_of_classes_weigh_held_out_samples_too(digits):
    X, y = digits
    clf = DenseClassifier((4,), epochs=1, tol=None, random_state=0)

    held_out, weight = weight_seen_by_the_scorer(clf, X, y)
    assert weight is None

    held_out, weight = weight_seen_by_the_scorer(
        clf.set_params(class_weight={3: 7.0}), X, y, sample_weight=np.full(len(y), 2.0)
    )
    assert_array_equal(weight, np.where(held_out == 3, 14.0, 2.0))


def test_weights_of_classes_do_not_apply_to_given_validation_data(digits):
    X, y = digits
    clf = DenseClassifier((4,), epochs=1, tol=None, class_weight={3: 7.0})

    _, weight = weight_seen_by_the_scorer(clf, X, y, X_val=X, y_val=y)

    assert weight is None


@pytest.mark.parametrize(
    "monitor",
    ["neg_max_error", lambda estimator, X, y: 0.0],
    ids=["name", "callable"],
)
def test_scorer_that_takes_no_weights_is_refused_beside_weights(digits, monitor):
    X, y = digits
    reg = DenseRegressor((4,), monitor=monitor, epochs=1, early_stopping=True)
    reg.set_params(tol=None, random_state=0)

    with pytest.raises(
        ValueError, match=r"takes sample_weight where the val.*which raised TypeError"
    ):
        reg.fit(X, y, np.ones(len(y)))
    assert not hasattr(reg, "coefs_")

    assert len(reg.fit(X, y).validation_scores_) == 1


def test_scorer_that_refuses_weights_is_named(digits):
    clf = DenseClassifier((4,), monitor="roc_auc_ovo", early_stopping=True)
    clf.set_params(class_weight="balanced", epochs=2, tol=None)

    with pytest.raises(ValueError, match="Got 'roc_auc_ovo', which raised ValueError"):
        clf.fit(*digits)


def test_validation_set_in_a_pipeline_is_scaled_as_the_training_set(digits):
    X, y = digits
    net = DenseClassifier((8,), epochs=3, tol=None, random_state=0)
    with config_context(enable_metadata_routing=True):
        pipeline = Pipeline(
            [
                ("scaler", StandardScaler()),
                ("net", net.set_fit_request(X_val=True, y_val=True)),
            ],
            transform_input=["X_val"],
        )
        pipeline.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])

    expected = log_loss(y[1::2], pipeline.predict_proba(X[1::2]))
    assert_allclose(pipeline[-1].validation_loss_curve_[-1], expected)


def test_test_data_of_a_comparison_do_not_stop_training(digits):
    X, y = digits
    with pytest.raises(ValueError, match="test data that choose nothing"):
        compare_architectures(DenseClassifier(early_stopping=True), [(4,)], X, y, X, y)


def test_partial_fit_is_absent_with_early_stopping():
    assert hasattr(DenseClassifier(), "partial_fit")
    assert not hasattr(DenseClassifier(early_stopping=True), "partial_fit")


@pytest.mark.parametrize(
    ("monitor", "watched"),
    [("loss", "validation loss"), ("accuracy", "validation score")],
)
def test_warning_names_what_still_improved(digits, monitor, watched):
    clf = DenseClassifier((8,), monitor=monitor, **{**FAST, "epochs": 2})

    with pytest.warns(ConvergenceWarning, match=f"The {watched} still improved"):
        clf.fit(*digits)
