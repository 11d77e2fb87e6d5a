"""What an engine is: something that holds the state of a training and can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from skmlp._job import Weights

if TYPE_CHECKING:
    from skmlp._training.callbacks import Callbacks
    from skmlp._training.watch import Logs


class Engine(Protocol):
    """Holds the state of one training: made for a job, dropped with its result."""

    @property
    def weights(self) -> Weights:
        """The weights as they are now, as arrays that no one changes."""

    @property
    def optimizer_state(self) -> Weights:
        """The values of the optimizer's variables as they are now."""

    def load(self, weights: Weights, optimizer_state: Weights) -> None:
        """Go on from these."""

    def validate(self, callbacks: Callbacks) -> Logs:
        """Return loss and accuracy on the validation samples."""

    def finalize(self) -> None:
        """Do what the optimizer does after the last step."""


class EpochEngine(Engine, Protocol):
    """An engine that trains an epoch when it is told to."""

    def train_epoch(self, epoch: int, callbacks: Callbacks) -> Logs:
        """Train an epoch, counted from 0; return its loss and accuracy.

        ``callbacks`` are to be told of each batch, if the engine stops between two.
        """
