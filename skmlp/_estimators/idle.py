"""Parameters that were set and have no effect beside the others.

Each such parameter is warned of once in a fit, and once in a series of partial fits.
"""

from __future__ import annotations

import inspect
import warnings

import numpy as np

# The optimizers, by name, that have a momentum.
MOMENTUM_NAMES = {"muon", "rmsprop", "sgd"}


def _has_hidden_layers(estimator, has_validation):
    return np.size(estimator.hidden_layer_sizes) > 0


def _takes_steps(estimator, has_validation):
    return estimator.optimizer != "lbfgs"


def _has_momentum(estimator, has_validation):
    if isinstance(estimator.optimizer, str):
        return estimator.optimizer in MOMENTUM_NAMES
    return "momentum" in estimator.optimizer.get_config()


def _counts_epochs_without_improvement(estimator, has_validation):
    by_loss = estimator.tol is not None and estimator.optimizer != "lbfgs"
    return estimator.early_stopping or by_loss


# When a parameter has an effect, and what it then stands beside.
EFFECTIVE_WHEN = {
    "activation": (_has_hidden_layers, "hidden layers"),
    "dropout": (_has_hidden_layers, "hidden layers"),
    "batch_norm": (_has_hidden_layers, "hidden layers"),
    "learning_rate": (_takes_steps, "an optimizer other than 'lbfgs'"),
    "momentum": (_has_momentum, "optimizer='sgd', 'rmsprop' or 'muon'"),
    "batch_size": (_takes_steps, "an optimizer other than 'lbfgs'"),
    "n_iter_no_change": (
        _counts_epochs_without_improvement,
        "early_stopping=True, or tol and an optimizer other than 'lbfgs'",
    ),
    "validation_fraction": (
        lambda estimator, has_validation: (
            estimator.early_stopping and not has_validation
        ),
        "early_stopping=True and no X_val",
    ),
    "monitor": (
        lambda estimator, has_validation: estimator.early_stopping or has_validation,
        "early_stopping=True or X_val",
    ),
    "shuffle": (_takes_steps, "an optimizer other than 'lbfgs'"),
    "quantile": (
        lambda estimator, has_validation: estimator.loss == "quantile",
        "loss='quantile'",
    ),
}


def warn_of_idle_parameters(estimator, *, has_validation, stacklevel):
    """Warn of each parameter that was set and has no effect beside the others."""
    signature = inspect.signature(type(estimator)).parameters
    for name, (is_effective, condition) in EFFECTIVE_WHEN.items():
        if name not in signature or is_effective(estimator, has_validation):
            continue
        value, default = getattr(estimator, name), signature[name].default
        if _is_set(value, default):
            warnings.warn(
                f"{name} has an effect only with {condition}. Got {name}={value!r}. "
                f"Leave it at its default, {default!r}.",
                UserWarning,
                stacklevel=stacklevel + 1,
            )


def _is_set(value, default):
    """Return whether a value says something else than the default."""
    if np.isscalar(value):
        return value != default
    return np.size(value) > 0  # one for each of no layers says nothing
