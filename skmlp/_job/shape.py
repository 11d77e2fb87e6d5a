"""What must be equal for two fits to share a program: static shapes, and no values."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from scipy.sparse import issparse

from skmlp._job.network import Network
from skmlp._job.recipe import Recipe
from skmlp._job.samples import Samples

# Dense data of up to this size stay on the device in one block. Sparse data, and dense
# data beyond that, are cut anew in each epoch into blocks of the other size.
RESIDENT_BYTES = 2**30
BLOCK_BYTES = 2**26


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
    if not issparse(samples.X) and len(samples) * row_bytes <= RESIDENT_BYTES:
        return len(samples)
    n_batches = max(1, BLOCK_BYTES // (row_bytes * batch_size))
    return min(n_batches * batch_size, len(samples))


@dataclass(frozen=True)
class Shape:
    """What shapes a program.

    Attributes
    ----------
    network : Network
        Layers and loss.
    optimizer : hashable
        What of the optimizer shapes a program.
    is_reusable : bool
        Whether a program does the same in the next fit: none of it is a user's function
        or class.
    n_rows : int
        Rows of a padded block, at least one more than it has samples.
    batch_size : int
        Rows of a padded batch.
    x_dtype : str
        Type of the features on the device.
    penalised : bool
        Whether there is a penalty: to sum squares takes up to a fifth of the time.
    weighted : bool
        Whether a sample has another weight than 1.
    """

    network: Network
    optimizer: Hashable
    n_rows: int
    batch_size: int
    x_dtype: str
    penalised: bool
    weighted: bool
    is_reusable: bool = True

    @classmethod
    def of(cls, network: Network, recipe: Recipe, samples: Samples) -> Shape:
        """Return the shape of a job."""
        n_samples, batch_size = len(samples), recipe.batch_size
        return cls(
            network=network,
            optimizer=recipe.optimizer.graph,
            n_rows=bucket(rows_of_a_block(samples, batch_size) + 1),
            batch_size=batch_size if batch_size < n_samples else bucket(n_samples),
            x_dtype=samples.device_type.name,
            penalised=recipe.alpha > 0,
            weighted=samples.is_weighted,
            is_reusable=recipe.optimizer.is_reusable and not network.has_functions,
        )

    @property
    def max_batches(self) -> int:
        """Rows of the array of batch indices."""
        return -(-self.n_rows // self.batch_size)
