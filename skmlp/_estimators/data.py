"""Samples on their way from the caller to training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skmlp._training import Samples


@dataclass(frozen=True)
class Data:
    """Checked samples, with their targets as given and as encoded.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features, of a type that can be trained on.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Targets as given, for scorers.
    targets : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Targets as encoded for the loss.
    weight : ndarray of shape (n_samples,)
        Weights of the samples.
    is_weighted : bool
        Whether the caller gave weights.
    """

    X: np.ndarray
    y: np.ndarray
    targets: np.ndarray
    weight: np.ndarray
    is_weighted: bool

    def __len__(self):
        return len(self.targets)

    def take(self, rows):
        """Return the data at these positions."""
        return Data(
            self.X[rows],
            self.y[rows],
            self.targets[rows],
            self.weight[rows],
            self.is_weighted,
        )

    def samples(self):
        """Return what the engines train on."""
        return Samples(self.X, self.targets, self.weight)

    def validation_samples(self):
        """Return what the engines validate on: with weights of mean 1.

        They average the weighted losses over the samples, so that gives their weighted
        mean.
        """
        weight = self.weight / self.weight.mean()
        return Samples(self.X, self.targets, weight.astype(self.weight.dtype))
