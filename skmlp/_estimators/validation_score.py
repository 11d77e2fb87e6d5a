"""The score of validation data that ``monitor`` names, while the weights change."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.metrics import get_scorer

from skmlp._job import Network, Samples, Weights


@dataclass(frozen=True, eq=False)
class ScoredSamples:
    """Encoded samples, with their targets as scorers take them.

    Attributes
    ----------
    samples : Samples
        What is trained or validated on.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Targets for scorers.
    is_weighted : bool
        Whether the caller gave weights, of samples or of classes.
    """

    samples: Samples
    y: NDArray
    is_weighted: bool

    def take(self, which: NDArray) -> ScoredSamples:
        """Return the samples at these positions."""
        return ScoredSamples(self.samples.take(which), self.y[which], self.is_weighted)


class ValidationScore:
    """Scores weights on validation data; greater is better.

    Parameters
    ----------
    estimator : estimator instance
        Which is being fitted.
    learned : dict
        Fitted attributes that are known before training.
    network : Network
        Whose weights are scored.
    validation_data : ScoredSamples
        Validation data.
    """

    def __init__(
        self,
        estimator: Any,
        learned: dict[str, Any],
        network: Network,
        validation_data: ScoredSamples,
    ) -> None:
        self._fitted = copy.copy(estimator)
        vars(self._fitted).update(learned)
        # The data are an array by now.
        vars(self._fitted).pop("feature_names_in_", None)
        self._network = network
        self._y = validation_data.y
        self._X = validation_data.samples.features()
        self._weight = (
            {"sample_weight": validation_data.samples.weight}
            if validation_data.is_weighted
            else {}
        )

    @classmethod
    def if_needed(
        cls,
        estimator: Any,
        learned: dict[str, Any],
        network: Network,
        validation_data: ScoredSamples | None,
    ) -> ValidationScore | None:
        """Return what scores, unless the engines record the accuracy themselves."""
        if validation_data is None:
            return None
        if estimator.monitor == "loss" and isinstance(estimator, ClassifierMixin):
            return None
        return cls(estimator, learned, network, validation_data)

    def __call__(self, weights: Weights) -> float:
        """Return the score of weights; nan where they predict no numbers."""
        fitted = self._fitted
        vars(fitted).update(fitted._learned_weights(self._network, weights))
        scorer = get_scorer("r2" if fitted.monitor == "loss" else fitted.monitor)
        try:
            # A loss that is too large has an error of its own.
            with np.errstate(all="ignore"):
                value = scorer(fitted, self._X, self._y, **self._weight)
        except (TypeError, ValueError) as error:
            if not self._predicts_numbers():
                return np.nan
            raise self._refusal(scorer, error) from error
        try:
            return float(value)
        except (TypeError, ValueError):
            raise ValueError(
                "monitor needs a scorer that returns a number. Got "
                f"{value!r} from {fitted.monitor!r}. Return a float."
            ) from None

    def _predicts_numbers(self) -> bool:
        """Return whether all outputs for the validation data are finite."""
        with np.errstate(all="ignore"):
            try:
                return bool(np.isfinite(self._fitted._outputs(self._X)).all())
            except ValueError:  # data that are no numbers, which nobody checked
                return False

    def _refusal(self, scorer: Any, error: Exception) -> ValueError:
        """Return the error of a scorer that failed, by its own fault or by weights."""
        rule = "monitor needs a scorer that can score the validation samples"
        remedy = "Use another scorer, or other validation samples."
        if self._weight:
            try:
                with np.errstate(all="ignore"):
                    scorer(self._fitted, self._X, self._y)
            except (TypeError, ValueError) as without_weights:
                error = without_weights
            else:
                rule = (
                    "monitor needs a scorer that takes sample_weight where the "
                    "validation samples have weights"
                )
                remedy = "Use another scorer, or leave the weights out."
        return ValueError(
            f"{rule}. Got {self._fitted.monitor!r}, which raised {error!r}. {remedy}"
        )
