"""Memory stays flat over hundreds of fits."""

import subprocess
import sys

import pytest

PROGRAM = """
import gc
import numpy as np
import psutil
from skmlp import DenseClassifier

rng = np.random.RandomState(0)
X, y = rng.rand(300, 50).astype("float32"), rng.randint(3, size=300)

def resident():
    gc.collect()
    return psutil.Process().memory_info().rss / 2**20

for i in range(200):
    DenseClassifier(
        [(64,), (32, 16), (8,), (16, 8, 4)][i % 4],
        learning_rate=10.0 ** -(1 + i % 3),
        batch_size=30,
        epochs=[5, 60][i % 2],  # without and with XLA
        tol=None,
        random_state=i,
    ).fit(X, y)
    if i == 49:
        after_50 = resident()
print((resident() - after_50) / 150)
"""


@pytest.mark.slow
def test_further_fits_keep_no_memory():
    """Under 0.3 MB a fit after the first 50; plain Keras keeps 5."""
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )

    assert float(finished.stdout) < 0.3
