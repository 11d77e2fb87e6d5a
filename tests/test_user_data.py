"""Data and parameters that are refused, in words that say what to do."""

import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_matrix
from sklearn.datasets import load_iris
from sklearn.exceptions import DataConversionWarning
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


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (["good film", "bad"], r"Got texts such as 'good film'.*TfidfVectorizer"),
        (pd.Series(["good", "bad"]), r"Got texts such as 'good'.*TfidfVectorizer"),
        (pl.Series(["good", "bad"]), r"Got texts such as 'good'.*TfidfVectorizer"),
        ([["red"], ["green"]], r"Got texts such as 'red'.*OneHotEncoder"),
        (np.array([[1, "red"]] * 2, object), r"texts such as 'red'.*OneHotEncoder"),
        (np.zeros((2, 5, 6)), r"Got an array of shape \(2, 5, 6\). Pass np.reshape\("),
        (np.zeros((2, 5, 6, 3)), r"Got an array of shape \(2, 5, 6, 3\)"),
        (np.zeros((2, 5, 6)).tolist(), r"Got an array of shape \(2, 5, 6\)"),
    ],
    ids=["texts", "pandas", "polars", "columns", "mixed", "images", "colour", "lists"],
)
@pytest.mark.parametrize("place", ["X", "X_val", "predict"])
def test_features_that_are_no_rows_of_numbers_are_refused(iris, X, message, place):
    clf = DenseClassifier((3,), **FAST).fit(*iris)
    give = {
        "X": lambda: clf.fit(X, [0, 1]),
        "X_val": lambda: clf.fit(*iris, X_val=X, y_val=[0, 1]),
        "predict": lambda: clf.predict(X),
    }
    name = "X_val" if place == "X_val" else "X"

    with pytest.raises(ValueError, match=f"^{name} needs .*{message}"):
        give[place]()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X: X[:, :3], r"X_val needs the fea.*Got 3, expecting 4 fea.*Select"),
        (lambda X: csr_matrix(X[:, :3]), r"X_val needs the features of X. Got 3, exp"),
        (lambda X: pd.DataFrame(X[:, :3]), "^X_val has 3 features"),
        (lambda X: X * np.nan, "^Input X_val contains NaN"),
        (lambda X: X[:0], r"^X_val: Found array with 0 sample"),
        (lambda X: X[:, 0], "^X_val: Expected 2D array, got 1D array"),
        (lambda X: X.astype("M8[s]"), "^X_val needs numbers. Got an array of datetime"),
        (lambda X: X.astype("f8") * 1e39, "^X_val needs numbers within.*Scale X_val"),
    ],
    ids=["width", "sparse", "frame", "nan", "empty", "flat", "dates", "range"],
)
def test_validation_features_are_called_what_they_are_passed_as(iris, change, message):
    X, y = iris
    with pytest.raises(ValueError, match=message):
        DenseClassifier(**FAST).fit(X.astype("f4"), y, X_val=change(X), y_val=y)


# Targets


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.arange(150) % 3 + 0.5, r"Got 0.5.*Predict numbers by DenseRegressor, or"),
        (
            np.arange(150) % 3 / 2,
            r"Got 0.5 in an array of float64 \(Unknown label type",
        ),
        ((np.arange(150) % 3 / 2).astype(object), "Got 0.5.*by DenseRegressor"),
        (pd.Series(np.arange(150) % 3 + 0.5, dtype="Float64"), "Got 0.5.*DenseRegr"),
        ((np.arange(150) % 3 * 1.0).astype(object), r"Got 0.0.*Pass y.astype\(int\)"),
    ],
    ids=["halves", "some halves", "objects", "nullable", "whole"],
)
def test_numbers_that_are_no_labels_are_refused(iris, y, message):
    with pytest.raises(ValueError, match=f"y needs labels.*{message}"):
        DenseClassifier(**FAST).fit(iris[0], y)


def test_column_of_labels_warns_where_the_caller_stands(iris):
    X, y = iris
    with pytest.warns(DataConversionWarning, match=r"Pass y.ravel\(\)") as caught:
        DenseClassifier((3,), **FAST).fit(X, y[:, np.newaxis])

    assert [one.filename for one in caught] == [__file__]


