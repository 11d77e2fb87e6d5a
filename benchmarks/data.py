"""The data that the tasks load: the same arrays for every library."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.sparse import csr_array


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


@cache
def texts(n_samples: int, n_words: int) -> tuple[csr_array, np.ndarray]:
    """Return texts of 20 classes as a bag-of-words model sees them: rows of length 1.

    Each has 100 words, half of them drawn from all words and half from those of its
    class. Twenty newsgroups look like this, but would have to be downloaded.
    """
    from sklearn.preprocessing import normalize

    n_classes, text_length = 20, 100
    rng = np.random.default_rng(0)
    y = rng.integers(n_classes, size=n_samples)
    any_words = rng.integers(n_words, size=(n_samples, text_length // 2))
    of_class = n_words // n_classes
    own_words = rng.integers(of_class, size=(n_samples, text_length // 2))
    words = np.hstack([any_words, own_words + of_class * y[:, np.newaxis]])
    counts = csr_array(
        (
            np.ones(words.size, np.float32),
            words.ravel(),
            np.arange(0, words.size + 1, text_length),
        ),
        shape=(n_samples, n_words),
    )
    counts.sum_duplicates()
    return normalize(counts), y


@cache
def table(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a small data set of scikit-learn by its name, standardised, in float64."""
    from sklearn import datasets
    from sklearn.preprocessing import scale

    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return scale(X), y if y.dtype.kind == "i" else scale(y)
