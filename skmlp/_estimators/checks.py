"""Checks of parameters and data, and the sentences that a caller reads.

Each sentence says the rule, what came, and what to do.
"""

from __future__ import annotations

import contextlib
import difflib
from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

from skmlp._compat import keras_type

KERAS_CALLBACK = keras_type("keras.callbacks.Callback")


def did_you_mean(given, known):
    """Return a sentence that proposes the nearest known name, if one is near."""
    for name in given:
        if isinstance(name, str) and name not in known:
            for nearest in difflib.get_close_matches(name.lower(), sorted(known), 1):
                return f" Did you mean {nearest!r}?"
    return ""


def can_fit_partially(estimator):
    """Return whether an estimator has ``partial_fit``; say why where it has not."""
    if estimator.early_stopping:
        raise AttributeError(
            "partial_fit needs early_stopping=False. Got early_stopping=True. Use fit, "
            "or stop calling partial_fit when a score of your own says so."
        )
    return True


def as_sizes(hidden_layer_sizes):
    """Return the units of the hidden layers as a tuple of int."""
    sizes = (
        (hidden_layer_sizes,)
        if isinstance(hidden_layer_sizes, Integral)
        else tuple(hidden_layer_sizes)
    )
    for size in sizes:
        if not isinstance(size, Integral) or isinstance(size, bool) or size < 1:
            raise ValueError(
                "hidden_layer_sizes needs whole numbers of units, each at least 1. Got "
                f"{size!r} in {hidden_layer_sizes!r}. Leave out a layer without units."
            )
    return tuple(int(size) for size in sizes)


def as_callbacks(callbacks):
    """Return the callbacks as a list of Keras' instances."""
    if callbacks is None:
        return []
    callbacks = list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]
    for callback in callbacks:
        if not isinstance(callback, KERAS_CALLBACK):
            raise TypeError(
                "callbacks needs instances of keras.callbacks.Callback. Got "
                f"{callback!r}. Pass instances, not classes or functions."
            )
    return callbacks


def trained_type(dtype):
    """Return the type that data of this type are trained in, by name."""
    return "float64" if dtype == np.float64 else "float32"


def as_trainable(X):
    """Return X as float64, float32, or uint8: what the engines take as it is."""
    if X.dtype in (np.float64, np.float32, np.uint8):
        return X
    return X.astype(np.float32)


def is_table(y):
    """Return whether an array of targets has several columns."""
    return y.ndim == 2 and y.shape[1] > 1


def one_hot_indices(y, n_classes):
    """Return the class of each one-hot row, as Keras' ``to_categorical`` makes them."""
    if y.shape[1] != n_classes:
        raise ValueError(
            f"One-hot rows need one column per class. Got {y.shape[1]} columns for "
            f"{n_classes} classes. Pass labels, or to_categorical(y, {n_classes})."
        )
    is_one = y == 1
    if not ((is_one | (y == 0)).all() and (is_one.sum(axis=1) == 1).all()):
        raise ValueError(
            "y needs one label per sample, or one-hot rows with a single 1. Got an "
            f"array of shape {y.shape} that is not one-hot. Pass a 1-d array of labels."
        )
    return is_one.argmax(axis=1)


def without_weightless(X, y, weight):
    """Return the samples whose weight is not zero."""
    present = weight > 0
    if present.all():
        return X, y, weight
    return X[present], y[present], weight[present]


def local_generator(random_state):
    """Return a generator that leaves NumPy's global state alone."""
    if random_state is None:
        return np.random.RandomState()
    return check_random_state(random_state)


def check_finite(trained, settings):
    """Refuse a training that diverged."""
    losses = np.asarray(trained.history["loss"])
    finite = np.isfinite(losses)
    if finite.all() and all(np.isfinite(w).all() for w in trained.weights):
        return
    epoch = len(losses) if finite.all() else int(finite.argmin()) + 1
    value = "infinite" if np.isinf(losses[epoch - 1]) else "nan"
    raise ValueError(
        f"The loss became {value} at epoch {epoch}. The step is too long for the scale "
        "of X. Scale X (StandardScaler), or lower learning_rate (now "
        f"{float(settings.optimizer.learning_rate):.4g})."
    )


@contextlib.contextmanager
def unchanged_on_failure(estimator):
    """Put an estimator back into the state it had when the block fails."""
    state = vars(estimator).copy()
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(state)
        raise