def test_whole_numbers_may_be_labels_as_objects(iris):
    X, y = iris
    objects = pd.Series(y, dtype=object)
    clf = DenseClassifier((3,), **FAST).fit(X, objects)

    assert_array_equal(clf.classes_, [0, 1, 2])
    assert clf.score(X, objects) == clf.score(X, y)


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(["a", None, "b"] * 50, dtype="string"),
        pd.Series([0, None, 1] * 50, dtype="Int64"),
        pd.DataFrame({0: [0, 1] * 75, 1: pd.Series([1, None] * 75, dtype="Int64")}),
    ],
    ids=["texts", "labels", "indicators"],
)
def test_missing_labels_are_refused(iris, y):
    for given in ({"y": y}, {"y": iris[1], "X_val": iris[0], "y_val": y}):
        with pytest.raises(ValueError, match=r"needs a value for each.*contains NaN"):
            DenseClassifier(**FAST).fit(iris[0], **given)


def test_features_that_are_fine_are_not_blamed_for_targets(iris):
    X = iris[0].astype(str).astype(object)  # scikit-learn converts them

    with pytest.raises(ValueError, match="Input y contains NaN"):
        DenseClassifier(**FAST).fit(X, np.full(150, np.nan))


@pytest.mark.parametrize("missing", [None, np.nan], ids=str)
def test_missing_targets_among_objects_are_refused(iris, missing):
    y = np.array([missing, 1.0] * 75, dtype=object)

    with pytest.raises(ValueError, match=r"missing value|contains NaN"):
        DenseRegressor(**FAST).fit(iris[0], y)


@pytest.mark.parametrize(
    "classes",
    [{0, 1, 2}, 3, np.array(3), "abc", {0: 1, 1: 2}, np.eye(3), range(3).__iter__()],
    ids=["set", "int", "array", "text", "dict", "table", "iterator"],
)
def test_classes_that_are_no_list_are_refused(iris, classes):
    with pytest.raises(ValueError, match=r"(?s)classes needs a list.*np.unique\(y\)"):
        DenseClassifier().partial_fit(*iris, classes=classes)


@pytest.mark.parametrize(
    "classes",
    [
        [0, 1, 2, np.nan],
        [0, 1, 2, None],
        [0, 1, 2, pd.NA],
        [pd.NaT, pd.Timestamp(0)],
        pd.array([0, 1, 2, None], dtype="Int64"),
    ],
    ids=["nan", "none", "na", "nat", "nullable"],
)
def test_classes_that_are_missing_are_refused(iris, classes):
    with pytest.raises(ValueError, match=r"classes needs labels that can be predicted"):
        DenseClassifier().partial_fit(*iris, classes=classes)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a"] * 150, r"need 3 columns of 0 and 1.*shape \(150,\).*such as 'a'"),
        (np.arange(150) % 3, r"need 3 columns of 0 and 1.*values from 0 to 2"),
    ],
    ids=["texts", "numbers"],
)
def test_labels_after_indicators_are_refused(iris, labels, message):
    X, y = iris
    clf = DenseClassifier((3,), **FAST).partial_fit(X, np.eye(3, dtype=int)[y])

    with pytest.raises(ValueError, match=message):
        clf.partial_fit(X, labels)
    with pytest.raises(ValueError, match=message):
        clf.fit(X, np.eye(3, dtype=int)[y], X_val=X, y_val=labels)
    with pytest.raises(ValueError, match=r"Got one label per sample, first were indi"):
        clf.set_params(warm_start=True).fit(X, labels)


@pytest.mark.parametrize(
    "labels",
    [np.full(150, "a", object), np.full(150, "2026-01-01", "M8[D]")],
    ids=["texts", "dates"],
)
def test_labels_that_do_not_sort_among_the_classes_are_refused(iris, labels):
    X, y = iris
    clf = DenseClassifier((3,), **FAST).partial_fit(X, y, classes=[0, 1, 2])

    with pytest.raises(ValueError, match=r"Labels need to be among \[0, 1, 2\]"):
        clf.partial_fit(X, labels)


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


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (["a"] * 150, "Got texts such as 'a'. Use DenseClassifier"),
        (np.full(150, "a", object), "Got texts such as 'a'. Use DenseClassifier"),
        (pd.Series(["a"] * 150), "Got texts such as 'a'. Use DenseClassifier"),
        (pd.Series(["a"] * 150, dtype="category"), "Got texts such as 'a'"),
        (np.full(150, "2026-01-01", "M8[D]"), r"Got an array of datetime64\[D\]"),
        (np.full(150, 3, "m8[D]"), r"Got an array of timedelta64\[D\]"),
    ],
    ids=["texts", "objects", "series", "category", "dates", "durations"],
)
def test_targets_of_a_regressor_that_are_no_numbers_are_refused(iris, bad, message):
    X, y = iris
    for given in ({"y": bad}, {"y": y, "X_val": X, "y_val": bad}):
        with pytest.raises(ValueError, match=f"y needs numbers. {message}"):
            DenseRegressor(**FAST).fit(X, **given)


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


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf, None, "a", "2", [1, 2], 1j])
def test_class_weights_that_weigh_nothing_are_refused(iris, weight):
    with pytest.raises(ValueError, match=r"finite weights of at least 0. Got \{1:"):
        DenseClassifier(class_weight={1: weight}).fit(*iris)


