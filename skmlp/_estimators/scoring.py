"""The score of validation data that ``monitor`` names, while the weights change."""

from __future__ import annotations

import copy

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import get_scorer


def score_of_weights(estimator, network, held_out):
    """Return a function that scores weights on validation data, if it is needed."""
    if estimator.monitor == "loss" and isinstance(estimator, ClassifierMixin):
        return None  # the engines record the accuracy themselves
    scorer = get_scorer("r2" if estimator.monitor == "loss" else estimator.monitor)
    samples = held_out.samples
    X = samples.features()
    weight = {"sample_weight": samples.weight} if held_out.is_weighted else {}
    fitted = copy.copy(estimator)
    vars(fitted).pop("feature_names_in_", None)  # the data are an array by now

    def score(weights):
        fitted._set_weights(network, weights)
        try:
            # check_finite speaks of a loss too large.
            with np.errstate(all="ignore"):
                value = scorer(fitted, X, held_out.y, **weight)
        except (TypeError, ValueError) as error:
            if not weight:
                raise
            raise ValueError(
                "monitor needs a scorer that takes sample_weight where the "
                f"validation samples have weights. Got {estimator.monitor!r}, which "
                f"raised {error!r}. Use another scorer, or leave the weights out."
            ) from error
        try:
            return float(value)
        except (TypeError, ValueError):
            raise ValueError(
                "monitor needs a scorer that returns a number. Got "
                f"{value!r} from {estimator.monitor!r}. Return a float."
            ) from None

    return score
