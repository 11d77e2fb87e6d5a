"""Keras and TensorFlow's start, and what scikeras leaves on Keras: nothing."""

import os
import subprocess
import sys

import pytest

from skmlp._keras.start import _is_chatter, keras_type


def run(program, **environment):
    """Run a program in a new process; return what it wrote to standard error."""
    finished = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return finished.stderr


def test_keras_type_has_no_instances_while_keras_is_not_imported():
    program = """
import sys
from skmlp._keras.start import keras_type
assert not isinstance(object(), keras_type("keras.optimizers.Optimizer"))
assert "keras" not in sys.modules
"""
    run(program)


def test_keras_type_stands_for_the_class_of_that_name():
    import keras

    assert isinstance(keras.optimizers.SGD(), keras_type("keras.optimizers.Optimizer"))
    assert not isinstance(object(), keras_type("keras.optimizers.Optimizer"))
    assert not isinstance(object(), keras_type("keras.no_such.Class"))


@pytest.mark.parametrize(
    ("line", "is_chatter"),
    [
        (b"I0000 00:00:1795.2 29 port.cc:153] oneDNN custom operations are on.", True),
        (b"WARNING: All log messages before absl::InitializeLog() is called", True),
        (b"E0000 00:00:1795.2 29 cuda_platform.cc:52] failed call to cuInit", True),
        (b"E0000 00:00:1795.2 29 gpu_device.cc:99] out of memory", False),
        (b"my own line", False),
    ],
)
def test_only_start_up_messages_of_tensorflow_are_chatter(line, is_chatter):
    assert _is_chatter(line) is is_chatter


@pytest.mark.slow
def test_what_others_write_while_tensorflow_starts_is_passed_on():
    program = """
import sys
from skmlp._keras import start
begin = start._start_tensorflow
start._start_tensorflow = lambda: (print("mine", file=sys.stderr), begin())
start.import_keras()
"""
    assert run(program) == "mine\n"


@pytest.mark.slow
def test_environment_and_standard_error_are_as_before_when_tensorflow_has_started():
    program = """
import os, sys
before = dict(os.environ)
from skmlp._keras.start import import_keras
import_keras()
assert dict(os.environ) == before
print("still here", file=sys.stderr)
"""
    assert run(program) == "still here\n"


@pytest.mark.slow
def test_two_threads_start_tensorflow_once():
    program = """
import threading
from skmlp._keras import start
starts = []
begin = start._start_tensorflow
start._start_tensorflow = lambda: (starts.append(1), begin())
threads = [threading.Thread(target=start.import_keras) for _ in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert starts == [1]
"""
    assert run(program, OMP_NUM_THREADS="1") == ""


@pytest.mark.slow
def test_scikeras_leaves_no_patch_on_keras():
    program = """
from skmlp._keras.quirks import import_scikeras_wrapper
from skmlp._keras.start import import_keras
keras = import_keras()
def methods():
    classes = [keras.Model, keras.Loss, keras.Metric, keras.Optimizer]
    return [(c.__reduce__, getattr(c, "__deepcopy__", None)) for c in classes]
before = methods()
wrapper = import_scikeras_wrapper()
assert wrapper.__name__ == "BaseWrapper"
assert methods() == before
"""
    run(program)


def test_scikeras_has_what_is_used_of_it():
    import inspect

    from scikeras.wrappers import BaseWrapper

    used = {"model", "epochs", "verbose", "callbacks", "shuffle"}
    assert used <= set(inspect.signature(BaseWrapper).parameters)
    assert {"partial_fit", "_validate_data"} <= set(vars(BaseWrapper))


FIT = """
import numpy as np
from skmlp import DenseClassifier
X, y = np.random.RandomState(0).randn(600, 2), np.arange(600) % 2
clf = DenseClassifier((2,), batch_size=1, epochs=1, tol=None, callbacks={callbacks})
clf.fit(X, y)
"""


@pytest.mark.slow
def test_a_compiled_fit_leaves_the_memory_of_the_process_to_be_reused():
    """TensorFlow's datasets from a generator have it given back, on Python 3.11."""
    program = f"""{FIT.format(callbacks=None)}
import resource
def page_faults(n_arrays):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(n_arrays):
        np.ones(2**17)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
page_faults(10)
assert page_faults(10) < 256, page_faults(10)  # an array is 256 pages
"""
    assert run(program) == ""


@pytest.mark.slow
def test_a_first_fit_by_keras_fit_writes_nothing():
    program = f"""
from skmlp._keras.start import import_keras
class EachBatch(import_keras().callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass
{FIT.format(callbacks="[EachBatch()]")}"""
    assert run(program) == ""
