"""The data that the tasks load: the same arrays for every library."""

from __future__ import annotations

from functools import cache

import numpy as np


@cache
def mnist(n_samples: int, subset: str = "train") -> tuple[np.ndarray, np.ndarray]:
    """Return the first digits of MNIST, repeated where there are not so many.

    The pixels are float32 from 0 to 1, which every library trains on in float32.
    """
    from skmlp.datasets import load_mnist

    X, y = load_mnist(subset=subset, return_X_y=True)
    rows = np.arange(n_samples) % len(X)
    return X[rows] / np.float32(255), y[rows]


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return scikit-learn's 1,797 digits of 8 by 8 pixels, float32 from 0 to 1."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return X.astype(np.float32) / np.float32(16), y
