"""skmlp's ``DenseClassifier``."""

from __future__ import annotations

from skmlp import DenseClassifier

PARAMETERS = {
    "hidden_layer_sizes": "hidden_layer_sizes",
    "learning_rate": "learning_rate",
}


def start() -> None:
    """Start TensorFlow, as the first fit of a process does."""
    from skmlp._compat import import_keras

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
