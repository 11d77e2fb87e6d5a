"""Private names of scikit-learn, in one place, and why each is used.

- Parameter constraints, and the check of sample weights, of its own estimators.
- The state of its MLP, which a network that was trained here is handed over to, and the
  state of its optimizer.
- From 1.9 on, whether callbacks are set, their context, and the HTML table of the
  fitted attributes, whose ``_html_repr`` is overridden.
"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    StrOptions,
)
from sklearn.utils.validation import _check_sample_weight

try:
    from sklearn.callback import CallbackSupportMixin
    from sklearn.callback._callback_support import (
        callback_management_context as callbacks_managed,
    )
except ImportError:  # before scikit-learn 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing, where scikit-learn has no callbacks."""

    def callbacks_managed(estimator: Any) -> Any:
        """Return a context that does nothing."""
        return contextlib.nullcontext()


try:
    from sklearn.utils._repr_html.fitted_attributes import AttrsDict as FittedAttributes
except ImportError:  # before scikit-learn 1.9, which shows no fitted attributes
    FittedAttributes = dict

__all__ = [
    "CallbackSupportMixin",
    "FittedAttributes",
    "Interval",
    "InvalidParameterError",
    "StrOptions",
    "callback_context",
    "callbacks_managed",
    "check_sample_weight",
    "fitted_attributes",
    "has_callbacks",
    "mlp_optimizer_state",
    "set_mlp_state",
]


def check_sample_weight(
    sample_weight: ArrayLike | None, X: NDArray, *, dtype: DTypeLike
) -> NDArray[np.floating]:
    """Return non-negative weights, one per row of ``X``; ``None`` gives ones."""
    return _check_sample_weight(sample_weight, X, dtype=dtype, ensure_non_negative=True)


def has_callbacks(estimator: Any) -> bool:
    """Return whether scikit-learn's callbacks are set on an estimator."""
    return bool(getattr(estimator, "_skl_callbacks", None))


def callback_context(estimator: Any, name: str, n_subtasks: int) -> Any:
    """Return the context in which callbacks are told of a task and its subtasks."""
    return estimator._init_callback_context(name, max_subtasks=n_subtasks)


def fitted_attributes(learned: Any, doc_link: str) -> Any:
    """Return what scikit-learn shows in notebooks of fitted attributes, from 1.9 on."""
    return BaseEstimator._get_fitted_attr_html(learned, doc_link)


def set_mlp_state(
    mlp: Any,
    coefs: list[NDArray],
    intercepts: list[NDArray],
    classes: NDArray | None,
    **learned: Any,
) -> None:
    """Make an MLP a fitted one, with a fresh optimizer.

    With ``early_stopping`` it trains on from the best weights so far, these.

    Parameters
    ----------
    mlp : MLPClassifier or MLPRegressor
        One that is not fitted.
    coefs, intercepts : list of ndarray
        Its weights.
    classes : ndarray or None
        Labels of a classifier, or indicators with a row for each of several labels.
    **learned : object
        Its other fitted attributes.
    """
    vars(mlp).update(learned)
    mlp.coefs_, mlp.intercepts_ = coefs, intercepts
    mlp._best_coefs = [coef.copy() for coef in coefs]
    mlp._best_intercepts = [intercept.copy() for intercept in intercepts]
    mlp._no_improvement_count = 0
    mlp._random_state = check_random_state(0)
    if classes is not None:
        mlp._label_binarizer = LabelBinarizer().fit(classes)
        mlp.classes_ = mlp._label_binarizer.classes_


def mlp_optimizer_state(mlp: Any) -> list[NDArray]:
    """Return the state of an MLP's optimizer as the variables of Keras' have it.

    Without an optimizer, or with one of another kind than ``solver`` says, it is empty.
    """
    optimizer: Any = getattr(mlp, "_optimizer", None)
    moments = {
        ("sgd", "SGDOptimizer"): ["velocities"] if mlp.momentum else [],
        ("adam", "AdamOptimizer"): ["ms", "vs"],
    }.get((mlp.solver, type(optimizer).__name__))
    if moments is None:
        return []
    state = [np.array(getattr(optimizer, "t", 0)), np.array(optimizer.learning_rate)]
    n_layers = len(mlp.coefs_)
    for kernel in range(n_layers):
        for parameter in (kernel, kernel + n_layers):  # all biases follow all kernels
            state += [getattr(optimizer, moment)[parameter] for moment in moments]
    return state
