"""Processes: the threads that a worker takes, and the silence of the first fit."""

import pytest
from joblib import Parallel, delayed


def threads_that_skmlp_takes():
    from skmlp._keras.start import import_keras

    import_keras()
    import tensorflow as tf

    return tf.config.threading.get_intra_op_parallelism_threads()


@pytest.mark.slow
@pytest.mark.tensorflow
def test_worker_takes_the_threads_that_joblib_allots_to_it():
    from joblib import parallel_config

    with parallel_config(backend="loky", inner_max_num_threads=1):
        taken = Parallel(n_jobs=2)(
            delayed(threads_that_skmlp_takes)() for _ in range(2)
        )

    assert taken == [1, 1]


def threads_after_unpickling(optimizer):
    return optimizer.name, threads_that_skmlp_takes()


@pytest.mark.slow
@pytest.mark.tensorflow
def test_worker_that_unpickles_an_optimizer_takes_its_threads_too():
    import keras
    from joblib import parallel_config

    with parallel_config(backend="loky", inner_max_num_threads=1):
        taken = Parallel(n_jobs=2)(
            delayed(threads_after_unpickling)(keras.optimizers.SGD(name=name))
            for name in ("one", "two")
        )

    assert taken == [("one", 1), ("two", 1)]


@pytest.mark.slow
@pytest.mark.tensorflow
def test_nothing_is_set_where_tensorflow_runs_already(run_program):
    program = """
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(3)
from skmlp._keras.start import import_keras
import_keras()
print(tf.config.threading.get_intra_op_parallelism_threads())
"""
    assert run_program(program, OMP_NUM_THREADS="1").stdout == "3\n"


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_first_fits_of_a_process_write_nothing(backend, dtype, run_program):
    """By operation, compiled, and by Keras' own ``fit``."""
    program = f"""
import numpy as np
from skmlp import DenseClassifier
from skmlp._keras.start import import_keras
class Batches(import_keras().callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None): pass
X = np.random.RandomState(0).rand(40, 4).astype("{dtype}")
for params in {{"epochs": 3}}, {{"epochs": 600}}, {{"callbacks": [Batches()]}}:
    clf = DenseClassifier((4,), tol=None, **{{"epochs": 2}} | params)
    clf.fit(X, np.arange(40) % 3).predict_proba(X)
"""
    finished = run_program(program, KERAS_BACKEND=backend)

    assert (finished.stdout, finished.stderr) == ("", "")
