"""Checks of parameters and data, and the sentences that a caller reads.

Each sentence says the rule, what came, and what to do.
"""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state

from skmlp._compat import has_gpu, import_keras, keras_type
from skmlp._named.activations import ACTIVATIONS, ALIASES, LEFT_OUT
from skmlp._named.activations import NAMES as ACTIVATION_NAMES
from skmlp._training.contract import schedule_of

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
    if estimator.optimizer == "lbfgs":
        raise AttributeError(
            "partial_fit needs an optimizer that takes single steps. Got "
            "optimizer='lbfgs'. Use fit, or another optimizer."
        )
    return True


def kind_of(optimizer):
    """Return what of an optimizer its state depends on."""
    return type(optimizer).__name__, schedule_of(optimizer) is not None


def check_same_optimizer(optimizer, kind):
    """Refuse to go on with the state of another kind of optimizer."""
    if kind_of(optimizer) != kind:
        raise ValueError(
            "partial_fit goes on only with the optimizer it began with. Got "
            f"{type(optimizer).__name__}, first was {kind[0]}"
            f"{' with a schedule' if kind[1] else ''}. Restore it, or fit a clone."
        )


def check_same_network(network, fitted):
    """Refuse to go on with another network than was fitted."""
    for field in dataclasses.fields(network):
        given, was = (getattr(one, field.name) for one in (network, fitted))
        if given != was:
            raise ValueError(
                "Training goes on only with the network it began with. Got "
                f"{field.name}={given!r}, fitted was {was!r}. Restore the parameters, "
                "or fit a clone."
            )


def check_lbfgs(dropout, batch_norm):
    """Refuse what L-BFGS cannot train."""
    if import_keras().config.backend() != "tensorflow":
        raise ValueError(
            "optimizer='lbfgs' needs TensorFlow as the backend of Keras. Got "
            f"{import_keras().config.backend()!r}. Use another optimizer."
        )
    if any(dropout) or batch_norm:
        raise ValueError(
            "optimizer='lbfgs' needs an objective that is the same at each evaluation. "
            f"Got dropout={dropout}, batch_norm={batch_norm}. Turn them off, or use "
            "another optimizer."
        )


