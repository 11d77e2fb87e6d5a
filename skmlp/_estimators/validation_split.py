"""The validation set that early stopping holds out.

Equal samples, features and target alike, stay together on one side of the split. So a
sample of integer weight does what the same sample repeated does, and no copy of a
training sample flatters the validation score.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmlp._forward import as_dense, chunk_rows

# So many rows of common width stay in the processor's cache.
_KEY_ROWS = 256


def hold_out(
    X: Any,
    y: NDArray,
    *,
    fraction: float,
    stratify: bool,
    rng: np.random.Generator,
) -> tuple[NDArray, NDArray]:
    """Split samples into those to train on and those to validate on.

    Distinct samples are sorted by class, shuffled within each class, and taken at equal
    distances (systematic sampling, which keeps the shares of the classes).

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Encoded targets.
    fraction : float
        Share of the distinct samples to validate on.
    stratify : bool
        Whether the targets are classes, whose shares are kept.
    rng : Generator
        Draws the samples.

    Returns
    -------
    training, validation : ndarray of int
        Positions of the samples, in ascending order.

    Raises
    ------
    ValueError
        Fewer than 2 distinct samples would be held out: raise ``validation_fraction``.
    """
    y = y.reshape(len(y), -1)
    keys = _keys(X) + _keys(y) * np.uint64(3)
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    n_groups = len(first)
    n_held = min(int(np.ceil(fraction * n_groups)), n_groups - 1)
    if n_held < 2:
        distinct = f", {n_groups} of them distinct" if n_groups < len(y) else ""
        raise ValueError(
            "early_stopping needs at least 2 validation samples. Got "
            f"n_samples={len(y)}{distinct}, validation_fraction={fraction}. Raise "
            "validation_fraction, or set early_stopping=False."
        )
    order = rng.permutation(n_groups)
    if stratify:
        order = order[np.argsort(y[first[order], 0], kind="stable")]
    places = (np.arange(n_held) + rng.uniform()) * n_groups / n_held
    is_held = np.zeros(n_groups, bool)
    is_held[order[places.astype(int)]] = True
    is_held = is_held[group]
    return np.flatnonzero(~is_held), np.flatnonzero(is_held)


def _keys(table: Any) -> NDArray[np.uint64]:
    """Return a number for each row, equal for equal rows and else almost surely not.

    The bits of the entries are folded, multiplied by fixed odd numbers and added modulo
    2**64: exact, so it does not depend on where a row stands.
    """
    n_rows, n_columns = table.shape
    factors = np.random.RandomState(0).randint(
        2**63, size=n_columns, dtype=np.uint64
    ) | np.uint64(1)
    keys = np.empty(n_rows, np.uint64)
    step = min(_KEY_ROWS, chunk_rows(table))
    for start in range(0, n_rows, step):
        rows = as_dense(table[start : start + step]).astype(np.float64)
        rows += 0.0  # makes -0.0 and 0.0 the same
        bits = rows.view(np.uint64)
        bits ^= bits >> np.uint64(32)
        bits *= factors
        keys[start : start + step] = bits.sum(axis=1)
    return keys
