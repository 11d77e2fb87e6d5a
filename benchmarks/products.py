"""``python -m benchmarks.products``: how long an epoch's matrix products take alone.

Those of each gradient step, as NumPy's BLAS computes them into arrays that are there
already, and nothing else: no bias, no activation, no batch gathered, no step taken. A
library whose products are as fast cannot train in less.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from time import perf_counter

import numpy as np

from benchmarks.works.fit import NETWORKS

BATCH_SIZE = 128
N_STEPS = 469  # 60,000 samples in batches of 128
N_ROUNDS = 3


def products(layer_sizes: tuple[int, ...]) -> list[Callable[[], object]]:
    """Return the products of a step: forward, to the kernels, to the layers before."""
    rng = np.random.RandomState(0)

    def draw(*shape: int) -> np.ndarray:
        return rng.rand(*shape).astype(np.float32)

    found = []
    for i, (n_in, n_out) in enumerate(pairwise(layer_sizes)):
        X, kernel = draw(BATCH_SIZE, n_in), draw(n_in, n_out)
        slope = draw(BATCH_SIZE, n_out)
        pairs = [(X, kernel), (X.T, slope)]
        if i > 0:  # nothing asks for the slope of the features
            pairs.append((slope, kernel.T))
        found += [partial(np.matmul, *pair, out=np.matmul(*pair)) for pair in pairs]
    return found


def seconds_an_epoch(layer_sizes: tuple[int, ...]) -> float:
    """Return the least of some rounds, each of the steps of an epoch of MNIST."""
    step = products(layer_sizes)
    rounds = []
    for _ in range(N_ROUNDS):
        began = perf_counter()
        for _ in range(N_STEPS):
            for product in step:
                product()
        rounds.append(perf_counter() - began)
    return min(rounds)


def main() -> None:
    """Print a line for each network of the work ``fit``."""
    for name, (hidden_layer_sizes, _) in NETWORKS.items():
        print(f"{name}: {seconds_an_epoch((784, *hidden_layer_sizes, 10)):.3g} s/epoch")


if __name__ == "__main__":
    main()
