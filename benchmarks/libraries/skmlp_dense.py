"""skmlp's ``DenseClassifier`` and ``DenseRegressor``."""

from __future__ import annotations

import sys

from benchmarks.libraries import ALPHA
from skmlp import DenseClassifier, DenseRegressor

PARAMETERS = {
    "hidden_layer_sizes": "hidden_layer_sizes",
    "learning_rate": "learning_rate",
}

EARLY_STOPPING = {
    "early_stopping": True,
    "validation_fraction": 0.1,
    "monitor": "accuracy",
    "n_iter_no_change": sys.maxsize,
}


def start() -> None:
    """Start TensorFlow, as the first fit of a process does."""
    from skmlp._keras.start import import_keras

    import_keras()


def make_estimator(hidden_layer_sizes, *, epochs, batch_size, learning_rate):
    """Return plain SGD without penalty, for all epochs."""
    return DenseClassifier(
        hidden_layer_sizes,
        optimizer="sgd",
        learning_rate=learning_rate,
        alpha=0.0,
        batch_size=batch_size,
        epochs=epochs,
        tol=None,
        random_state=0,
    )


def make_lbfgs_estimator(
    hidden_layer_sizes, *, iterations, is_classifier, random_state
):
    """Return L-BFGS that ends at no gradient, however small."""
    make = DenseClassifier if is_classifier else DenseRegressor
    return make(
        hidden_layer_sizes=hidden_layer_sizes,
        optimizer="lbfgs",
        alpha=ALPHA,
        epochs=iterations,
        tol=None,
        random_state=random_state,
    )
