"""Random numbers: a stream of its own for each purpose of a fit.

``random_state`` gives the entropy of a fit, and each purpose a child of it. So a new
purpose, or one that draws more, never changes the numbers of another.
"""

from __future__ import annotations

import dataclasses
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state


@dataclass(frozen=True)
class Seeds:
    """The seed of each purpose, 64 bits each.

    Attributes
    ----------
    weights : int
        Initial weights.
    split : int
        Which samples are held out for validation.
    order : int
        The order of the samples in each epoch.
    dropout : int
        Which units are dropped.
    """

    weights: int
    split: int
    order: int
    dropout: int

    @classmethod
    def draw(cls, random_state: Any) -> Seeds:
        """Return the seeds of a fit; ``None`` takes entropy of the operating system.

        A ``RandomState`` is moved on, NumPy's global one is left alone.
        """
        rng = (
            np.random.RandomState()
            if random_state is None
            else check_random_state(random_state)
        )
        entropy = rng.randint(2**32, size=4, dtype=np.uint32).tolist()
        return cls(
            *(_child(entropy, purpose.name) for purpose in dataclasses.fields(cls))
        )

    def dropout_of_layers(self, n_layers: int) -> NDArray[np.int32]:
        """Return a seed for each hidden layer."""
        return np.random.SeedSequence(self.dropout).generate_state(n_layers).view("i4")


def _child(entropy: list[int], purpose: str) -> int:
    # By the purpose's name, so that neither order nor number of purposes matters.
    key = zlib.crc32(purpose.encode())
    sequence = np.random.SeedSequence(entropy, spawn_key=(key,))
    return int(sequence.generate_state(1, np.uint64)[0])


def generator(seed: int) -> np.random.Generator:
    """Return a generator for one purpose."""
    return np.random.default_rng(seed)


class EpochOrders:
    """The order of the samples in each epoch: a function of the seed and the epoch.

    So an epoch has the same order whether the fit came to it in one go, by calls of
    ``partial_fit``, or after a restart. The generator counts: epoch ``e`` begins at
    e · 2**192 of its 2**256 positions.

    J. K. Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011 (Philox).
    """

    def __init__(self, seed: int, n_samples: int, *, shuffle: bool) -> None:
        self._in_order = np.arange(n_samples, dtype=np.int32)
        self._shuffle = shuffle
        self._bits = np.random.Philox(key=seed)
        self._generator = np.random.Generator(self._bits)
        self._start: Any = self._bits.state

    def of(self, epoch: int) -> NDArray[np.int32]:
        """Return the order of an epoch, counted from 0."""
        if not self._shuffle:
            return self._in_order
        self._start["state"]["counter"][-1] = epoch
        self._bits.state = self._start
        return self._generator.permutation(self._in_order)
