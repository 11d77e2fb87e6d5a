"""scikit-learn's ``MLPClassifier``, set to the same algorithm; its ``MLPRegressor``."""

from __future__ import annotations

import sys

from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.libraries import ALPHA

PARAMETERS = {
    "hidden_layer_sizes": "hidden_layer_sizes",
    "learning_rate": "learning_rate_init",
}

# Its estimator is told already to have patience without end.
EARLY_STOPPING = {"early_stopping": True, "validation_fraction": 0.1}


def start() -> None:
    """Do nothing: there is nothing to start."""


def make_estimator(hidden_layer_sizes, *, epochs, batch_size, learning_rate):
    """Return plain SGD without penalty or momentum, that never stops early."""
    return MLPClassifier(
        hidden_layer_sizes,
        solver="sgd",
        learning_rate_init=learning_rate,
        momentum=0.0,
        nesterovs_momentum=False,
        alpha=0.0,
        batch_size=batch_size,
        max_iter=epochs,
        tol=0.0,
        n_iter_no_change=sys.maxsize,
        random_state=0,
    )


def make_lbfgs_estimator(
    hidden_layer_sizes, *, iterations, is_classifier, random_state
):
    """Return L-BFGS that ends at no gradient, however small."""
    make = MLPClassifier if is_classifier else MLPRegressor
    return make(
        hidden_layer_sizes=hidden_layer_sizes,
        solver="lbfgs",
        alpha=ALPHA,
        max_iter=iterations,
        tol=0.0,
        random_state=random_state,
    )
