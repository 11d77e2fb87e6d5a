"""Parameters of the layers, as the network takes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from numbers import Integral, Real
from typing import Any

import numpy as np

from skmlp._estimators.suggestions import did_you_mean
from skmlp._keras.start import import_keras
from skmlp._named.activations import ACTIVATIONS, ALIASES, LEFT_OUT
from skmlp._named.activations import NAMES as ACTIVATION_NAMES


def check_no_class(estimator: Any) -> None:
    """Refuse classes of Keras where their instances are needed."""
    for name in ("optimizer", "learning_rate", "callbacks"):
        value = getattr(estimator, name)
        if isinstance(value, type) and _is_of_keras(value):
            raise ValueError(
                f"{name} needs an instance. Got the class {value.__name__}. Call it, "
                f"with its arguments: {value.__name__}(...)."
            )


def _is_of_keras(cls: type) -> bool:
    return any(base.__module__.partition(".")[0] == "keras" for base in cls.__mro__)


def _of_layers(value: Any, name: str) -> Any:
    """Return a scalar or a list of values; an array without dimensions is a scalar."""
    if isinstance(value, Mapping | Set):
        raise ValueError(
            f"{name} needs a list, from the first hidden layer to the last. Got "
            f"{value!r}, whose order is not that of layers. Pass a list or a tuple."
        )
    value = _scalar(value)
    if isinstance(value, str) or callable(value) or not hasattr(value, "__len__"):
        return value
    return [_scalar(one) for one in value]


def _scalar(value: Any) -> Any:
    is_scalar = isinstance(value, np.ndarray) and value.ndim == 0
    return value.item() if is_scalar else value


def as_sizes(hidden_layer_sizes: Any) -> tuple[int, ...]:
    """Return the units of the hidden layers as a tuple of int."""
    sizes = _of_layers(hidden_layer_sizes, "hidden_layer_sizes")
    if not isinstance(sizes, list):
        sizes = [sizes]
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


def as_activations(activation: Any, n_hidden: int) -> tuple[str | Callable, ...]:
    """Return the activation of each hidden layer, by Keras' name where it has one."""
    activation = _of_layers(activation, "activation")
    if not isinstance(activation, list):
        return (_as_activation(activation),) * n_hidden
    if len(activation) != n_hidden:
        raise ValueError(
            "activation needs one name, or one for each hidden layer. Got "
            f"{len(activation)} for {n_hidden} hidden layers. Pass as many as "
            "hidden_layer_sizes has."
        )
    return tuple(_as_activation(one) for one in activation)


def _as_activation(activation: Any) -> str | Callable:
    if callable(activation):
        return _as_function(activation)
    if not isinstance(activation, str) or activation not in ACTIVATION_NAMES:
        raise ValueError(
            f"activation needs one of {sorted(ACTIVATION_NAMES)}. Got {activation!r}."
            f"{_why_not(activation)}"
        )
    return str(ALIASES.get(activation, activation))


def _why_not(activation: Any) -> str:
    """Return a sentence on an activation that Keras has, or one of a near name."""
    if isinstance(activation, str) and activation in LEFT_OUT:
        return f" Keras' own {LEFT_OUT[activation]}."
    return did_you_mean([activation], ACTIVATION_NAMES)


def _as_function(activation: Callable) -> str | Callable:
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


def _unlike(
    values: np.ndarray,
    returned: Any,
    cls: Any,
    dtypes: Iterable[str] = frozenset({"float64"}),
) -> str:
    """Return in words how an activation's result differs from an array like values."""
    if not isinstance(returned, cls):
        return f"returned {type(returned).__name__} from {cls.__name__}"
    if returned.shape != values.shape or str(returned.dtype) not in dtypes:
        return (
            f"returned {returned.dtype} of shape {tuple(returned.shape)} from float64 "
            f"of shape {values.shape}"
        )
    return ""


def as_rates(dropout: Any, n_hidden: int) -> tuple[float, ...]:
    """Return the dropout rate of each hidden layer."""
    rates = _of_layers(dropout, "dropout")
    if not isinstance(rates, list):
        rates = [rates] * n_hidden
    if len(rates) != n_hidden:
        raise ValueError(
            "dropout needs one rate, or one for each hidden layer. Got "
            f"{len(rates)} for {n_hidden} hidden layers. Pass as many as "
            "hidden_layer_sizes has."
        )
    for rate in rates:
        if not (isinstance(rate, Real) and 0 <= float(rate) < 1):
            raise ValueError(
                f"dropout needs rates from 0 to below 1. Got {rate!r} in {dropout!r}. "
                "Pass the share of units to drop."
            )
    return tuple(float(rate) for rate in rates)
