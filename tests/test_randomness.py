"""Randomness belongs to the fit: it is repeatable, and it leaves the process alone."""

import os
import random
import sys
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from joblib import parallel_config
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score

from skmlp import DenseClassifier

ENGINES = [
    pytest.param("compiled", marks=pytest.mark.tensorflow),
    pytest.param("keras_fit", marks=pytest.mark.slow),
]


class WatchesBatches(keras.callbacks.Callback):
    """Makes a fit go by Keras' own fit."""

    def on_train_batch_end(self, batch, logs=None):
        pass


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return (X / 16)[:300], y[:300]


def make(engine=None, **params):
    callbacks = [WatchesBatches()] if engine == "keras_fit" else None
    return DenseClassifier(
        (8,), epochs=3, tol=None, callbacks=callbacks, dropout=0.2, **params
    )


def state_of_torch():
    torch = sys.modules.get("torch")
    return torch and torch.random.get_rng_state().tolist()


def global_states():
    return [
        random.getstate(),
        [np.asarray(part).tolist() for part in np.random.get_state()],  # noqa: NPY002
        tf.random.get_global_generator().state.numpy().tolist(),
        state_of_torch(),
        keras.config.floatx(),
        keras.config.epsilon(),
        tf.config.experimental.is_op_determinism_enabled()
        if hasattr(tf.config.experimental, "is_op_determinism_enabled")
        else None,
        dict(os.environ),
    ]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", [0, None])
def test_fit_leaves_global_states_as_they_are(digits, engine, seed):
    tf.random.get_global_generator()  # made at the first request
    before = global_states()

    make(engine, random_state=seed).fit(*digits)

    assert global_states() == before


@pytest.mark.parametrize("engine", ENGINES)
def test_seed_of_the_process_does_not_matter(digits, engine):
    coefs = []
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        tf.random.set_seed(seed)
        coefs.append(make(engine, random_state=0).fit(*digits).coefs_[0])

    assert_array_equal(*coefs)


def test_fits_in_two_threads_give_the_bits_of_two_in_turn(digits):
    in_turn = [make(random_state=seed).fit(*digits).coefs_[0] for seed in (0, 1)]

    at_once = [make(random_state=seed) for seed in (0, 1)]
    threads = [threading.Thread(target=clf.fit, args=digits) for clf in at_once]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for clf, expected in zip(at_once, in_turn, strict=True):
        assert_array_equal(clf.coefs_[0], expected)


@pytest.mark.slow
def test_scores_are_the_same_however_many_workers_there_are(digits):
    clf = make(random_state=0)

    def losses(n_jobs, backend="loky"):
        with parallel_config(backend=backend):
            return cross_val_score(
                clone(clf), *digits, cv=3, n_jobs=n_jobs, scoring="neg_log_loss"
            )

    expected = losses(1)
    assert_array_equal(losses(2), expected)
    assert_array_equal(losses(2, "threading"), expected)
