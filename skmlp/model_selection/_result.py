"""What was measured of one architecture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.metrics import log_loss

from skmlp.model_selection._estimate import Estimate, proportion


@dataclass(frozen=True)
class Performance:
    """How a fitted classifier does on one set of samples."""

    correct: np.ndarray = field(repr=False)  # (n_samples,), bool
    loss: float

    @classmethod
    def of(cls, estimator: Any, X: Any, y: np.ndarray) -> Performance:
        """Measure a fitted classifier, by one pass over the samples."""
        probabilities = estimator.predict_proba(X)  # (n_samples, n_classes)
        classes = estimator.classes_
        predicted = classes[probabilities.argmax(axis=1)]
        return cls(predicted == y, float(log_loss(y, probabilities, labels=classes)))

    @property
    def accuracy(self) -> float:
        """Share of the samples whose class is predicted."""
        return self.accuracy_estimate.value

    @property
    def accuracy_estimate(self) -> Estimate:
        """Accuracy with its standard error."""
        return proportion(self.correct)


@dataclass(frozen=True)
class ArchitectureResult:
    """One architecture, fitted and measured.

    Attributes
    ----------
    name : str
        Name of the architecture, such as ``"32-16"``.

    hidden_layer_sizes : int or sequence of int
        Units of each hidden layer.

    estimator : estimator
        The fitted classifier.

    n_parameters : int
        Number of weights and biases.

    fit_seconds : float
        Seconds that ``fit`` took, the test accuracy after each epoch included.

    history : dict of str to list of float
        Loss (nats) and accuracy after each epoch: ``"loss"`` and ``"accuracy"`` of the
        training set, ``"val_loss"`` and ``"val_accuracy"`` of the test set.

    training, test : Performance
        ``accuracy`` and ``loss`` (mean log loss, nats) on the whole training and test
        set with the final weights, and ``correct``, a boolean for each sample.
    """

    name: str
    hidden_layer_sizes: int | Sequence[int]
    estimator: Any = field(repr=False)
    n_parameters: int
    fit_seconds: float
    history: Mapping[str, list[float]] = field(repr=False)
    training: Performance
    test: Performance

    @property
    def gap(self) -> float:
        """Training accuracy minus test accuracy."""
        return self.gap_estimate.value

    @property
    def gap_estimate(self) -> Estimate:
        """Gap with its standard error."""
        return self.training.accuracy_estimate - self.test.accuracy_estimate

    def to_record(self) -> dict[str, Any]:
        """Return the numbers as a flat dict, a row of a table.

        Returns
        -------
        record : dict
            Names and plain Python values.
        """
        return {
            "architecture": self.name,
            "hidden_layer_sizes": np.atleast_1d(self.hidden_layer_sizes).tolist(),
            "n_parameters": int(self.n_parameters),
            "training_accuracy": self.training.accuracy,
            "test_accuracy": self.test.accuracy,
            "test_accuracy_standard_error": self.test.accuracy_estimate.standard_error,
            "training_loss": self.training.loss,
            "test_loss": self.test.loss,
            "gap": self.gap,
            "gap_standard_error": self.gap_estimate.standard_error,
            "fit_seconds": self.fit_seconds,
        }
