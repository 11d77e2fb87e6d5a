"""Features and sample weights: numbers that the type of the training can hold.

scikit-learn checks what arrays may be. Checked here is what training needs besides:
numbers within its range, and weights that leave something to learn.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse


def trained_type(dtype: np.dtype) -> str:
    """Return the type that data of this type are trained in, by name."""
    return "float64" if dtype.kind == "f" and dtype.itemsize >= 8 else "float32"


def as_numbers(values: NDArray, name: str) -> NDArray:
    """Return numbers, which may come as objects; refuse dates, texts and the like."""
    if values.dtype == object:
        values = values.astype(np.float64)
    if values.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} needs numbers. Got an array of {values.dtype}. Convert it to "
            "numbers."
        )
    return values


def check_dense(y: Any, name: str) -> None:
    """Refuse sparse targets."""
    if issparse(y):
        raise TypeError(
            f"{name} needs a dense array. Got {type(y).__name__}. Pass "
            f"{name}.toarray()."
        )


@contextlib.contextmanager
def columns_named(X: Any) -> Iterator[None]:
    """Name the columns of a frame that are no numbers, where the block fails."""
    try:
        yield
    except (TypeError, ValueError):
        if columns := _columns_without_numbers(X):
            raise ValueError(
                f"X needs numbers. Got other values in the columns {columns}. Encode "
                "these (OneHotEncoder in a ColumnTransformer), or leave them out."
            ) from None
        raise


def _columns_without_numbers(X: Any) -> list:
    if not (hasattr(X, "columns") and hasattr(X, "shape")):  # no frame
        return []
    return [name for name in X.columns if not _holds_numbers(np.asarray(X[name]))]


def _holds_numbers(column: NDArray) -> bool:
    if column.dtype.kind == "O":
        try:
            column = column.astype(np.float64)
        except (TypeError, ValueError):
            return False
    return column.dtype.kind in "biuf"


def check_range(values: Any, dtype: str, name: str) -> None:
    """Refuse numbers that are too large for the type that is trained in."""
    numbers = values.data if issparse(values) else values
    if numbers.dtype.kind != "f" or numbers.dtype == dtype or not numbers.size:
        return
    largest = max(numbers.max(), -numbers.min())
    if largest > np.finfo(dtype).max:
        raise ValueError(
            f"{name} needs numbers within the range of {dtype}, the type of this "
            f"computation. Got {largest:.4g}. Scale {name}."
        )


def in_type(values: NDArray, dtype: str, name: str) -> NDArray:
    """Return numbers in the type that is trained in."""
    check_range(values, dtype, name)
    return values.astype(dtype, copy=False)


def weights_in_type(weight: NDArray, dtype: str, name: str) -> NDArray:
    """Return weights in the type that is trained in; a tiny one becomes zero."""
    if not weight.any():
        raise ValueError(
            f"{name} needs a weight above 0. Got none. Leave out samples or classes "
            "by a weight of 0, but not all."
        )
    info = np.finfo(dtype)
    with np.errstate(over="ignore"):
        cast = weight.astype(dtype)
        cast[cast < info.tiny] = 0
        total = cast.sum()
    if not info.tiny <= total <= info.max:
        raise ValueError(
            f"{name} needs a sum within the range of {dtype}, the type of this "
            f"computation. Got weights up to {weight.max():.4g}. Divide them by their "
            "mean."
        )
    return cast


def without_weightless(
    X: Any, y: NDArray, weight: NDArray
) -> tuple[Any, NDArray, NDArray]:
    """Return the samples whose weight is not zero."""
    present = weight > 0
    if present.all():
        return X, y, weight
    return X[present], y[present], weight[present]
