"""Targets: what they tell of the task, and how they are encoded for training.

A :class:`Targets` is what was learned of them, as a value. Those of a fitted estimator
are made from its attributes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import column_or_1d, compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from skmlp._estimators.features import as_numbers, in_type
from skmlp._named.losses import LOSSES


class Targets(Protocol):
    """What an estimator knows of its targets.

    Attributes
    ----------
    n_outputs : int
        Units of the output layer.
    loss : str
        Name of the loss.
    stratifies : bool
        Whether targets are classes, whose shares a validation split keeps.
    """

    @property
    def n_outputs(self) -> int: ...

    @property
    def loss(self) -> str: ...

    @property
    def stratifies(self) -> bool: ...

    def attributes(self) -> dict[str, Any]:
        """Return the fitted attributes that say the same."""

    def encode(self, y: NDArray, dtype: str) -> NDArray:
        """Return targets as the loss takes them, or refuse them."""

    def as_scored(self, y: NDArray) -> NDArray:
        """Return targets as scorers take them."""


@dataclass(frozen=True, eq=False)
class ClassTargets:
    """Labels, one-hot rows, or indicators of several labels.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        All labels there are, sorted.
    is_multilabel : bool
        Whether a sample may have several labels.
    """

    classes: NDArray
    is_multilabel: bool = False

    @classmethod
    def of(cls, y: NDArray, *, takes_indicators: bool) -> ClassTargets:
        """Return what targets tell; a table of whole numbers may be indicators."""
        if takes_indicators and is_indicator(y):
            return cls(np.arange(y.shape[1]), is_multilabel=True)
        if is_table(y):
            one_hot_indices(y, y.shape[1])
            return cls(np.arange(y.shape[1]))
        y = column_or_1d(y, warn=True)
        check_one_type(y, "y")
        check_classification_targets(y)
        return cls(LabelEncoder().fit(y).classes_)

    @classmethod
    def announced(cls, classes: Any) -> ClassTargets:
        """Return what a list of all labels tells."""
        classes = column_or_1d(classes)
        check_one_type(classes, "classes")
        return cls(LabelEncoder().fit(classes).classes_)

    def check_classes(self, estimator_name: str) -> None:
        """Refuse targets of a single class."""
        if len(self.classes) < 2:
            found = f"1 class: {self.classes.tolist()[0]!r}" if len(self.classes) else 0
            raise ValueError(
                f"{estimator_name} needs at least 2 classes in y. Got "
                f"{found or 'none'}. Add samples of another class."
            )

    @property
    def is_binary(self) -> bool:
        """Whether one output tells two classes apart."""
        return len(self.classes) == 2 and not self.is_multilabel

    @property
    def n_outputs(self) -> int:
        """Units of the output layer: 1 for two classes."""
        return 1 if self.is_binary else len(self.classes)

    @property
    def loss(self) -> str:
        """Name of the loss."""
        return "binary_log_loss" if self.is_binary or self.is_multilabel else "log_loss"

    @property
    def stratifies(self) -> bool:
        """Whether a sample has one class."""
        return not self.is_multilabel

    def attributes(self) -> dict[str, Any]:
        """Return the fitted attributes that say the same."""
        return {
            "classes_": self.classes,
            "n_outputs_": self.n_outputs,
            "out_activation_": "softmax" if self.loss == "log_loss" else "logistic",
            "_is_multilabel": self.is_multilabel,
        }

    def encode(self, y: NDArray, dtype: str) -> NDArray:
        """Return positions in ``classes``, or a column of 0 and 1 for each output."""
        if self.is_multilabel:
            return as_indicator(y, self.n_outputs).astype(dtype)
        indices = self.indices(y)
        if self.n_outputs > 1:
            return indices.astype(np.int32)
        return indices[:, np.newaxis].astype(dtype)

    def as_scored(self, y: NDArray) -> NDArray:
        """Return labels: what ``predict`` returns, for one-hot rows."""
        if self.is_multilabel or not is_table(y):
            return y
        return self.classes[self.indices(y)]

    def indices(self, y: NDArray) -> NDArray:
        """Return the positions of labels, or of one-hot rows, in ``classes``."""
        if is_table(y):
            return one_hot_indices(y, len(self.classes))
        y = column_or_1d(y)
        check_one_type(y, "y")
        indices = np.searchsorted(self.classes, y).clip(max=len(self.classes) - 1)
        unknown = self.classes[indices] != y
        if unknown.any():
            raise ValueError(
                f"Labels need to be among {self.classes.tolist()}. Got "
                f"{y[unknown].tolist()[0]!r}. Drop those samples, or fit with them."
            )
        return indices

    def weighted(
        self, y: NDArray, weight: NDArray, class_weight: Any, *, partial: bool
    ) -> NDArray:
        """Return the weights of samples times those of their classes."""
        if class_weight is None:
            return weight
        if class_weight == "balanced" and partial:
            raise ValueError(
                "class_weight='balanced' needs all samples at once. Got a call to "
                "partial_fit. Pass a dict, made by "
                "sklearn.utils.compute_class_weight of all labels."
            )
        if self.is_multilabel:
            raise ValueError(
                "class_weight needs one label per sample. Got indicators of several "
                "labels. Pass sample_weight instead, or set class_weight=None."
            )
        indices = self.indices(y)
        present = np.arange(len(self.classes))
        if class_weight == "balanced":  # a column of one-hot rows may be empty
            present = np.unique(indices)
        of_classes = np.ones(len(self.classes))
        of_classes[present] = compute_class_weight(
            class_weight,
            classes=self.classes[present],
            y=self.classes[indices],
            sample_weight=weight,
        )
        if not (np.isfinite(of_classes) & (of_classes >= 0)).all():
            raise ValueError(
                "class_weight needs finite weights of at least 0. Got "
                f"{class_weight!r}. Weigh a class by 0 to leave it out."
            )
        return weight * of_classes[indices]


@dataclass(frozen=True)
class NumberTargets:
    """Numbers, of one or several outputs.

    Attributes
    ----------
    n_outputs : int
        Outputs.
    is_flat : bool
        Whether ``y`` has one dimension.
    loss : str
        Name of the loss.
    """

    n_outputs: int
    is_flat: bool
    loss: str

    @classmethod
    def of(cls, y: NDArray, *, loss: str) -> NumberTargets:
        """Return what targets tell."""
        return cls(1 if y.ndim == 1 else y.shape[1], y.ndim == 1, loss)

    @property
    def stratifies(self) -> bool:
        """Numbers are no classes."""
        return False

    def attributes(self) -> dict[str, Any]:
        """Return the fitted attributes that say the same."""
        is_exponential = LOSSES[self.loss].output == "exponential"
        return {
            "n_outputs_": self.n_outputs,
            "out_activation_": "exp" if is_exponential else "identity",
            "_target_is_flat": self.is_flat,
        }

    def encode(self, y: NDArray, dtype: str) -> NDArray:
        """Return a column for each output."""
        y = as_numbers(y, "y").reshape(len(y), -1)  # (n_samples, n_outputs)
        y = in_type(y, dtype, "y")
        least = LOSSES[self.loss].least_target
        if least is not None and y.min() < least:
            raise ValueError(
                f"loss={self.loss!r} needs targets of at least {least:g}. Got "
                f"{y.min():.4g}. Use another loss, or shift the targets."
            )
        if y.shape[1] != self.n_outputs:
            raise ValueError(
                f"Targets need {self.n_outputs} outputs, as in the training data. Got "
                f"{y.shape[1]}. Pass the targets of the same outputs."
            )
        return y

    def as_scored(self, y: NDArray) -> NDArray:
        """Return the targets as they are."""
        return y


def check_one_type(labels: NDArray, name: str) -> None:
    """Refuse labels of which some are strings and some are not: nothing sorts them."""
    if labels.dtype != object:
        return
    by_kind = {isinstance(label, str): label for label in labels}
    if len(by_kind) > 1:
        raise ValueError(
            f"{name} needs labels of one type. Got {by_kind[False]!r} beside "
            f"{by_kind[True]!r}. Make all of them strings, or all of them numbers."
        )


def is_table(y: NDArray) -> bool:
    """Return whether an array of targets has several columns."""
    return y.ndim == 2 and y.shape[1] > 1


def one_hot_indices(y: NDArray, n_classes: int) -> NDArray:
    """Return the class of each one-hot row, as Keras' ``to_categorical`` makes them."""
    if y.shape[1] != n_classes:
        raise ValueError(
            f"One-hot rows need one column per class. Got {y.shape[1]} columns for "
            f"{n_classes} classes. Pass labels, or to_categorical(y, {n_classes})."
        )
    is_one = y == 1
    if not ((is_one | (y == 0)).all() and (is_one.sum(axis=1) == 1).all()):
        raise ValueError(
            "y needs one label per sample, or one-hot rows with a single 1. Got an "
            f"array of shape {y.shape} that is not one-hot. Pass a 1-d array of labels."
        )
    return is_one.argmax(axis=1)


def is_indicator(y: NDArray) -> bool:
    """Return whether targets tell by whole numbers which labels each sample has."""
    return is_table(y) and y.dtype.kind in "biu"


def as_indicator(y: NDArray, n_labels: int) -> NDArray:
    """Return indicators of several labels after checking them."""
    if not is_table(y) or y.shape[1] != n_labels or not np.isin(y, (0, 1)).all():
        raise ValueError(
            f"Indicators of several labels need {n_labels} columns of 0 and 1. Got an "
            f"array of shape {y.shape} with values from {y.min()} to {y.max()}. Pass a "
            "1-d array if each sample has one label."
        )
    return y
