"""What the process of a library does in a step.

Each function takes the library and the step's arguments, and returns a dict with the
measured ``"value"``, and beside it whatever helps to judge that. Nothing is imported
before a task needs it, so that a process can measure its own imports and memory.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from itertools import cycle
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks import data
from benchmarks.libraries import Library

LEARNING_RATE = 0.01
# The fitted estimator that ``predict`` and the like left for a later step.
_fitted: dict[str, Any] = {}


def start(library: Library) -> dict:
    """Import and start the library: what follows measures its work alone."""
    began = perf_counter()
    library.load().start()
    return {"value": perf_counter() - began}


def fit(
    library: Library,
    *,
    hidden_layer_sizes: tuple[int, ...],
    n_samples: int,
    epochs: int,
    batch_size: int = 128,
    dtype: str = "float32",
    early_stopping: bool = False,
    scored: bool = False,
) -> dict:
    """Measure one fit on MNIST, in seconds an epoch."""
    X, y = data.mnist(n_samples)
    X = X.astype(dtype, copy=False)
    module = library.load()
    estimator = module.make_estimator(
        hidden_layer_sizes,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=LEARNING_RATE,
    )
    if early_stopping:
        estimator.set_params(**module.EARLY_STOPPING)
    began = perf_counter()
    estimator.fit(X, y)
    seconds = perf_counter() - began
    measured = {"value": seconds / epochs, "seconds": seconds, "epochs": epochs}
    if scored:
        X_test, y_test = data.mnist(10_000, "test")
        hits = estimator.predict_proba(X_test).argmax(axis=1) == y_test
        measured["test_accuracy"] = float(hits.mean())
    return measured


def search(
    library: Library,
    *,
    architectures: list[tuple[int, ...]],
    learning_rates: list[float],
    epochs: int,
    batch_size: int = 32,
) -> dict:
    """Measure a grid search on the small digits: 5 folds and the refit, in seconds."""
    from sklearn.model_selection import GridSearchCV

    module = library.load()
    grid = {
        module.PARAMETERS["hidden_layer_sizes"]: architectures,
        module.PARAMETERS["learning_rate"]: learning_rates,
    }
    estimator = module.make_estimator(
        architectures[0],
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rates[0],
    )
    X, y = data.digits()
    began = perf_counter()
    found = GridSearchCV(estimator, grid, cv=5, error_score="raise").fit(X, y)
    return {"value": perf_counter() - began, "best_score": float(found.best_score_)}


def fit_digits(
    library: Library,
    *,
    hidden_layer_sizes: tuple[int, ...],
    epochs: int,
    batch_size: int = 32,
) -> dict:
    """Measure one fit on four fifths of the small digits, in seconds."""
    X, y = data.digits()
    n_samples = 4 * len(X) // 5
    estimator = library.load().make_estimator(
        hidden_layer_sizes,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=LEARNING_RATE,
    )
    began = perf_counter()
    estimator.fit(X[:n_samples], y[:n_samples])
    return {"value": perf_counter() - began}


def fit_texts(
    library: Library,
    *,
    hidden_layer_sizes: tuple[int, ...],
    n_samples: int,
    n_words: int,
    epochs: int,
    batch_size: int = 128,
) -> dict:
    """Measure one fit on a sparse matrix of texts, in seconds an epoch."""
    X, y = data.texts(n_samples, n_words)
    estimator = library.load().make_estimator(
        hidden_layer_sizes,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=LEARNING_RATE,
    )
    began = perf_counter()
    estimator.fit(X, y)
    seconds = perf_counter() - began
    return {"value": seconds / epochs, "density": X.nnz / np.prod(X.shape)}


def fit_by_lbfgs(
    library: Library,
    *,
    data_set: str,
    hidden_layer_sizes: tuple[int, ...],
    iterations: int,
    n_starts: int,
) -> dict:
    """Measure L-BFGS from several starts, in milliseconds an iteration.

    The initial weights of the libraries differ, so the loss beside it is the median
    over the starts.
    """
    X, y = data.table(data_set)
    is_classifier = y.dtype.kind == "i"
    losses = []
    seconds, n_iterations = 0.0, 0
    for seed in range(n_starts):
        estimator = library.load().make_lbfgs_estimator(
            hidden_layer_sizes,
            iterations=iterations,
            is_classifier=is_classifier,
            random_state=seed,
        )
        began = perf_counter()
        estimator.fit(X, y)
        seconds += perf_counter() - began
        n_iterations += estimator.n_iter_
        losses.append(float(estimator.loss_))
    return {
        "value": 1e3 * seconds / n_iterations,
        "iterations": n_iterations / n_starts,
        "loss": statistics.median(losses),
    }


def fit_to_predict(library: Library, *, hidden_layer_sizes: tuple[int, ...]) -> dict:
    """Fit the estimator that ``predict`` asks, in seconds."""
    X, y = data.mnist(2_000)
    estimator = library.load().make_estimator(
        hidden_layer_sizes, epochs=1, batch_size=128, learning_rate=LEARNING_RATE
    )
    began = perf_counter()
    _fitted["estimator"] = estimator.fit(X, y)
    return {"value": perf_counter() - began}


def predict(library: Library, *, n_samples: int, seconds: float) -> dict:
    """Measure ``predict_proba``, in milliseconds: the median of calls for so long."""
    X, _ = data.mnist(n_samples, "test")
    predict_proba = _fitted["estimator"].predict_proba
    predict_proba(X)  # what is compiled for this number of rows is compiled now
    times: list[float] = []
    while sum(times) < seconds or len(times) < 3:
        began = perf_counter()
        predict_proba(X)
        times.append(perf_counter() - began)
    return {"value": 1e3 * statistics.median(times), "calls": len(times)}


def peak_memory(library: Library, *, hidden_layer_sizes: tuple[int, ...]) -> dict:
    """Measure the most memory that the process had, after a fit on MNIST, in MB."""
    import resource

    X, _ = data.mnist(60_000)
    before = resident_memory()
    fit(library, hidden_layer_sizes=hidden_layer_sizes, n_samples=60_000, epochs=1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = peak / (1e3 if sys.platform == "linux" else 1e6)
    return {"value": megabytes, "before": before, "data": X.nbytes / 1e6}


def kept_memory(library: Library, *, n_settling: int, n_fits: int) -> dict:
    """Measure by how much memory grows with each further fit of a sweep, in MB."""
    architectures = cycle([(64,), (32, 16)])

    def sweep(n_fits: int) -> float:
        for _ in range(n_fits):
            fit_digits(library, hidden_layer_sizes=next(architectures), epochs=1)
        return resident_memory()

    settled = sweep(n_settling)
    return {"value": (sweep(n_fits) - settled) / n_fits, "settled": settled}


def resident_memory() -> float:
    """Return the memory of this process, in MB."""
    import psutil

    return psutil.Process().memory_info().rss / 1e6


def gpus(library: Library) -> dict:
    """Name the GPUs that TensorFlow finds."""
    import tensorflow as tf

    details = map(
        tf.config.experimental.get_device_details,
        tf.config.list_physical_devices("GPU"),
    )
    return {"value": [found.get("device_name", "unnamed") for found in details]}


def import_time(library: Library) -> dict:
    """Measure the import of the library in a new interpreter, in seconds."""
    return _timed_in_new_interpreter(f"import {library.requires[0]}")


def first_fit_time(library: Library) -> dict:
    """Measure a new interpreter's first fit, all imports included, in seconds."""
    return _timed_in_new_interpreter(
        "from benchmarks import tasks\n"
        "from benchmarks.libraries import Library\n"
        f"tasks.fit_digits({library!r}, hidden_layer_sizes=(64,), epochs=20)"
    )


def _timed_in_new_interpreter(code: str) -> dict:
    script = (
        "from time import perf_counter\n"
        "began = perf_counter()\n"
        f"{code}\n"
        "print(perf_counter() - began)"
    )
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {"value": float(done.stdout.splitlines()[-1])}


def check(library: Library) -> dict:
    """Measure scikit-learn's checks of the estimator with its defaults, in seconds."""
    from sklearn.utils.estimator_checks import check_estimator

    made = library.load().make_estimator(
        (100,), epochs=1, batch_size=32, learning_rate=LEARNING_RATE
    )
    estimator = type(made)()
    began = perf_counter()
    passed = check_estimator(estimator, on_fail=None)
    seconds = perf_counter() - began
    failed = [result["check_name"] for result in passed if result["status"] == "failed"]
    return {"value": seconds, "failed": failed}
