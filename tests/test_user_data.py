"""Data and parameters that are refused, in words that say what to do."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from skmlp import DenseClassifier, DenseRegressor

FAST = {"epochs": 2, "tol": None, "random_state": 0}


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


# Features


def test_dates_are_refused(iris):
    X = np.full((150, 2), "2026-01-01", dtype="datetime64[D]")

    with pytest.raises(ValueError, match=r"X needs numbers. Got an array of datetime"):
        DenseClassifier(**FAST).fit(X, iris[1])


def test_byte_order_does_not_change_the_type_of_training(iris):
    X, y = iris
    swapped = X.astype(X.dtype.newbyteorder())
    clf = DenseClassifier((3,), **FAST)

    native = clf.fit(X, y).coefs_[0]

    assert_array_equal(clf.fit(swapped, y).coefs_[0], native)


@pytest.mark.parametrize("as_matrix", [np.asarray, csr_matrix], ids=["dense", "sparse"])
def test_features_beyond_the_range_of_training_are_refused(iris, as_matrix):
    X, y = iris
    clf = DenseClassifier((3,), **FAST).fit(X.astype("float32"), y)

    with pytest.raises(
        ValueError, match=r"X needs numbers within the range of float32.*Got 2.5e\+39"
    ):
        clf.predict(as_matrix(np.full((1, 4), -2.5e39)))


@pytest.mark.parametrize("place", ["y", "y_val"])
def test_targets_beyond_the_range_of_training_are_refused(iris, place):
    X = iris[0].astype("float32")
    targets = {"y": X[:, 0], "y_val": X[:, 0], place: np.full(150, 1e39)}

    with pytest.raises(ValueError, match=r"y needs numbers within the range.*1e\+39"):
        DenseRegressor(**FAST).fit(X, X_val=X, **targets)


# Targets


def test_labels_of_mixed_types_are_refused(iris):
    X, _ = iris
    y = np.array(["a", None, "b"] * 50, dtype=object)

    with pytest.raises(ValueError, match=r"labels of one type. Got None beside 'b'"):
        DenseClassifier(**FAST).fit(X, y)
    with pytest.raises(ValueError, match=r"labels of one type. Got None beside 'b'"):
        DenseClassifier(**FAST).fit(X, ["a", "b", "c"] * 50, X_val=X, y_val=y)
    with pytest.raises(ValueError, match="classes needs labels of one type"):
        DenseClassifier().partial_fit(X, y, classes=y[:3])


@pytest.mark.parametrize("estimator_class", [DenseClassifier, DenseRegressor])
def test_sparse_targets_are_refused(iris, estimator_class):
    X, y = iris
    sparse = csr_matrix(np.eye(3, dtype=int)[y])

    for fit in (estimator_class().fit, estimator_class().partial_fit):
        with pytest.raises(TypeError, match=r"y needs a dense array. Got csr_matrix"):
            fit(X, sparse)
    dense = sparse.toarray()
    with pytest.raises(TypeError, match=r"Pass y_val.toarray\(\)"):
        estimator_class(**FAST).fit(X, dense, X_val=X, y_val=sparse)


@pytest.mark.parametrize("bad", [["a"] * 150, np.full(150, "2026-01-01", "M8[D]")])
def test_targets_of_a_regressor_that_are_no_numbers_are_refused(iris, bad):
    X, y = iris
    with pytest.raises(ValueError, match=r"y needs numbers. Got an array of"):
        DenseRegressor(**FAST).fit(X, y, X_val=X, y_val=bad)


def test_targets_of_a_regressor_may_be_objects_that_are_numbers(iris):
    X, y = iris
    reg = DenseRegressor((3,), **FAST)

    numbers = reg.fit(X, y, X_val=X, y_val=y).history_

    objects = y.astype(object)
    assert reg.fit(X, objects, X_val=X, y_val=objects).history_ == numbers


def test_poisson_refuses_negative_validation_targets(iris):
    X, y = iris
    with pytest.raises(ValueError, match=r"needs targets of at least 0. Got -2"):
        DenseRegressor(loss="poisson", **FAST).fit(X, y, X_val=X, y_val=-y)


def test_no_classes_are_refused(iris):
    with pytest.raises(ValueError, match=r"at least 2 classes in y. Got none"):
        DenseClassifier().partial_fit(*iris, classes=[])


def test_early_stopping_counts_distinct_samples(iris):
    clf = DenseClassifier(early_stopping=True)

    with pytest.raises(ValueError, match="Got n_samples=150, 3 of them distinct"):
        clf.fit(np.zeros((150, 2)), iris[1])


# Weights


@pytest.mark.parametrize("weight", [1e-50, 1e50])
def test_weights_beyond_the_range_of_training_are_refused(iris, weight):
    X, y = iris
    clf = DenseClassifier((3,), **FAST)

    for weights in ("sample_weight", "sample_weight_val"):
        given = {"X_val": X, "y_val": y, weights: np.full(150, weight)}
        with pytest.raises(ValueError, match=f"{weights} needs a sum within the range"):
            clf.fit(X.astype("float32"), y, **given)


def test_weight_that_is_tiny_beside_others_counts_as_zero(iris):
    X, y = iris
    X = X.astype("float32")
    clf = DenseClassifier((3,), **FAST)

    tiny = clf.fit(X, y, sample_weight=np.where(y < 2, 1, 1e-40)).coefs_[0]

    other = clf.fit(X, y, sample_weight=np.where(y < 2, 1, 1e-44)).coefs_[0]
    assert_array_equal(other, tiny)
    assert np.isfinite(tiny).all()


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf, None])
def test_class_weights_that_weigh_nothing_are_refused(iris, weight):
    with pytest.raises(ValueError, match=r"finite weights of at least 0. Got \{1:"):
        DenseClassifier(class_weight={1: weight}).fit(*iris)


def test_class_weights_that_leave_no_sample_are_refused(iris):
    with pytest.raises(ValueError, match=r"needs a weight above 0. Got none"):
        DenseClassifier(class_weight={0: 0, 1: 0, 2: 0}).fit(*iris)


def test_balanced_class_weight_is_refused_by_partial_fit(iris):
    clf = DenseClassifier(class_weight="balanced")

    with pytest.raises(ValueError, match="needs all samples at once"):
        clf.partial_fit(*iris, classes=[0, 1, 2])


# Activations


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (lambda x: x[:, :1], r"returned float64 of shape \(2, 1\)"),
        (lambda x: x > 0, "returned bool"),
        (lambda x: 3.0, "returned float from ndarray"),
        (lambda x: 1 / 0, "raised ZeroDivisionError"),
        ([["relu"]], r"needs one of.*Got \['relu'\]"),
        ([3], "needs one of.*Got 3"),
    ],
)
def test_activation_that_is_no_function_of_numbers_is_refused(
    iris, activation, message
):
    with pytest.raises(ValueError, match=message):
        DenseClassifier((3,), activation=activation, **FAST).fit(*iris)


def test_activation_may_have_poles_where_it_is_tried(iris):
    clf = DenseClassifier((3,), activation=lambda x: x * (x + 2) / (x + 2), **FAST)

    assert np.isfinite(clf.fit(*iris).coefs_[0]).all()


# Scores


@pytest.mark.parametrize("value", ["a", {"score": 1.0}])
def test_monitor_that_returns_no_number_is_refused(iris, value):
    clf = DenseClassifier((3,), monitor=lambda *_: value, **FAST)

    with pytest.raises(ValueError, match="monitor needs a scorer that returns a num"):
        clf.fit(*iris, X_val=iris[0], y_val=iris[1])


def test_score_that_is_nan_is_no_improvement(iris):
    scores = iter([0.5, *[float("nan")] * 9])
    clf = DenseClassifier(
        (3,),
        early_stopping=True,
        monitor=lambda *_: next(scores),
        n_iter_no_change=2,
        **{**FAST, "epochs": 10},
    ).fit(*iris)

    assert clf.n_iter_ == 4
    assert clf.best_epoch_ == 1


# Going on


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dropout": 0.5}, r"Got dropout=\(0.5,\), fitted was \(0.0,\)"),
        ({"batch_norm": True}, "Got batch_norm=True, fitted was False"),
    ],
)
def test_network_that_changed_is_named_by_what_changed(iris, change, message):
    clf = DenseClassifier((3,), warm_start=True, **FAST).fit(*iris)

    with pytest.raises(ValueError, match=message):
        clf.set_params(**change).fit(*iris)


def test_schedule_over_more_steps_than_an_integer_holds(iris):
    clf = DenseClassifier((3,), learning_rate="cosine", max_time=1e-6)

    assert clf.set_params(epochs=10**20, tol=None).fit(*iris).n_iter_ == 1


# Types


@pytest.mark.parametrize("partial", [False, True], ids=["fit", "partial_fit"])
def test_float64_on_a_gpu_warns_where_the_caller_stands(iris, monkeypatch, partial):
    X, y = iris
    monkeypatch.setattr("skmlp._estimators.prepare.has_gpu", lambda: True)
    clf = DenseClassifier((3,), **FAST)

    with pytest.warns(UserWarning, match="float64 is slow on most GPUs") as caught:
        clf.partial_fit(X, y, classes=[0, 1, 2]) if partial else clf.fit(X, y)

    assert caught[0].filename == __file__


def test_float32_on_a_gpu_warns_of_nothing(iris, monkeypatch):
    monkeypatch.setattr("skmlp._estimators.prepare.has_gpu", lambda: True)

    DenseClassifier((3,), **FAST).fit(iris[0].astype("float32"), iris[1])
