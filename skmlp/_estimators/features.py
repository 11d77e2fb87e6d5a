"""Features and sample weights: numbers that the type of the training can hold.

scikit-learn checks what arrays may be. Checked here is what training needs besides:
numbers within its range, and weights that leave something to learn.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse


def trained_type(dtype: np.dtype) -> str:
    """Return the type that data of this type are trained in, by name."""
    return "float64" if dtype.kind == "f" and dtype.itemsize >= 8 else "float32"


def as_numbers(values: NDArray, name: str) -> NDArray:
    """Return numbers, which may come as objects; refuse dates, texts and the like."""
    numbers = values
    if values.dtype == object:
        with contextlib.suppress(TypeError, ValueError):  # they are refused below
            numbers = values.astype(np.float64)
        if numbers.dtype != object and np.isnan(numbers).any():
            raise ValueError(
                f"{name} needs a number in each place. Got a missing value. Fill it, "
                "or leave out its sample."
            )
    if numbers.dtype.kind in "biuf":
        return numbers
    text = _first_text(values)
    if text is not None:
        raise ValueError(
            f"{name} needs numbers. Got texts such as {str(text)!r}. Use "
            "DenseClassifier if they are classes; else convert them to numbers."
        )
    raise ValueError(
        f"{name} needs numbers. Got an array of {values.dtype}. Convert it to numbers."
    )


def check_dense(y: Any, name: str) -> None:
    """Refuse sparse targets."""
    if issparse(y):
        raise TypeError(
            f"{name} needs a dense array. Got {type(y).__name__}. Pass "
            f"{name}.toarray()."
        )


@contextlib.contextmanager
def explained(X: Any, name: str = "X", estimator: Any = None) -> Iterator[None]:
    """Say what is wrong with features, where the block fails to validate them.

    Parameters
    ----------
    X : object
        What the caller gave.
    name : str, default="X"
        Argument that the caller gave it as.
    estimator : estimator instance, default=None
        Whose features they need to have, where there was a fit.
    """
    if _holds_times(X):  # polars makes numbers of them without a word
        raise ValueError(_no_numbers(X, name))
    try:
        yield
    except (TypeError, ValueError) as error:
        if sentence := _explanation(X, name, estimator):
            raise ValueError(sentence) from None
        if name == "X":
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(_renamed(str(error), name)) from None


def _holds_times(X: Any) -> bool:
    """Return whether a frame of polars has columns of dates, durations or times."""
    return _is_frame(X) and any(_is_temporal(dtype) for dtype in X.dtypes)


def _is_temporal(dtype: Any) -> bool:
    """Return whether polars calls a type one of dates, durations or times."""
    return hasattr(dtype, "is_temporal") and dtype.is_temporal()


def _explanation(X: Any, name: str, estimator: Any) -> str:
    """Return what features lack and what to do, or nothing where it is unknown."""
    if _is_frame(X):
        lacks = set(getattr(estimator, "feature_names_in_", ())) - set(X.columns)
        # scikit-learn's own words name the missing columns.
        return "" if lacks else _no_numbers(X, name)
    array = _as_array(X)
    if array is None:
        return ""
    if array.ndim > 2:
        return (
            f"{name} needs a row of numbers for each sample. Got an array of shape "
            f"{array.shape}. Pass np.reshape({name}, (len({name}), -1))."
        )
    text = _first_text(array)
    if text is not None:
        encoder = "TfidfVectorizer" if array.ndim < 2 else "OneHotEncoder"
        return (
            f"{name} needs numbers. Got texts such as {str(text)!r}. Encode them "
            f"({encoder} in a Pipeline)."
        )
    expected = getattr(estimator, "n_features_in_", None)
    if name != "X" and array.ndim == 2 and array.shape[1] != expected:
        return (
            f"{name} needs the features of X. Got {array.shape[1]}, expecting "
            f"{expected} features. Select the same columns, by the same transformers."
        )
    return ""


def _renamed(message: str, name: str) -> str:
    """Return a message with the argument's name in place of X."""
    if name in message:
        return message
    renamed = re.sub(r"\bX\b", name, message)
    return renamed if renamed != message else f"{name}: {message}"


def _as_array(X: Any) -> NDArray | None:
    """Return an array of what is no frame, or None where NumPy makes none of it."""
    if issparse(X):
        return X
    try:
        return np.asarray(X)
    except (TypeError, ValueError):
        return None


def _first_text(array: NDArray) -> Any:
    if issparse(array) or array.dtype.kind not in "OSUT":
        return None
    if array.dtype == object and _holds_numbers(array):  # such as "1"
        return None
    texts = (value for value in array.flat if isinstance(value, str | bytes))
    return next(texts, None)


def _is_frame(X: Any) -> bool:
    return hasattr(X, "columns") and hasattr(X, "dtypes") and hasattr(X, "shape")


# What columns may hold that is no number, and what to do about it.
_REMEDIES = {
    "dates or times": "Make numbers of these (days since a date, the month, the hour).",
    "several values a row": "Give each value a column of its own.",
    "missing values": "Fill these (SimpleImputer), or leave them out.",
    "other values": (
        "Encode these (OneHotEncoder in a ColumnTransformer), or leave them out."
    ),
}


def _no_numbers(X: Any, name: str) -> str:
    """Return what the columns of a frame hold that is no number, and what to do."""
    columns: dict[str, list] = {}
    for position, column in enumerate(X.columns):
        values = X.iloc[:, position] if hasattr(X, "iloc") else X[:, position]
        if kind := _kind_of(values):
            columns.setdefault(kind, []).append(column)
    found = [
        f"Got {kind} in the columns {columns[kind]}. {remedy}"
        for kind, remedy in _REMEDIES.items()
        if kind in columns
    ]
    return " ".join([f"{name} needs numbers.", *found]) if found else ""


def _kind_of(column: Any) -> str:
    """Return what a column holds that is no number, or nothing."""
    present = column.dropna() if hasattr(column, "dropna") else column.drop_nulls()
    values = np.asarray(present)
    first = values.flat[0] if values.size else None
    if _is_temporal(column.dtype) or values.dtype.kind in "Mm":
        return "dates or times"
    # Dates and times of Python, and periods of pandas.
    if isinstance(first, timedelta) or hasattr(first, "strftime"):
        return "dates or times"
    if values.ndim > 1 or isinstance(first, dict | list | tuple | np.ndarray):
        return "several values a row"
    if hasattr(first, "to_list"):  # a series of polars in each row
        return "several values a row"
    if not _holds_numbers(values):
        return "other values"
    if len(present) < len(column) or np.isnan(values.astype(np.float64)).any():
        return "missing values"
    return ""


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
