"""What tests share: small problems, an end to every picture, and other processes.

Where Keras has another backend than TensorFlow, what is about TensorFlow is skipped.
"""

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from importlib.util import find_spec

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot

from skmlp._job import (
    Job,
    Network,
    Recipe,
    Samples,
    Seeds,
    Start,
    Stopping,
    Trained,
    Weights,
)
from skmlp._keras.start import import_keras
from skmlp._training import train

matplotlib.use("agg")  # an example that shows its picture waits for nobody

RECIPE = {"alpha": 0.0, "batch_size": 16, "epochs": 3, "shuffle": True}


def pytest_collection_modifyitems(items):
    """Mark the chapters as slow: each trains many networks."""
    for item in items:
        if item.path.suffix == ".rst":
            item.add_marker(pytest.mark.slow)


def pytest_runtest_setup(item):
    """Skip what is about TensorFlow where Keras has another backend."""
    if item.get_closest_marker("tensorflow"):
        _skip_without_tensorflow()


def _skip_without_tensorflow():
    backend = import_keras().config.backend()
    if backend != "tensorflow":
        pytest.skip(f"needs TensorFlow as the backend of Keras, which is {backend}")


@dataclass(frozen=True)
class Problem:
    """A network, its initial weights, and samples to train it on."""

    network: Network
    weights: Weights
    samples: Samples

    def job(
        self,
        *,
        optimizer="sgd",
        learning_rate="auto",
        validation=None,
        score=None,
        callbacks=(),
        rng=0,
        optimizer_state=None,
        **settings,
    ) -> Job:
        """Return a job with the recipe of this module, but for what is given."""
        import_keras()
        from skmlp._keras.optimizers import specify

        recipe = {name: settings.pop(name, value) for name, value in RECIPE.items()}
        n_steps = -(-len(self.samples) // recipe["batch_size"]) * recipe["epochs"]
        return Job(
            network=self.network,
            recipe=Recipe(specify(optimizer, learning_rate, n_steps=n_steps), **recipe),
            samples=self.samples,
            seeds=Seeds.draw(rng),
            start=Start(self.weights, optimizer_state),
            stopping=Stopping(**settings),
            validation=validation,
            score=score,
            callbacks=tuple(callbacks),
        )

    def train(self, engine=None, **given) -> Trained:
        """Train the job of these settings."""
        if engine == "compiled":
            _skip_without_tensorflow()
        (trained,) = train([self.job(**given)], engine=engine)
        return trained

    def head(self, n_samples) -> "Problem":
        """Return the problem with its first samples alone."""
        X, y, weight = self.samples.X, self.samples.y, self.samples.weight
        first = Samples(X[:n_samples], y[:n_samples], weight[:n_samples])
        return replace(self, samples=first)


def _make_problem(
    loss="log_loss",
    *,
    n_samples=50,
    hidden=(6,),
    activation="tanh",
    dtype="float64",
    pixels=False,
    weighted=False,
    n_outputs=3,
    dropout=0.0,
    batch_norm=False,
    seed=0,
):
    rng = np.random.RandomState(seed)
    if pixels:
        X = rng.randint(0, 256, (n_samples, 5)).astype(np.uint8)
    else:
        X = rng.randn(n_samples, 5).astype(dtype)
    signal = (X / X.std()) @ rng.randn(5, n_outputs) + rng.randn(n_samples, n_outputs)
    if loss == "log_loss":
        y, output = signal.argmax(axis=1).astype(np.int32), "softmax"
    elif loss == "binary_log_loss":
        y, output = (signal[:, :1] > signal[:, :1].mean()).astype(dtype), "sigmoid"
    elif loss == "poisson":
        y, output = np.abs(signal).astype(dtype), "exponential"
    else:
        y, output = signal.astype(dtype), "linear"
    weight = rng.uniform(0.2, 3, n_samples) if weighted else np.ones(n_samples)
    network = Network(
        layer_sizes=(5, *hidden, 1 if loss == "binary_log_loss" else n_outputs),
        activations=(*(activation for _ in hidden), output),
        loss=loss,
        dtype=dtype,
        input_divisor=255.0 if pixels else 1.0,
        dropout=(dropout,) * len(hidden),
        normalization="batch" if batch_norm else None,
    )
    weights = network.initial_weights(rng)
    return Problem(network, weights, Samples(X, y, weight.astype(dtype)))


@pytest.fixture(scope="session")
def make_problem():
    """Return the function that makes a :class:`Problem` of a kind."""
    return _make_problem


@pytest.fixture
def close_figures():
    """Close the figures that a test drew."""
    yield
    pyplot.close("all")


def _run_program(program, **environment):
    backend = environment.get("KERAS_BACKEND", "tensorflow")
    if find_spec(backend) is None:
        pytest.skip(f"needs {backend}")
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.fixture(scope="session")
def run_program():
    """Return the function that runs Python code in a new process and environment."""
    return _run_program