@pytest.mark.parametrize(
    ("class_weight", "unknown"),
    [
        ({0: 2, 7: 1}, "7"),
        ({7: 1}, "7"),
        ({"0": 2}, "'0'"),
        ({0: 2, "a": 3}, "'a'"),
        ({np.nan: 2}, "nan"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_class_weights_of_labels_that_y_lacks_are_refused(
    iris, class_weight, unknown, method
):
    clf = DenseClassifier((3,), class_weight=class_weight, **FAST)
    classes = {"classes": [0, 1, 2]} if method == "partial_fit" else {}

    with pytest.raises(
        ValueError, match=rf"labels among those of y, \[0, 1, 2\]. Got {unknown}. "
    ):
        getattr(clf, method)(*iris, **classes)


def test_class_weights_of_all_labels_may_weigh_rare_ones_that_y_lacks(iris):
    more = DenseClassifier((3,), class_weight={0: 3, 1: 1, 2: 1, 7: 9}, **FAST)
    less = DenseClassifier((3,), class_weight={0: np.array(3.0)}, **FAST)

    assert_array_equal(more.fit(*iris).coefs_[0], less.fit(*iris).coefs_[0])


def test_class_weights_that_leave_no_sample_are_refused(iris):
    with pytest.raises(ValueError, match=r"needs a weight above 0. Got none"):
        DenseClassifier(class_weight={0: 0, 1: 0, 2: 0}).fit(*iris)


def test_balanced_class_weight_is_refused_by_partial_fit(iris):
    clf = DenseClassifier(class_weight="balanced")

    with pytest.raises(ValueError, match="needs all samples at once"):
        clf.partial_fit(*iris, classes=[0, 1, 2])


# Layers


@pytest.mark.parametrize(
    ("arrays", "scalars"),
    [
        ({"hidden_layer_sizes": np.array(8)}, {"hidden_layer_sizes": 8}),
        ({"hidden_layer_sizes": [np.array(8)]}, {"hidden_layer_sizes": 8}),
        ({"dropout": np.array(0.2)}, {"dropout": 0.2}),
        ({"dropout": [np.array(0.2)]}, {"dropout": 0.2}),
        ({"activation": np.array("tanh")}, {"activation": "tanh"}),
    ],
    ids=repr,
)
def test_array_without_dimensions_is_the_scalar_it_holds(iris, arrays, scalars):
    params = {"hidden_layer_sizes": (5,), **FAST}

    net = DenseClassifier(**{**params, **arrays}).fit(*iris)

    other = DenseClassifier(**{**params, **scalars}).fit(*iris)
    assert_array_equal(net.coefs_[0], other.coefs_[0])


@pytest.mark.parametrize("name", ["hidden_layer_sizes", "dropout", "activation"])
@pytest.mark.parametrize(
    "make", [set, frozenset, dict.fromkeys, lambda values: dict.fromkeys(values).keys()]
)
def test_layers_without_an_order_are_refused(iris, name, make):
    values = {"hidden_layer_sizes": [8, 4], "dropout": [0.2], "activation": ["relu"]}

    with pytest.raises(ValueError, match=f"{name} needs a list, from the first"):
        DenseClassifier(**{**FAST, name: make(values[name])}).fit(*iris)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"hidden_layer_sizes": np.array(8.0)}, r"Got 8.0 in array\(8.\)"),
        ({"hidden_layer_sizes": np.array(0)}, r"Got 0 in array\(0\)"),
        ({"dropout": np.array(1.5)}, r"Got 1.5 in array\(1.5\)"),
        ({"activation": np.array(3)}, "needs one of.*Got 3"),
    ],
    ids=repr,
)
def test_scalar_of_an_array_is_checked(iris, params, message):
    with pytest.raises(ValueError, match=message):
        DenseClassifier(**params, **FAST).fit(*iris)


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("optimizer", keras.optimizers.Adam),
        ("learning_rate", keras.optimizers.schedules.ExponentialDecay),
        ("callbacks", keras.callbacks.EarlyStopping),
    ],
)
def test_class_of_keras_is_refused_where_an_instance_is_needed(iris, name, cls):
    called = f"{cls.__name__}\\(...\\)"
    clf = DenseClassifier(**{**FAST, name: cls})

    with pytest.raises(ValueError, match=f"{name} needs an instance.*Call.*{called}"):
        clf.fit(*iris)
    with pytest.raises(ValueError, match=f"{name} needs an instance"):
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
