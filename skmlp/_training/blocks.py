"""The samples of an epoch in blocks that fit on the device.

Dense data of moderate size are one block, which stays on the device. Sparse data, and
dense data beyond that, are cut anew in each epoch: a block at a time is copied to the
device, dense, and dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from numpy.typing import NDArray
from scipy.sparse import issparse

from skmlp._training.contract import Samples

# Dense data of up to this size stay on the device.
_RESIDENT_BYTES = 2**30

# Size of the blocks of other data.
_BLOCK_BYTES = 2**26


def bucket(n: int) -> int:
    """Return the size that arrays of ``n`` rows are padded to.

    The next power of two up to 65,536, then the next eighth of one: folds that differ
    by a few rows share a size, and padding costs memory only, never arithmetic.
    """
    power = 1 << max(n - 1, 0).bit_length()
    step = 1 if power <= 1 << 16 else power // 16
    return power if step == 1 else -(-n // step) * step


def rows_of_a_block(samples: Samples, batch_size: int) -> int:
    """Return the number of rows of a block: all, or a multiple of the batch size."""
    row_bytes = samples.X.shape[1] * samples.device_type.itemsize
    if not issparse(samples.X) and len(samples) * row_bytes <= _RESIDENT_BYTES:
        return len(samples)
    n_batches = max(1, _BLOCK_BYTES // (row_bytes * batch_size))
    return min(n_batches * batch_size, len(samples))


@dataclass(frozen=True)
class Shapes:
    """The static shapes of a program.

    Attributes
    ----------
    n_rows : int
        Rows of a padded block, at least one more than it has samples.
    batch_size : int
        Rows of a padded batch.
    x_dtype : str
        Type of the features on the device.
    """

    n_rows: int
    batch_size: int
    x_dtype: str

    @classmethod
    def of(cls, samples: Samples, batch_size: int) -> Shapes:
        """Return the shapes that hold the blocks of these samples."""
        n_samples = len(samples)
        return cls(
            n_rows=bucket(rows_of_a_block(samples, batch_size) + 1),
            batch_size=batch_size if batch_size < n_samples else bucket(n_samples),
            x_dtype=samples.device_type.name,
        )

    @property
    def max_batches(self) -> int:
        """Rows of the array of batch indices."""
        return -(-self.n_rows // self.batch_size)


def cut(order: NDArray, n_rows: int) -> Iterator[NDArray]:
    """Cut an order of samples into those of each block."""
    for start in range(0, len(order), n_rows):
        yield order[start : start + n_rows]
