"""Samples on the device: copied once, or block after block in each epoch."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from skmlp._forward import as_dense
from skmlp._job import Samples
from skmlp._job.shape import bucket, rows_of_a_block
from skmlp._keras.start import has_gpu

# Features, targets and weights, padded with rows of weight zero.
Block = tuple[tf.Tensor, ...]

# Arrays of this size are worth the start of threads to fill them.
_LARGE_BYTES = 2**24

# What is copied at a time.
_CHUNK_BYTES = 2**20


class Feed:
    """Samples as blocks on the device: one that stays, or one after the other.

    ``meanwhile`` is called with the block that stays while it is being filled, and not
    at all where none stays or where there is a GPU, to which a block is copied whole.
    """

    def __init__(
        self,
        samples: Samples,
        batch_size: int,
        *,
        meanwhile: Callable[[Block], None] | None = None,
    ) -> None:
        self.samples = samples
        self.weight_sum = float(samples.weight.sum(dtype=np.float64))
        self.n_rows = rows_of_a_block(samples, batch_size)
        self.resident: Block | None = None
        if self.n_rows == len(samples):
            self.resident = place(samples, bucket(self.n_rows + 1), meanwhile)

    def in_order(self, order: NDArray) -> Iterator[tuple[Block, NDArray]]:
        """Yield each block and the order in which to take its samples."""
        if self.resident is not None:
            yield self.resident, order
            return
        for start in range(0, len(order), self.n_rows):
            rows = order[start : start + self.n_rows]
            block = place(self.samples.take(rows), bucket(self.n_rows + 1))
            yield block, np.arange(len(rows))

    def as_stored(self) -> Iterator[tuple[Block, int]]:
        """Yield each block and the number of its samples."""
        for block, order in self.in_order(np.arange(len(self.samples))):
            yield block, len(order)


def place(
    samples: Samples, n_rows: int, meanwhile: Callable[[Block], None] | None = None
) -> Block:
    """Copy samples to the device, dense and padded to so many rows."""
    X = _aligned_zeros((n_rows, samples.X.shape[1]), samples.device_type)
    y = _aligned_zeros((n_rows, *samples.y.shape[1:]), samples.y.dtype)
    weight = _aligned_zeros((n_rows,), samples.weight.dtype)
    y[: len(samples)] = samples.y
    weight[: len(samples)] = samples.weight
    arrays = X, y, weight
    with _copying_features(samples, X):
        if meanwhile is not None and not has_gpu():
            meanwhile(_on_device(arrays))
    return _on_device(arrays)


@contextlib.contextmanager
def _copying_features(samples: Samples, array: NDArray) -> Iterator[None]:
    """Fill the first rows of an array, at the latest when this context ends.

    Large data by two threads: it is the first touch of new memory that takes long.
    """
    n_samples = len(samples)
    if array.nbytes < _LARGE_BYTES:
        _copy_features(samples, array, 0, n_samples)
        yield
        return

    bounds = 0, n_samples // 2, n_samples
    with ThreadPoolExecutor(2) as pool:
        copies = [
            pool.submit(_copy_features, samples, array, *half)
            for half in itertools.pairwise(bounds)
        ]
        yield
    for copy in copies:
        copy.result()


def _copy_features(samples: Samples, array: NDArray, start: int, stop: int) -> None:
    """Copy the features of the samples from ``start`` to ``stop``, a few at a time.

    What makes them dense, or picks them out of others, stays in the processor's cache.
    """
    step = max(1, _CHUNK_BYTES // max(array[0].nbytes, 1))
    for first in range(start, stop, step):
        rows = slice(first, min(first + step, stop))
        array[rows] = as_dense(samples.features(rows))


def _on_device(arrays: Sequence[NDArray]) -> Block:
    """Return tensors that share the memory of the arrays, unless there is a GPU."""
    # tf.constant would copy it twice more.
    return tuple(
        tf.identity(tf.experimental.dlpack.from_dlpack(array.__dlpack__()))
        for array in arrays
    )


def _aligned_zeros(shape: tuple[int, ...], dtype: np.dtype) -> NDArray:
    """Return zeros in memory that TensorFlow can use as it is: aligned to 64 bytes."""
    n_bytes = math.prod(shape) * dtype.itemsize
    memory = np.zeros(n_bytes + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + n_bytes].view(dtype).reshape(shape)
