"""Calls in any sequence give the bits that they give in a process of their own.

A sequence is drawn from a seed: fits, partial fits, new parameters, fits that fail,
callbacks that meddle with their model, pickling, cloning. Whatever ran before it, its
weights are the same after every call.
"""

import hashlib
import json
import pickle

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from skmlp import DenseClassifier

X, Y = load_iris(return_X_y=True)
X = scale(X).astype("float32")[::3]
Y = Y[::3]

PARAMETERS = {
    "hidden_layer_sizes": [(3,), (4, 2)],
    "activation": ["relu", "tanh"],
    "dropout": [0.0, 0.3],
    "batch_norm": [False, True],
    "optimizer": ["sgd", "adam", "nadam", "ftrl"],
    "learning_rate": ["auto", 0.1, "cosine"],
    "alpha": [0.0, 0.1],
    "batch_size": [7, 50],
    "label_smoothing": [0.0, 0.1],
    "early_stopping": [False, True],
    "warm_start": [False, True],
    "random_state": [0, 1],
}


def meddle(model):
    """Change all that a callback may reach; most of it is refused."""
    model.layers[0].trainable = False
    model.optimizer.learning_rate = 0.5
    model.set_weights([0 * array for array in model.get_weights()])
    model.compile("rmsprop", "mse")


def fail(model):
    raise RuntimeError("in the middle of a fit")


def with_callback(clf, act):
    callback = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: act(callback.model)
    )
    return clf.set_params(callbacks=callback)


def run_call(clf, rng):
    """Do one call that the generator draws; return the estimator."""
    call = rng.choice(["fit", "partial", "set", "fail", "meddle", "pickle", "clone"])
    if call == "set":
        name = rng.choice(sorted(PARAMETERS))
        values = PARAMETERS[name]
        return clf.set_params(**{name: values[rng.randint(len(values))]})
    if call == "pickle":
        return pickle.loads(pickle.dumps(clf.set_params(callbacks=None)))
    if call == "clone":
        return clone(clf)
    if call in ("fail", "meddle"):
        with_callback(clf, fail if call == "fail" else meddle)
    try:
        if call == "partial":
            clf.partial_fit(X, Y, classes=[0, 1, 2])
        else:
            clf.fit(X, Y)
    except (AttributeError, RuntimeError, ValueError):
        pass  # refused, in words that other tests read
    return clf.set_params(callbacks=None)


def digests(seed, n_calls=6):
    """Return a digest of the weights after each call of a sequence."""
    rng = np.random.RandomState(seed)
    clf = DenseClassifier((3,), epochs=2, tol=None, batch_size=7, random_state=0)
    found = []
    for _ in range(n_calls):
        clf = run_call(clf, rng)
        arrays = getattr(clf, "coefs_", []) + getattr(clf, "intercepts_", [])
        joined = b"".join(array.tobytes() for array in arrays)
        found.append(hashlib.sha256(joined).hexdigest()[:12])
    return found


def test_sequences_do_not_depend_on_what_ran_before():
    first = [digests(seed) for seed in range(4)]

    assert [digests(seed) for seed in reversed(range(4))] == first[::-1]


@pytest.mark.slow
@pytest.mark.tensorflow
def test_sequences_give_the_bits_of_another_process_in_another_order(run_program):
    seeds = list(range(10, 30))
    program = f"""
import json, sys
sys.path.insert(0, {str(__file__).rpartition("/")[0]!r})
from test_sequences import digests
print(json.dumps([digests(seed) for seed in {seeds[::-1]}]))
"""
    elsewhere = json.loads(run_program(program).stdout)

    assert [digests(seed) for seed in seeds] == elsewhere[::-1]
