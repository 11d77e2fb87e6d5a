"""Any data, any parameters: fit works and keeps its promises, or says what is wrong.

Architectures and shapes come from small pools, since each new one is traced anew.
"""

import pickle
import warnings
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from traceback import walk_tb

import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal, assert_equal
from scipy.sparse import csc_array, csc_matrix, csr_array, csr_matrix, issparse
from sklearn.base import clone, is_classifier
from sklearn.exceptions import (
    ConvergenceWarning,
    DataConversionWarning,
    UndefinedMetricWarning,
)

from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor

COMMON = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
QUICK = settings(COMMON, max_examples=20)
SLOW = settings(COMMON, max_examples=80)


# Features: the same numbers in any container


def as_frame(X):
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])


def as_polars(X):
    return pl.DataFrame(X, schema=[f"x{i}" for i in range(X.shape[1])])


def read_only(X):
    X = X.copy()
    X.setflags(write=False)
    return X


def with_gaps(X):
    wide = np.zeros((2 * len(X), 2 * X.shape[1]), X.dtype)
    wide[::2, ::2] = X
    return wide[::2, ::2]


CONTAINERS = {
    "C order": np.ascontiguousarray,
    "Fortran order": np.asfortranarray,
    "reversed": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "with gaps": with_gaps,
    "read-only": read_only,
    "other byte order": lambda X: X.astype(X.dtype.newbyteorder()),
    "objects": lambda X: X.astype(object),
    "list": lambda X: X.tolist(),
    "pandas": as_frame,
    "polars": as_polars,
    "csr_matrix": csr_matrix,
    "csc_matrix": csc_matrix,
    "csr_array": csr_array,
    "csc_array": csc_array,
}
DTYPES = ["float64", "float32", "float16", "int64", "int8", "uint8", "bool"]
SPARSE_DTYPES = {"float64", "float32", "int64"}


def draw_numbers(n_samples, n_features, dtype, seed=0):
    X = np.random.RandomState(seed).randn(n_samples, n_features) * 2
    return (X > 0 if dtype == "bool" else np.abs(X) if dtype == "uint8" else X).astype(
        dtype
    )


def spoiled(X, how):
    """Return X with something in it that no network can learn."""
    if how == "text":
        X = X.astype(object)
        X[-1, -1] = "text"
    elif how == "dates":
        X = np.full(X.shape, "2026-01-01", "datetime64[D]")
    elif how == "complex":
        X = X + 1j
    elif how == "one dimension":
        X = X[:, 0]
    elif how == "no samples":
        X = X[:0]
    else:
        X = X.astype(np.float64)
        X[-1, -1] = {"NaN": np.nan, "infinite": np.inf, "huge feature": 1e300}[how]
    return X


SPOILS = [
    "NaN",
    "infinite",
    "huge feature",
    "text",
    "dates",
    "complex",
    "one dimension",
    "no samples",
]


# Targets


LABELS = {
    "integers": np.array([0, 1, 2]),
    "other integers": np.array([5, 7, 11]),
    "negative floats": np.array([-1.0, 0.0, 2.0]),
    "texts": np.array(["a", "bb", "c"]),
    "objects": np.array(["no", "perhaps", "yes"], dtype=object),
    "booleans": np.array([False, True]),
}


def labels_in_turn(labels, n_samples, n_classes):
    labels = labels[:n_classes]
    return labels[np.arange(n_samples) % len(labels)]


