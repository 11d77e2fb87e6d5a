"""Fitted estimators: their names, and the networks inside those that wrap one."""

from collections import Counter
from collections.abc import Mapping

from sklearn.pipeline import Pipeline

# Under these names scikit-learn's searches, TransformedTargetRegressor and the like of
# TunedThresholdClassifierCV keep what they fitted.
_WRAPPED = ("best_estimator_", "regressor_", "estimator_")


def network_in(estimator):
    """Return the estimator that pipelines, searches and the like end in."""
    if isinstance(estimator, Pipeline):
        return network_in(estimator[-1])
    for name in _WRAPPED:
        # Of an ensemble, estimator_ is what its members were cloned from.
        if hasattr(estimator, name) and not hasattr(estimator, "estimators_"):
            return network_in(getattr(estimator, name))
    return estimator


def by_name(estimators):
    """Return estimators by their names, or by numbered names of their classes."""
    if isinstance(estimators, Mapping):
        return estimators
    names = [type(network_in(estimator)).__name__ for estimator in estimators]
    n_of_name, n_before = Counter(names), Counter()
    named = {}
    for name, estimator in zip(names, estimators, strict=True):
        n_before[name] += 1
        number = f" {n_before[name]}" if n_of_name[name] > 1 else ""
        named[f"{name}{number}"] = estimator
    return named
