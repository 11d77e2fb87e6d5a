"""A fit as a value: a job can be pickled, compared by shape, and trained elsewhere."""

import dataclasses
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.datasets import load_iris

from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor
from skmlp._estimators.prepare import prepare
from skmlp._job import Samples, Shape
from skmlp._job.recipe import Frozen, freeze, thaw
from skmlp._job.shape import bucket
from skmlp._training import train

N_SAMPLES = st.integers(min_value=1, max_value=10**9)


# Buckets


@given(N_SAMPLES)
def test_bucket_holds_what_it_is_for(n):
    assert bucket(n) >= n


@given(N_SAMPLES)
def test_bucket_wastes_less_than_half_and_little_of_much(n):
    assert bucket(n) < 2 * n or n == 1
    assert bucket(n) <= 1.125 * n or n <= 2**16


@given(N_SAMPLES)
def test_bucket_of_a_bucket_is_itself(n):
    assert bucket(bucket(n)) == bucket(n)


@given(N_SAMPLES, N_SAMPLES)
def test_bucket_grows_with_what_it_is_for(n, more):
    assert bucket(min(n, more)) <= bucket(max(n, more))


def test_buckets_are_few():
    assert len({bucket(n) for n in range(1, 2**20)}) < 60


# Shapes


@pytest.fixture
def iris():
    return load_iris(return_X_y=True)


def job_of(data, estimator_class=DenseClassifier, **params):
    params = {"epochs": 3, "tol": None, "random_state": 0} | params
    X, y, *weight = data
    return prepare(estimator_class((4,), **params), X, y, *weight)


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_shapes_hold_all_batches_and_a_row_of_weight_zero(n_samples, batch_size):
    X = np.broadcast_to(np.float32(0), (n_samples, 2))
    job = job_of(load_iris(return_X_y=True))
    recipe = dataclasses.replace(job.recipe, batch_size=min(batch_size, n_samples))
    samples = Samples(X, X[:, 0], X[:, 0])

    shape = dataclasses.replace(job, samples=samples, recipe=recipe).shape

    assert shape.n_rows > n_samples
    assert shape.max_batches * shape.batch_size >= n_samples


@pytest.mark.parametrize(
    "params",
    [
        {"learning_rate": 0.5},
        {"alpha": 1.0},
        {"random_state": 1},
        {"epochs": 7},
        {"max_time": 9.0},
        {"learning_rate": 0.5, "batch_size": 200},
    ],
    ids=str,
)
def test_shape_is_the_same_for_values_that_are_arguments(params, iris):
    assert job_of(iris, **params).shape == job_of(iris).shape
    assert hash(job_of(iris, **params).shape) == hash(job_of(iris).shape)


@pytest.mark.parametrize(
    "params",
    [
        {"hidden_layer_sizes": (5,)},
        {"activation": "tanh"},
        {"dropout": 0.1},
        {"batch_norm": True},
        {"optimizer": "sgd"},
        {"momentum": 0.5, "optimizer": "sgd"},
        {"learning_rate": "cosine"},
        {"batch_size": 32},
        {"alpha": 0.0},
        {"class_weight": {0: 2.0}},
    ],
    ids=str,
)
def test_shape_is_another_for_what_a_graph_is_made_of(params, iris):
    estimator = DenseClassifier((4,), random_state=0).set_params(**params)

    assert prepare(estimator, *iris).shape != job_of(iris).shape


def test_shapes_group_the_folds_and_rates_of_a_search(iris):
    X, y = iris
    jobs = [
        job_of((X[start::5], y[start::5]), learning_rate=rate)
        for start in range(5)
        for rate in (0.1, 0.2)
    ]

    assert len({job.shape for job in jobs}) == 1
    assert all(isinstance(job.shape, Shape) for job in jobs)


# A job on its way


def test_preparing_writes_nothing_learned(iris):
    clf = DenseMNISTClassifier((4,), early_stopping=True)
    before = vars(clf).copy()

    prepare(clf, *iris)

    assert vars(clf).keys() - before.keys() == {"n_features_in_"}


@pytest.mark.parametrize(
    ("estimator_class", "params"),
    [
        (DenseClassifier, {}),
        (DenseClassifier, {"early_stopping": True, "monitor": "f1_macro"}),
        (DenseRegressor, {"early_stopping": True, "dropout": 0.2}),
        (DenseMNISTClassifier, {"batch_norm": True}),
    ],
    ids=str,
)
def test_job_is_trained_to_the_same_bits_after_pickling(estimator_class, params, iris):
    job = job_of(iris, estimator_class, **params)

    (here,) = train([job])
    (there,) = train([pickle.loads(pickle.dumps(job))])

    assert all(map(np.array_equal, here.weights, there.weights))
    assert here.history == there.history


def test_jobs_are_trained_in_turn(iris):
    jobs = [job_of(iris, random_state=seed) for seed in (0, 1)]

    together = train(jobs)

    for job, trained in zip(jobs, together, strict=True):
        (alone,) = train([job])
        assert all(map(np.array_equal, alone.weights, trained.weights))


@pytest.mark.slow
def test_job_is_trained_in_another_process(iris, tmp_path):
    job = job_of(iris)
    (here,) = train([job])
    (tmp_path / "job").write_bytes(pickle.dumps(job))
    program = """
import pickle, sys
from skmlp._training import train
path = sys.argv[1]
job = pickle.load(open(path + "/job", "rb"))
pickle.dump(train([job])[0], open(path + "/trained", "wb"))
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)

    there = pickle.loads((tmp_path / "trained").read_bytes())

    assert_array_equal(there.weights[0], here.weights[0])


# Configurations


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"a": 1, "b": [1, 2, {"c": None}], "d": {}},
        {"names": ["x", "y"], "nested": {"list": [], "dict": {"e": 1.5}}},
    ],
)
def test_frozen_configuration_can_be_hashed_and_thaws_to_itself(config):
    assert isinstance(freeze(config), Frozen)
    assert isinstance(hash(freeze(config)), int)
    assert thaw(freeze(config)) == config
