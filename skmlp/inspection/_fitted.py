"""The network inside a fitted pipeline or another estimator that wraps one."""

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
