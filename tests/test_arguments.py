"""No argument of the caller is changed, and none has to be writable."""

import copy

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_equal
from scipy.sparse import csr_array
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor


@pytest.fixture
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


def data_of(X, y):
    """Return every argument of fit that holds data."""
    weight = np.linspace(0, 2, len(X))  # a zero among them
    return {
        "X": X,
        "y": y,
        "sample_weight": weight,
        "X_val": X[::2].copy(),
        "y_val": y[::2].copy(),
        "sample_weight_val": weight[::2].copy(),
    }


@pytest.mark.parametrize("dtype", ["float64", "float32", "uint8"])
@pytest.mark.parametrize(
    "estimator_class", [DenseClassifier, DenseRegressor, DenseMNISTClassifier]
)
def test_arrays_of_the_caller_stay_as_they_are(iris, estimator_class, dtype):
    X, y = iris
    data = data_of(np.abs(X * 9).astype(dtype), y)
    before = copy.deepcopy(data)
    params = {"class_weight": {0: 3.0}} if "Class" in estimator_class.__name__ else {}
    estimator = estimator_class((3,), epochs=2, tol=None, **params)

    estimator.fit(**data).predict(data["X"])
    estimator.partial_fit(data["X"], data["y"], data["sample_weight"])
    estimator.score(data["X"], data["y"], data["sample_weight"])

    assert_equal(data, before)


def test_arrays_of_the_caller_may_be_read_only(iris):
    data = data_of(*iris)
    for array in data.values():
        array.setflags(write=False)
    clf = DenseClassifier((3,), early_stopping=True, epochs=2, tol=None)

    clf.fit(**data).predict_proba(data["X"])


def test_sparse_matrices_of_the_caller_stay_as_they_are(iris):
    X, y = iris
    sparse = csr_array(np.where(X > 0, X, 0))
    parts = [sparse.data, sparse.indices, sparse.indptr]
    before = copy.deepcopy(parts)

    DenseClassifier((3,), epochs=2, tol=None).fit(sparse, y).predict(sparse)

    assert_equal(parts, before)


def test_frames_of_the_caller_stay_as_they_are(iris):
    X, y = iris
    frame, series = pd.DataFrame(X, columns=list("abcd")), pd.Series(y)
    before = frame.copy(), series.copy()

    DenseClassifier((3,), epochs=2, tol=None).fit(frame, series, X_val=frame, y_val=y)

    assert frame.equals(before[0])
    assert series.equals(before[1])


def test_parameters_of_the_caller_stay_as_they_are(iris):
    params = {
        "hidden_layer_sizes": [3, 2],
        "activation": ["relu", "tanh"],
        "dropout": [0.1, 0.2],
        "class_weight": {0: 2.0, 1: 1.0},
        "callbacks": [],
    }
    given = copy.deepcopy(params)
    clf = DenseClassifier(**given, epochs=2, tol=None).fit(*iris)

    assert given == params
    assert all(getattr(clf, name) is value for name, value in given.items())


def test_optimizer_and_schedule_of_the_caller_stay_as_they_are(iris):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    optimizer = keras.optimizers.SGD(0.25, momentum=0.5)
    configs = copy.deepcopy([schedule.get_config(), optimizer.get_config()])

    clf = DenseClassifier((3,), optimizer=optimizer, learning_rate=schedule, epochs=2)
    clf.set_params(tol=None).fit(*iris).partial_fit(*iris)

    assert [schedule.get_config(), optimizer.get_config()] == configs
    assert not optimizer.built
    assert int(optimizer.iterations.value) == 0


@pytest.mark.parametrize("needs_batches", [False, True])
def test_callbacks_keep_their_own_state_but_no_model(iris, needs_batches):
    """Keras' callbacks remember what they saw; the model may serve another fit."""
    stop = keras.callbacks.EarlyStopping("loss", patience=0, min_delta=1e9)
    hooks = {"on_train_batch_end": lambda batch, logs: None} if needs_batches else {}
    other = keras.callbacks.LambdaCallback(**hooks)
    callbacks = [stop, other]

    clf = DenseClassifier((3,), callbacks=callbacks, epochs=5, tol=None)
    clf.fit(*iris)

    assert clf.callbacks is callbacks
    assert callbacks == [stop, other]
    assert stop.stopped_epoch == 1
    assert stop.model is other.model is None


def test_random_state_of_the_caller_goes_on_as_in_scikit_learn(iris):
    """One that is shared by several fits gives each of them other numbers."""
    rng = np.random.RandomState(0)
    clf = DenseClassifier((3,), random_state=rng, epochs=1, tol=None)

    first, second = clf.fit(*iris).coefs_[0], clf.fit(*iris).coefs_[0]

    assert (first != second).all()
    assert clf.random_state is rng
