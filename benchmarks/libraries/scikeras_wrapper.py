"""scikeras' ``KerasClassifier`` around the same Keras model."""

from __future__ import annotations

from scikeras.wrappers import KerasClassifier

from benchmarks.libraries.keras_fit import PREDICTED_ROWS, build, start

__all__ = ["PARAMETERS", "make_estimator", "start"]

PARAMETERS = {
    "hidden_layer_sizes": "model__hidden_layer_sizes",
    "learning_rate": "optimizer__learning_rate",
}


def make_estimator(hidden_layer_sizes, *, epochs, batch_size, learning_rate):
    """Return a wrapper that builds its model from what it learns of the data."""
    return KerasClassifier(
        build_model,
        model__hidden_layer_sizes=hidden_layer_sizes,
        optimizer="sgd",
        optimizer__learning_rate=learning_rate,
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        batch_size=batch_size,
        epochs=epochs,
        predict__batch_size=PREDICTED_ROWS,
        verbose=0,
    )


def build_model(hidden_layer_sizes, meta):
    """Return the Keras model for the data that scikeras describes in ``meta``."""
    return build(hidden_layer_sizes, meta["n_features_in_"], meta["n_classes_"])