CLASS_TARGETS = {
    **{
        name: lambda n, k, labels=labels: labels_in_turn(labels, n, k)
        for name, labels in LABELS.items()
    },
    "list": lambda n, k: [f"class {i % k}" for i in range(n)],
    "categories": lambda n, k: pd.Series(
        [f"{i % k}" for i in range(n)], dtype="category"
    ),
    "polars": lambda n, k: pl.Series([f"{i % k}" for i in range(n)]),
    "one-hot": lambda n, k: np.eye(k)[np.arange(n) % k],
    "indicators": lambda n, k: np.eye(k, dtype=int)[np.arange(n) % k],
    "boolean indicators": lambda n, k: np.eye(k, dtype=bool)[np.arange(n) % k],
    "column": lambda n, k: np.arange(n).reshape(-1, 1) % k,
}
BAD_CLASS_TARGETS = {
    "one class": lambda n, k: np.zeros(n),
    "continuous": lambda n, k: np.linspace(0.1, 0.9, n),
    "NaN": lambda n, k: np.full(n, np.nan),
    "mixed": lambda n, k: np.array(["a", None] * n, dtype=object)[:n],
    "sparse": lambda n, k: csr_matrix(np.eye(k, dtype=int)[np.arange(n) % k]),
    "too short": lambda n, k: np.arange(n - 1) % k,
    "counts": lambda n, k: np.full((n, k), 2),
    "None": lambda n, k: None,
}
NUMBER_TARGETS = {
    "floats": lambda n, k: np.linspace(0, 1, n) ** 2,
    "float32": lambda n, k: np.linspace(0, 1, n, dtype="float32"),
    "integers": lambda n, k: np.arange(n),
    "booleans": lambda n, k: np.arange(n) % 2 == 0,
    "objects": lambda n, k: np.arange(n).astype(object),
    "column": lambda n, k: np.arange(n, dtype=float).reshape(-1, 1),
    "table": lambda n, k: np.linspace(0, 1, n * k).reshape(n, k),
    "list": lambda n, k: list(range(n)),
    "pandas": lambda n, k: pd.Series(np.arange(n)),
    "polars": lambda n, k: pl.Series(np.arange(n)),
}
BAD_NUMBER_TARGETS = {
    "negative numbers": lambda n, k: -np.ones(n),  # bad for Poisson's loss
    "texts": lambda n, k: ["text"] * n,
    "huge numbers": lambda n, k: np.full(n, 1e300),
    "infinite": lambda n, k: np.full(n, np.inf),
    "sparse": lambda n, k: csr_matrix(np.ones((n, k))),
    "too short": lambda n, k: np.arange(n - 1),
    "None": lambda n, k: None,
}

WEIGHTS = {
    "none": lambda n: None,
    "ones": np.ones,
    "integers": lambda n: 1 + np.arange(n) % 3,
    "float32": lambda n: np.linspace(0.5, 2, n, dtype="float32"),
    "some zero": lambda n: np.r_[0.0, np.ones(n - 1)],
    "list": lambda n: [1.0] * n,
    "scalar": lambda n: 2.0,
    "tiny beside others": lambda n: np.r_[1e-60, np.ones(n - 1)],
}
BAD_WEIGHTS = {
    "negative": lambda n: -np.ones(n),
    "zero": np.zeros,
    "NaN": lambda n: np.full(n, np.nan),
    "tiny": lambda n: np.full(n, 1e-320),
    "huge": lambda n: np.full(n, 1e308),
    "too short": lambda n: np.ones(n - 1),
    "texts": lambda n: ["heavy"] * n,
    "table": lambda n: np.ones((n, 2)),
}


# What is bad, but not for every network and every loss.
BAD_AT_TIMES = {"huge feature", "huge numbers", "negative numbers"}


# Parameters; functions have names for the sake of pickle


def softsign(x):
    return x / (1 + abs(x))


def first_column(x):
    return x[:, :1]


def constant_score(estimator, X, y, sample_weight=None):
    return 1.0


def no_score(estimator, X, y, sample_weight=None):
    return "text"


def no_scorer():
    return 1.0


DECAY = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)

