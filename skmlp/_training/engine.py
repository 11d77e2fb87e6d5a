"""What an engine is: something that holds the state of a training and can be asked."""

from __future__ import annotations

from typing import Protocol

from skmlp._job import Weights
from skmlp._training.watch import Logs


class BatchHooks(Protocol):
    """What wants to be told of each batch, and may end the training."""

    stop_training: bool

    def batch_begins(self, batch: int) -> None:
        """Take note that a batch begins."""

    def batch_ends(self, batch: int, logs: Logs) -> None:
        """Take note that a batch has ended."""

    def test_batch_begins(self, batch: int) -> None:
        """Take note that a batch of a validation begins."""

    def test_batch_ends(self, batch: int, logs: Logs) -> None:
        """Take note that a batch of a validation has ended."""


class Engine(Protocol):
    """Holds the state of one training: made for a job, dropped with its result.

    ``hooks`` are for an engine that pauses between two batches.
    """

    @property
    def weights(self) -> Weights:
        """The weights as they are now, as arrays that no one changes."""

    @property
    def optimizer_state(self) -> Weights:
        """The values of the optimizer's variables as they are now."""

    def load(self, weights: Weights, optimizer_state: Weights) -> None:
        """Go on from these."""

    def validate(self, hooks: BatchHooks) -> Logs:
        """Return loss and accuracy on the validation samples."""

    def finalize(self) -> None:
        """Do what the optimizer does after the last step."""


class EpochEngine(Engine, Protocol):
    """An engine that trains an epoch when it is told to."""

    def train_epoch(self, epoch: int, hooks: BatchHooks) -> Logs:
        """Train an epoch, counted from 0; return its loss and accuracy."""