def warn_of_slow_type(dtype, *, stacklevel):
    """Warn of float64 on a GPU."""
    if dtype == "float64" and has_gpu():
        warnings.warn(
            "float64 is slow on most GPUs. Got X in float64, which is trained in it. "
            "Pass X.astype('float32') if single precision will do.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )


def as_sizes(hidden_layer_sizes):
    """Return the units of the hidden layers as a tuple of int."""
    sizes = (
        (hidden_layer_sizes,)
        if isinstance(hidden_layer_sizes, Integral)
        else tuple(hidden_layer_sizes)
    )
    for size in sizes:
        is_whole = isinstance(size, Integral) and not isinstance(size, bool)
        if not is_whole or size < 1:
            remedy = "Leave out a layer without units."
            if not is_whole:
                remedy = "Every layer is dense: pass how many units it has."
            raise ValueError(
                "hidden_layer_sizes needs whole numbers of units, each at least 1. Got "
                f"{size!r} in {hidden_layer_sizes!r}. {remedy}"
            )
    return tuple(int(size) for size in sizes)


def as_activations(activation, n_hidden):
    """Return the activation of each hidden layer, by Keras' name where it has one."""
    if isinstance(activation, str) or callable(activation):
        return (_as_activation(activation),) * n_hidden
    if len(activation) != n_hidden:
        raise ValueError(
            "activation needs one name, or one for each hidden layer. Got "
            f"{len(activation)} for {n_hidden} hidden layers. Pass as many as "
            "hidden_layer_sizes has."
        )
    return tuple(_as_activation(one) for one in activation)


def _as_activation(activation):
    if callable(activation):
        return _as_function(activation)
    if not isinstance(activation, str) or activation not in ACTIVATION_NAMES:
        raise ValueError(
            f"activation needs one of {sorted(ACTIVATION_NAMES)}. Got {activation!r}."
            f"{_why_not(activation)}"
        )
    return str(ALIASES.get(activation, activation))


def _why_not(activation):
    """Return a sentence on an activation that Keras has, or one of a near name."""
    if isinstance(activation, str) and activation in LEFT_OUT:
        return f" Keras' own {LEFT_OUT[activation]}."
    return did_you_mean([activation], ACTIVATION_NAMES)


def _as_function(activation):
    """Return a function that both Keras and NumPy can call, or Keras' name for it."""
    keras = import_keras()
    name = getattr(activation, "__name__", "")
    if name in ACTIVATIONS and activation is getattr(keras.activations, name, None):
        return name
    values = np.linspace(-2.0, 2.0, 6).reshape(2, 3)
    try:
        with np.errstate(all="ignore"):  # a function may have poles
            predicted = activation(values)
        traced = activation(keras.KerasTensor(values.shape, dtype="float64"))
    except Exception as error:
        reason = f"raised {error!r}"
    else:
        reason = _unlike(values, predicted, np.ndarray)
        # Keras on jax promotes no symbol to float64, but trains in it.
        dtypes = {"float64", "float32"}
        reason = reason or _unlike(values, traced, keras.KerasTensor, dtypes)
        if not reason:
            return activation
    raise ValueError(
        "activation needs a function that gives a number for each, of NumPy arrays as "
        "of Keras' tensors, since prediction runs without Keras. Got "
        f"{activation!r}, which {reason}. Use operators such as x / (1 + abs(x)), or "
        "one of Keras' names."
    )


def _unlike(values, returned, cls, dtypes=frozenset({"float64"})):
    """Return in words how an activation's result differs from an array like values."""
    if not isinstance(returned, cls):
        return f"returned {type(returned).__name__} from {cls.__name__}"
    if returned.shape != values.shape or str(returned.dtype) not in dtypes:
        return (
            f"returned {returned.dtype} of shape {tuple(returned.shape)} from float64 "
            f"of shape {values.shape}"
        )
    return ""


def as_rates(dropout, n_hidden):
    """Return the dropout rate of each hidden layer."""
    rates = [dropout] * n_hidden if isinstance(dropout, Real) else list(dropout)
    if len(rates) != n_hidden:
        raise ValueError(
            "dropout needs one rate, or one for each hidden layer. Got "
            f"{len(rates)} for {n_hidden} hidden layers. Pass as many as "
            "hidden_layer_sizes has."
        )
    for rate in rates:
        if not isinstance(rate, Real) or not 0 <= rate < 1:
            raise ValueError(
                f"dropout needs rates from 0 to below 1. Got {rate!r} in {dropout!r}. "
                "Pass the share of units to drop."
            )
    return tuple(float(rate) for rate in rates)


def as_callbacks(callbacks):
    """Return the callbacks as a list of Keras' instances."""
    if callbacks is None:
        return []
    callbacks = list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]
    for callback in callbacks:
        if not isinstance(callback, KERAS_CALLBACK):
            remedy = "Pass instances, not classes or functions."
            if hasattr(callback, "on_fit_task_end"):
                remedy = "Pass scikit-learn's callbacks to set_callbacks."
            raise TypeError(
                "callbacks needs instances of keras.callbacks.Callback. Got "
                f"{callback!r}. {remedy}"
            )
    return callbacks


def check_one_type(labels, name):
    """Refuse labels of which some are strings and some are not: nothing sorts them."""
    if labels.dtype != object:
        return
    by_kind = {isinstance(label, str): label for label in labels}
    if len(by_kind) > 1:
        raise ValueError(
            f"{name} needs labels of one type. Got {by_kind[False]!r} beside "
            f"{by_kind[True]!r}. Make all of them strings, or all of them numbers."
        )


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


def is_indicator(y):
    """Return whether targets tell by whole numbers which labels each sample has."""
    return is_table(y) and y.dtype.kind in "biu"


def as_indicator(y, n_labels):
    """Return indicators of several labels after checking them."""
    if not is_table(y) or y.shape[1] != n_labels or not np.isin(y, (0, 1)).all():
        raise ValueError(
            f"Indicators of several labels need {n_labels} columns of 0 and 1. Got an "
            f"array of shape {y.shape} with values from {y.min()} to {y.max()}. Pass a "
            "1-d array if each sample has one label."
        )
    return y


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
    remedy = "Scale X (StandardScaler)"
    if settings.optimizer != "lbfgs":
        rate = float(settings.optimizer.learning_rate)
        remedy += f", or lower learning_rate (now {rate:.4g})"
    raise ValueError(
        f"The loss became {value} at epoch {epoch}. The step is too long for the scale "
        f"of X. {remedy}."
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
