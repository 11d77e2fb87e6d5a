"""Targets: what they tell of the task, and how they are encoded for training.

A :class:`Targets` is what was learned of them, as a value. Those of a fitted estimator
are made from its attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import DataConversionWarning
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import column_or_1d, compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from skmlp._estimators.features import as_numbers, in_type
from skmlp._estimators.user_warnings import warn
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
        if y.ndim > 1:
            warn(
                "A column-vector y was passed when a 1d array was expected. Pass "
                "y.ravel().",
                DataConversionWarning,
            )
        y = column_or_1d(y)
        check_one_type(y, "y")
        _check_labels(y)
        return cls(LabelEncoder().fit(y).classes_)

    @classmethod
    def announced(cls, classes: Any) -> ClassTargets:
        """Return what a list of all labels tells."""
        labels = np.asarray(_plain(classes))
        is_column = labels.ndim == 2 and labels.shape[1] == 1
        if labels.ndim != 1 and not is_column:
            raise ValueError(
                f"classes needs a list of all the labels there are. Got {classes!r}. "
                "Pass np.unique(y) of all the data."
            )
        classes = labels.ravel()
        check_one_type(classes, "classes")
        missing = [label for label in classes.tolist() if _is_missing(label)]
        if missing:
            raise ValueError(
                f"classes needs labels that can be predicted. Got {missing[0]!r}. "
                "Leave out what stands for a missing label."
            )
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
        try:
            indices = np.searchsorted(self.classes, y).clip(max=len(self.classes) - 1)
            unknown = self.classes[indices] != y
        except TypeError:  # labels of a type that does not sort among the classes
            unknown = ~np.isin(y.astype(str), self.classes.astype(str))
            unknown |= not unknown.any()
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
        if class_weight != "balanced":
            return weight * self._weights_of_classes(class_weight)[indices]
        of_classes = np.ones(len(self.classes))
        present = np.unique(indices)  # a column of one-hot rows may be empty
        of_classes[present] = compute_class_weight(
            class_weight,
            classes=self.classes[present],
            y=self.classes[indices],
            sample_weight=weight,
        )
        return weight * of_classes[indices]

    def _weights_of_classes(self, class_weight: Mapping) -> NDArray:
        """Return the weight of each class; one that is not given weighs 1."""
        labels = self.classes.tolist()
        unknown = [label for label in class_weight if label not in labels]
        # Labels that y lacks do no harm where all others are there: a small sample may
        # lack a rare class. Else one that is misspelt would weigh nothing in silence.
        if unknown and any(label not in class_weight for label in labels):
            raise ValueError(
                f"class_weight needs labels among those of y, {labels}. Got "
                f"{unknown[0]!r}. Correct it, leave it out, or weigh all classes."
            )
        weights = [class_weight.get(label, 1.0) for label in labels]
        if not all(_is_weight(one) for one in weights):
            raise ValueError(
                "class_weight needs finite weights of at least 0. Got "
                f"{class_weight!r}. Weigh a class by 0 to leave it out."
            )
        return np.array(weights, dtype=np.float64)


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
        """Return numbers, which may have come as objects."""
        return as_numbers(y, "y")


def plain_targets(y: Any, name: str = "y") -> Any:
    """Return targets in NumPy's type of the same meaning; refuse missing ones.

    Else the task would hang on the type: scikit-learn makes floats of pandas' nullable
    whole numbers and booleans, and a table of floats is one-hot rows.
    """
    if _is_of_pandas(y) and np.any(y.isna()):
        raise ValueError(
            f"{name} needs a value for each sample. Got a missing one (Input {name} "
            "contains NaN). Leave out those samples."
        )
    return _plain(y)


def _plain(y: Any) -> Any:
    if _is_of_pandas(y):
        y = _of_numpy(y)
    is_object = isinstance(y, np.ndarray) and y.dtype == object and y.ndim > 0
    if is_object and all(isinstance(value, Integral | np.bool_) for value in y.flat):
        return np.array(y.tolist())
    return y


def _of_numpy(y: Any) -> Any:
    """Return an array of what pandas holds in types that NumPy has not."""
    dtypes = list(y.dtypes) if hasattr(y, "columns") else [y.dtype]
    of_numpy = [getattr(dtype, "numpy_dtype", dtype) for dtype in dtypes]
    if not all(getattr(dtype, "kind", "O") in "biuf" for dtype in of_numpy):
        return y.to_numpy()
    if dtypes == of_numpy or np.any(y.isna()):
        return y
    return y.to_numpy(dtype=np.result_type(*of_numpy))


def _is_of_pandas(y: Any) -> bool:
    return hasattr(y, "isna") and hasattr(y, "to_numpy")


def _check_labels(y: NDArray) -> None:
    """Refuse what cannot be labels, such as numbers to regress on."""
    try:
        check_classification_targets(y)
    except ValueError as error:
        label, remedy = y.tolist()[0], "Pass y.astype(int), or y.astype(str)."
        for value in y.tolist():
            if isinstance(value, float) and not value.is_integer():
                label = value
                remedy = "Predict numbers by DenseRegressor, or pass y.astype(str)."
                break
        reason = str(error).partition(".")[0]
        raise ValueError(
            f"y needs labels, such as whole numbers or texts. Got {label!r} in an "
            f"array of {y.dtype} ({reason}). {remedy}"
        ) from None


def _is_missing(label: Any) -> bool:
    """Return whether a label stands for a missing one: None, NaN, NaT or NA."""
    return not isinstance(label, str) and str(label) in {"None", "nan", "NaT", "<NA>"}


def _is_weight(value: Any) -> bool:
    value = value.item() if isinstance(value, np.ndarray) and not value.ndim else value
    return isinstance(value, Real) and 0 <= float(value) < np.inf


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
        values = f"such as {y.ravel().tolist()[0]!r}"
        if y.dtype.kind in "biuf":
            values = f"from {y.min()} to {y.max()}"
        raise ValueError(
            f"Indicators of several labels need {n_labels} columns of 0 and 1. Got an "
            f"array of shape {y.shape} with values {values}. If each sample has one "
            "label, fit a new estimator on a 1-d array of labels."
        )
    return y
