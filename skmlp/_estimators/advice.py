"""Advice on arguments and attributes that an estimator does not have."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import numpy as np

from skmlp._estimators.aliases import (
    ADVICE_ON_ATTRIBUTES,
    ADVICE_ON_FIT,
    ADVICE_ON_PARAMETERS,
    PARAMETERS,
)
from skmlp._estimators.suggestions import did_you_mean


def advising(method: Callable) -> Callable:
    """Return a method whose ``TypeError`` at wrong arguments says what to pass.

    Its signature stays as it is.
    """
    signature = inspect.signature(method)

    @functools.wraps(method)
    def advised(self: Any, *args: Any, **given: Any) -> Any:
        try:
            return method(self, *args, **given)
        except TypeError as error:
            try:
                signature.bind(self, *args, **given)
            except TypeError:
                # fit is that of a base class, whose name says nothing to users.
                name = f"{type(self).__name__}.{method.__name__}"
                message = str(error).replace(method.__qualname__, name)
                advice = _advice(method, signature, type(self), args, given)
                raise TypeError(f"{message}.{advice}") from None
            raise

    return advised


def _advice(
    method: Callable,
    signature: inspect.Signature,
    estimator: type,
    args: tuple[Any, ...],
    given: Mapping[str, Any],
) -> str:
    """Return what to do about arguments that a signature does not take."""
    for name in given:  # the first is the one that Python names
        if name not in signature.parameters:
            if method.__name__ == "__init__":
                return on_parameter(name, signature.parameters)
            return _on_argument_of_fit(name, signature, estimator)
    by_position = [
        name
        for name, parameter in signature.parameters.items()
        if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ][1:]  # without self
    if len(args) <= len(by_position):
        return ""  # one is missing, or given twice, as Python says
    if by_position == ["hidden_layer_sizes"] and _are_sizes(args):
        return f" Pass the layers as a tuple: {estimator.__name__}({args!r})."
    return f" Pass all but {', '.join(by_position)} by name."


def _are_sizes(args: Iterable[Any]) -> bool:
    return all(isinstance(value, int | np.integer) for value in args)


def on_parameter(name: str, known: Collection[str]) -> str:
    """Return a sentence on a parameter that there is not, if there is one to say."""
    ours = PARAMETERS.get(name, name)
    if ours not in known and ours in ADVICE_ON_PARAMETERS:
        return f" {ADVICE_ON_PARAMETERS[ours]}"
    return did_you_mean([name], known, PARAMETERS)


def _on_argument_of_fit(
    name: str, signature: inspect.Signature, estimator: type
) -> str:
    """Return a sentence on an argument that ``fit`` does not take."""
    if name in ADVICE_ON_FIT:
        return f" {ADVICE_ON_FIT[name]}"
    known = inspect.signature(estimator).parameters
    ours = PARAMETERS.get(name, name)
    if ours in known:
        return f" Pass {ours} to {estimator.__name__}, or to set_params."
    return did_you_mean([name], signature.parameters) or on_parameter(name, known)


def check_set(given: Iterable[str], estimator: Any) -> None:
    """Refuse parameters to set that there are not, where a name can be proposed."""
    known = estimator._get_param_names()
    for name in given:
        own, _, _ = name.partition("__")
        advice = "" if own in known else on_parameter(own, known)
        if advice:
            raise ValueError(
                f"Invalid parameter {own!r} for estimator "
                f"{type(estimator).__name__}.{advice}"
            )


def check_no_validation_data(sample_weight: Any) -> None:
    """Refuse validation data in the place of weights."""
    if not isinstance(sample_weight, tuple) or len(sample_weight) not in (2, 3):
        return
    if any(np.size(part) > 1 for part in sample_weight):
        raise TypeError(
            "sample_weight needs a number for each sample. Got a tuple of "
            f"{len(sample_weight)} arrays. Pass validation data as X_val and y_val."
        )


def on_attribute(name: str) -> str:
    """Return a sentence on an attribute that other libraries have, if it is one."""
    return ADVICE_ON_ATTRIBUTES.get(name, "")
