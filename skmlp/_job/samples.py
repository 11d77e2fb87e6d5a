"""Encoded data on their way to training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Samples:
    """Encoded data.

    Attributes
    ----------
    X : {ndarray, CSR matrix} of shape (n_rows, n_features)
        Features of any numeric type, of these samples and maybe of others. The engines
        cast them as they copy them.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Class indices for ``"log_loss"``; else one column per output.
    weight : ndarray of shape (n_samples,)
        Positive sample weights, of the network's type.
    rows : ndarray of int of shape (n_samples,), default=None
        Where in ``X`` the samples are; ``None`` is all of ``X``.
    """

    X: NDArray
    y: NDArray
    weight: NDArray
    rows: NDArray | None = None

    def __len__(self) -> int:
        return len(self.weight)

    def features(self, which: NDArray | slice | None = None) -> NDArray:
        """Return the features at these positions, or all, sparse where ``X`` is."""
        rows = self.rows if which is None else self._rows_at(which)
        return self.X if rows is None else self.X[rows]

    def take(self, which: NDArray) -> Samples:
        """Return the samples at these positions; their features are not copied."""
        return Samples(self.X, self.y[which], self.weight[which], self._rows_at(which))

    def _rows_at(self, which: Any) -> Any:
        return which if self.rows is None else self.rows[which]

    @property
    def is_weighted(self) -> bool:
        """Whether a weight is not 1."""
        return bool((self.weight != 1).any())

    @property
    def device_type(self) -> np.dtype:
        """Type of the features on the device: bytes stay a quarter of the size."""
        return self.X.dtype if self.X.dtype == np.uint8 else self.weight.dtype

    def of_mean_weight_one(self) -> Samples:
        """Return the samples with weights of mean 1.

        A sum of weighted losses over the number of samples is then their weighted mean.
        """
        weight = (self.weight / self.weight.mean()).astype(self.weight.dtype)
        return replace(self, weight=weight)