PARAMETERS = {
    "hidden_layer_sizes": [(), (2,), [2, 3], 3, np.array([2])],
    "activation": ["relu", "tanh", "identity", softsign, ["relu", softsign]],
    "dropout": [0.0, 0.5, [0.2, 0.0]],
    "batch_norm": [False, True],
    "optimizer": ["sgd", "adam", "lbfgs", keras.optimizers.SGD(0.1, momentum=0.5)],
    "learning_rate": ["auto", 0.01, 1e6, "cosine", "onecycle", DECAY],
    "momentum": ["auto", 0.5],
    "alpha": [0.0, 0.1],
    "batch_size": ["auto", 1, 4, 10**6],
    "epochs": [1, 2],
    "tol": [None, 0.0, 1e-4],
    "n_iter_no_change": [1, 10],
    "early_stopping": [False, True],
    "validation_fraction": [0.1, 0.5],
    "monitor": ["loss", "r2", "accuracy", constant_score],
    "shuffle": [True, False],
    "warm_start": [False, True],
    "max_time": [None, 60.0],
    "on_interrupt": ["raise", "keep"],
    "callbacks": [None, [keras.callbacks.EarlyStopping("loss")]],
    "class_weight": [None, "balanced", {}],
    "label_smoothing": [0.0, 0.1],
    "loss": ["squared_error", "absolute_error", "poisson", "huber", "quantile"],
    "quantile": [0.5, 0.9],
}
BAD_PARAMETERS = {
    "hidden_layer_sizes": [0, (0,), (2.5,), "2", None, [[2]]],
    "activation": ["rellu", ["relu"] * 5, 3, first_column, [["relu"]]],
    "dropout": [1.0, -0.1, [0.1] * 5, "a", None],
    "batch_norm": ["yes"],
    "optimizer": ["adm", 3, None, keras.optimizers.Adam],
    "learning_rate": [0, -1, "fast", None, float("nan")],
    "momentum": [1.0, -0.5, None],
    "alpha": [-1, float("inf"), "a"],
    "batch_size": [0, 2.5, None],
    "epochs": [0, 1.5, None],
    "tol": [-1, "a"],
    "n_iter_no_change": [0, None],
    "max_time": [0, -1.0, "soon"],
    "on_interrupt": ["stop", None],
    "shuffle": ["yes", None],
    "warm_start": ["yes", None],
    "early_stopping": ["yes", 2],
    "validation_fraction": [0, 1, 2],
    "monitor": ["nonsense", 3, no_score, no_scorer],
    "label_smoothing": [1.0, -0.5],
    "class_weight": ["even", {0: -1.0}, {0: None}, {"nobody": 1.0}],
    "callbacks": [print, [print]],
    "random_state": ["seed", -1],
    "loss": ["hinge"],
    "quantile": [0, 1],
}


@dataclass
class Case:
    """An estimator, and what it is fitted to."""

    estimator: object
    X: object
    y: object
    given: dict
    method: str
    before: str
    expected_to_fail: bool

    def fit(self, estimator):
        getattr(estimator, self.method)(self.X, self.y, **self.given)

    def fit_before(self, estimator):
        """Fit to the same or to other data, if the parameters allow it."""
        X = draw_numbers(8, 2, "float64")
        y = np.arange(8) % 2
        with suppress(ValueError, TypeError):
            if self.before == "same":
                self.fit(estimator)
            if self.before == "other":
                estimator.fit(X, y)


@st.composite
def cases(draw, estimator_class):
    """Draw a case: sound in most of its parts, spoiled in some."""
    classifies = is_classifier(estimator_class())
    n_samples = draw(st.sampled_from([1, 2, 6, 15, 30]))
    n_features = draw(st.sampled_from([1, 3]))
    n_outputs = draw(st.sampled_from([2, 3]))
    bad = draw(
        st.sampled_from(["nothing"] * 6 + ["X", "y", "weight", "parameter", "X_val"])
    )

    drawn = set()

    def numbers(is_bad, seed):
        dtype = draw(st.sampled_from(DTYPES))
        X = draw_numbers(n_samples, n_features, dtype, seed)
        if is_bad:
            how = draw(st.sampled_from(SPOILS))
            drawn.add(how)
            return spoiled(X, how)
        container = draw(st.sampled_from(list(CONTAINERS)))
        if container.startswith("cs") and dtype not in SPARSE_DTYPES:
            container = "C order"
        return CONTAINERS[container](X)

    def one_of(good, rest, is_bad):
        pool = rest if is_bad else good
        name = draw(st.sampled_from(list(pool)))
        drawn.add(name)
        return pool[name]

    targets = (
        (CLASS_TARGETS, BAD_CLASS_TARGETS)
        if classifies
        else (NUMBER_TARGETS, BAD_NUMBER_TARGETS)
    )
    make_y = one_of(*targets, bad == "y")
    given = {"sample_weight": one_of(WEIGHTS, BAD_WEIGHTS, bad == "weight")(n_samples)}
    methods = ["fit", "fit", "fit", "partial_fit"]
    method = "fit" if bad == "X_val" else draw(st.sampled_from(methods))
    if method == "partial_fit" and classifies:
        y = np.arange(6) if bad == "y" else make_y(6, n_outputs)
        given["classes"] = np.unique(y) if np.ndim(y) == 1 else None
    if method == "fit" and (bad == "X_val" or draw(st.booleans())):
        given["X_val"] = numbers(bad == "X_val", seed=1)
        given["y_val"] = make_y(n_samples, n_outputs)

    names = set(estimator_class().get_params()) & set(PARAMETERS)
    changed = draw(st.sets(st.sampled_from(sorted(names)), max_size=5))
    params = {name: draw(st.sampled_from(PARAMETERS[name])) for name in sorted(changed)}
    if bad == "parameter":
        name = draw(st.sampled_from(sorted(names & set(BAD_PARAMETERS))))
        params[name] = draw(st.sampled_from(BAD_PARAMETERS[name]))
    defaults = {"hidden_layer_sizes": (2,), "epochs": 2, "tol": None}
    X = numbers(bad == "X", seed=0)
    return Case(
        estimator=estimator_class(**{"random_state": 0, **defaults, **params}),
        X=X,
        y=make_y(n_samples, n_outputs),
        given=given,
        method=method,
        before=draw(st.sampled_from(["nothing", "same", "other"])),
        expected_to_fail=bad != "nothing" and not drawn & BAD_AT_TIMES,
    )


