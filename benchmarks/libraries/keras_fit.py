"""Plain Keras: ``Model.fit`` as its guide shows it."""

from __future__ import annotations

import keras
import numpy as np

# Rows that ``predict`` takes at a time: the fastest of the usual choices.
PREDICTED_ROWS = 4096


def start() -> None:
    """Start TensorFlow."""
    keras.ops.zeros(1)


def make_estimator(hidden_layer_sizes, *, epochs, batch_size, learning_rate):
    """Return a network that is built at each fit."""
    return KerasNetwork(hidden_layer_sizes, epochs, batch_size, learning_rate)


def build(hidden_layer_sizes, n_features, n_classes):
    """Return the Keras model of the network."""
    return keras.Sequential(
        [
            keras.Input((n_features,)),
            *(keras.layers.Dense(n, activation="relu") for n in hidden_layer_sizes),
            keras.layers.Dense(n_classes, activation="softmax"),
        ]
    )


class KerasNetwork:
    """What a Keras user writes, as an object with ``fit`` and ``predict_proba``."""

    def __init__(self, hidden_layer_sizes, epochs, batch_size, learning_rate):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate

    def fit(self, X, y):
        """Build, compile and fit."""
        self.model = build(self.hidden_layer_sizes, X.shape[1], len(np.unique(y)))
        self.model.compile(
            optimizer=keras.optimizers.SGD(self.learning_rate),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        self.model.fit(X, y, batch_size=self.batch_size, epochs=self.epochs, verbose=0)
        return self

    def predict_proba(self, X):
        """Return the probability of each class."""
        return self.model.predict(X, batch_size=PREDICTED_ROWS, verbose=0)
