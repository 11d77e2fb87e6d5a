"""The state of the process is the user's: Keras' settings, scopes, forks, threads."""

import os
import subprocess
import sys

import pytest

from skmlp._keras import start

pytestmark = pytest.mark.tensorflow

FITS = """
import sys, warnings
from sklearn.datasets import load_iris
from skmlp import DenseClassifier, DenseRegressor
X, y = load_iris(return_X_y=True)
X = (X / 8).astype("float32")

def bits():
    fast = {"epochs": 3, "tol": None, "random_state": 0, "dropout": 0.2}
    fits = [
        DenseClassifier((4,), batch_norm=True, learning_rate=0.01, **fast).fit(X, y),
        DenseRegressor((4,), optimizer="sgd", **fast).fit(X, y, X_val=X, y_val=y),
        DenseClassifier((4,), learning_rate="cosine", **fast).fit(X, y == 1),
    ]
    return [a.tobytes() for clf in fits for a in clf.coefs_ + clf.intercepts_]
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "setting",
    [
        "keras.config.set_dtype_policy('mixed_float16')",
        "keras.config.set_dtype_policy('mixed_bfloat16')",
        "keras.config.set_floatx('float16')",
        "keras.config.set_floatx('float64')",
        "keras.config.set_epsilon(0.1)",
    ],
)
def test_settings_of_keras_change_no_bit_and_stay_as_they_are(setting, run_program):
    """Cold, and with programs that were compiled before."""
    program = f"""{FITS}
from skmlp._keras.start import import_keras
keras = import_keras()

def state():
    config = keras.config
    return config.dtype_policy().name, config.floatx(), config.epsilon()

before = state()
{setting}
cold, set_ = bits(), state()
from skmlp._training.compiled.cache import PROGRAMS
PROGRAMS._programs.clear()
keras.config.set_dtype_policy(before[0])
keras.config.set_floatx(before[1])
keras.config.set_epsilon(before[2])
expected = bits()
{setting}
assert cold == bits() == expected
assert state() == set_ != before
"""
    run_program(program)


def refused(context, words):
    """Return a program that trains in a context, and is told why not."""
    return f"""{FITS}
import tensorflow as tf
expected = bits()
try:
    with {context}:
        bits()
except RuntimeError as error:
    assert {words!r} in str(error), error
else:
    raise SystemExit("It was not refused.")
assert bits() == expected
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("context", "words"),
    [
        ("tf.Graph().as_default()", "Got a call in tf.Graph()"),
        ("tf.distribute.MirroredStrategy().scope()", "scope of MirroredStrategy"),
        ("tf.distribute.OneDeviceStrategy('/cpu:0').scope()", "scope of OneDevice"),
    ],
)
def test_training_where_tensorflow_traces_or_copies_is_refused(
    context, words, run_program
):
    run_program(refused(context, words))


@pytest.mark.slow
def test_training_without_eager_execution_is_refused(run_program):
    program = f"""{FITS}
import tensorflow as tf
tf.compat.v1.disable_eager_execution()
try:
    bits()
except RuntimeError as error:
    assert "eager execution off" in str(error)
else:
    raise SystemExit("It was not refused.")
"""
    run_program(program)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_fit_in_a_forked_child_is_refused_and_prediction_works(run_program):
    program = f"""{FITS}
import os
warnings.simplefilter("ignore", DeprecationWarning)  # of the fork itself
clf = DenseClassifier((4,), epochs=1, tol=None).fit(X, y)
child = os.fork()
if not child:
    clf.predict(X)
    try:
        clf.fit(X, y)
    except RuntimeError as error:
        os._exit(0 if "Start workers with spawn" in str(error) else 1)
    os._exit(2)
assert os.waitpid(child, 0)[1] == 0
clf.fit(X, y)
"""
    run_program(program)


@pytest.mark.parametrize(
    ("value", "n_threads"),
    [("1", 1), ("100000", None), ("0", 0), ("²", 0), ("1,2", 0), ("-3", 0), ("", 0)],
)
def test_threads_that_are_allotted_are_numbers_of_cores(value, n_threads, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", value)

    expected = os.cpu_count() if n_threads is None else n_threads
    assert (start._allotted_threads() or 0) == expected


@pytest.mark.slow
def test_backend_that_is_not_installed_is_named(monkeypatch):
    program = """
import sys
sys.modules["jax"] = None  # as if it were not installed
from skmlp import DenseClassifier
try:
    DenseClassifier().fit([[0.0], [1.0]], [0, 1])
except ModuleNotFoundError as error:
    print(error)
"""
    monkeypatch.setenv("KERAS_BACKEND", "jax")

    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert 'Install it with: pip install "skmlp[jax]"' in finished.stdout