# What holds for every case


@contextmanager
def expected_warnings():
    """Ignore what a caller may be warned of; anything else is an error."""
    with warnings.catch_warnings():
        for category in (
            ConvergenceWarning,
            DataConversionWarning,
            UndefinedMetricWarning,
        ):
            warnings.simplefilter("ignore", category)
        for message in (
            ".* has an effect only with",
            "X has feature names|X does not have valid feature names",
            "Pixels need the scale",
            "y_pred contains classes not in y_true",
        ):
            warnings.filterwarnings("ignore", message, UserWarning)
        yield


def as_comparable(value):
    """Return what tells whether an argument was changed."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.tobytes() if value.dtype != object else value.tolist()
    if issparse(value):
        return value.toarray().tobytes()
    if isinstance(value, pd.DataFrame | pd.Series | pl.DataFrame | pl.Series):
        return type(value), value.to_numpy().tolist()
    if isinstance(value, keras.optimizers.Optimizer):
        return str(value.get_config()), len(value.variables)
    if isinstance(value, dict):
        return {key: as_comparable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_comparable(part) for part in value]
    return value if isinstance(value, str | int | float | bool) else id(value)


def arguments_of(case):
    parts = [case.X, case.y, case.given, case.estimator.get_params()]
    return repr([as_comparable(part) for part in parts])


def check_documented(error):
    """Assert that an error was raised on purpose, by us or by scikit-learn."""
    *_, (frame, _) = walk_tb(error.__traceback__)
    module = frame.f_globals["__name__"].partition(".")[0]
    assert module in {"skmlp", "sklearn"}, error
    assert str(error)


def check_case(case):
    """Fit, and assert what holds whether that worked or not."""
    estimator, again = case.estimator, clone(case.estimator)
    if case.method == "partial_fit" and not hasattr(estimator, "partial_fit"):
        return
    with expected_warnings():
        case.fit_before(estimator)
        before, arguments = vars(estimator).copy(), arguments_of(case)
        try:
            case.fit(estimator)
        except (ValueError, TypeError) as error:
            check_documented(error)
            after = vars(estimator)
            assert after.keys() == before.keys()
            assert all(after[name] is before[name] for name in before)
        else:
            assert not case.expected_to_fail
            check_fitted(estimator, case.X)
            case.fit_before(again)
            case.fit(again)
            assert_equal(again.coefs_, estimator.coefs_)
            assert_equal(again.history_, estimator.history_)
        assert arguments_of(case) == arguments


def check_fitted(estimator, X):
    predicted = estimator.predict(X)
    assert all(np.isfinite(array).all() for array in estimator.coefs_)
    assert np.isfinite(estimator.loss_)
    loaded = pickle.loads(pickle.dumps(estimator))
    assert_array_equal(loaded.predict(X), predicted)
    if is_classifier(estimator):
        check_probabilities(estimator, X, predicted)
    else:
        assert np.isfinite(predicted).all()


def check_probabilities(estimator, X, predicted):
    proba = estimator.predict_proba(X)
    several = estimator.out_activation_ == "logistic" and predicted.ndim == 2
    assert proba.shape == (len(predicted), len(estimator.classes_))
    assert proba.min() > 0
    assert proba.max() < 1
    assert_allclose(np.exp(estimator.predict_log_proba(X)), proba, rtol=1e-4, atol=1e-6)
    if several:
        assert_array_equal(predicted, proba > 0.5)
        return
    assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)
    assert np.isin(predicted, estimator.classes_).all()
    assert_array_equal(predicted, estimator.classes_[proba.argmax(axis=1)])


@QUICK
@given(cases(DenseClassifier))
def test_classifier_works_or_says_what_is_wrong(case):
    check_case(case)


@QUICK
@given(cases(DenseRegressor))
def test_regressor_works_or_says_what_is_wrong(case):
    check_case(case)


@pytest.mark.slow
@pytest.mark.parametrize(
    "estimator_class", [DenseClassifier, DenseRegressor, DenseMNISTClassifier]
)
@SLOW
@given(data=st.data())
def test_estimator_works_or_says_what_is_wrong_in_many_cases(estimator_class, data):
    check_case(data.draw(cases(estimator_class)))


# What holds between two fits


SMALL = {"hidden_layer_sizes": (2,), "epochs": 2, "tol": None, "random_state": 0}

equivalences = st.fixed_dictionaries(
    {
        "early_stopping": st.booleans(),
        "batch_norm": st.booleans(),
        "batch_size": st.sampled_from([4, 10**6]),
        "alpha": st.sampled_from([0.0, 0.1]),
    }
)


def estimators(params):
    return [
        DenseClassifier(validation_fraction=0.4, **SMALL, **params),
        DenseRegressor(validation_fraction=0.4, **SMALL, **params),
    ]


@contextmanager
def unwarned():
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # of an ineffective validation_fraction
        yield


containers = st.sampled_from(list(CONTAINERS))
presence = st.lists(st.booleans(), min_size=9, max_size=9)
names_of_labels = st.sampled_from(list(LABELS))
alphas = st.sampled_from([0.1, 1.0, 10.0])


@pytest.mark.slow
@settings(SLOW, max_examples=20)
@given(equivalences, containers, st.sampled_from(sorted(SPARSE_DTYPES)))
def test_container_of_the_features_changes_nothing(params, container, dtype):
    X, y = draw_numbers(15, 3, dtype), np.arange(15) % 3
    if container in {"objects", "list"}:
        X = X.astype(np.float64)  # what they become
    for estimator in estimators(params):
        with unwarned():
            plain = clone(estimator).fit(X, y)
            contained = estimator.fit(CONTAINERS[container](X), y)

        assert_equal(contained.coefs_, plain.coefs_)
        assert_array_equal(
            contained.predict(CONTAINERS[container](X)), plain.predict(X)
        )


@pytest.mark.slow
@settings(SLOW, max_examples=20)
@given(equivalences, presence)
def test_samples_of_weight_zero_count_as_absent(params, is_present):
    X, y = draw_numbers(15, 3, "float64"), np.arange(15) % 3
    is_present = np.r_[np.ones(6, bool), is_present]  # two of each class
    for estimator in estimators(params):
        with unwarned():
            weighted = clone(estimator).fit(X, y, sample_weight=is_present.astype(int))
            without = estimator.fit(X[is_present], y[is_present])

        assert_equal(weighted.coefs_, without.coefs_)
        assert_equal(weighted.history_, without.history_)


@pytest.mark.slow
@settings(SLOW, max_examples=20)
@given(equivalences, names_of_labels, names_of_labels)
def test_names_of_labels_change_nothing_but_the_labels(params, old, new):
    X, y = draw_numbers(15, 3, "float64"), np.arange(15) % 2
    clf = estimators(params)[0]
    with unwarned():
        first = clone(clf).fit(X, LABELS[old][:2][y])
        second = clf.fit(X, LABELS[new][:2][y])

    assert_array_equal(second.predict_proba(X), first.predict_proba(X))
    names = dict(zip(first.classes_, second.classes_, strict=True))
    assert [names[label] for label in first.predict(X)] == second.predict(X).tolist()


@settings(QUICK, max_examples=5)
@given(st.permutations([0, 1, 2]), alphas)
def test_permuted_labels_permute_the_columns(permutation, alpha):
    """Without a hidden layer the loss has one minimum, whatever the classes are called.

    The penalty leaves the biases free by a constant, which changes no probability.
    """
    X, y = draw_numbers(15, 3, "float64"), np.arange(15) % 3
    clf = DenseClassifier((), optimizer="lbfgs", alpha=alpha, tol=1e-9, epochs=500)

    proba = clone(clf).fit(X, y).predict_proba(X)
    permuted = clf.fit(X, np.array(permutation)[y]).predict_proba(X)

    assert_allclose(permuted[:, permutation], proba, atol=1e-6)
