"""A job, which says all that training needs to know, and what training gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from skmlp._job.network import Network, Weights
from skmlp._job.recipe import Recipe, Stopping
from skmlp._job.samples import Samples
from skmlp._job.seeds import Seeds
from skmlp._job.shape import Shape

if TYPE_CHECKING:
    import keras

# Scores weights, greater being better.
Score = Callable[[Weights], float]


@dataclass(frozen=True, eq=False)
class Start:
    """Where training begins.

    Attributes
    ----------
    weights : list of ndarray
        Initial weights, in the order of :class:`Network`. They are not changed.
    optimizer_state : list of ndarray or None
        Values of the optimizer's variables to go on with; ``None`` starts afresh.
    n_epochs : int
        Epochs that were trained before with the same seeds.
    """

    weights: Weights
    optimizer_state: Weights | None = None
    n_epochs: int = 0


@dataclass(frozen=True, eq=False)
class Trained:
    """What training gives.

    Attributes
    ----------
    weights : list of ndarray
        New weights, in the order of :class:`Network`.
    history : dict of str to list of float
        One value an epoch, as Keras records it.
    ending : {"all epochs", "stopped", "interrupted"}
        Why training ended.
    best_epoch : int
        Number of the epoch, from 1, whose weights these are.
    optimizer_state : list of ndarray
        Values of the optimizer's variables after the last step.
    n_iter : int or None
        Epochs that were trained; ``None`` where the history has each of them.
    """

    weights: Weights
    history: dict[str, list[float]]
    ending: str
    best_epoch: int
    optimizer_state: Weights
    n_iter: int | None = None


class Observer(Protocol):
    """What wants to know of each epoch, and may end training."""

    def train_begins(self, job: Job) -> None:
        """Take note that training begins."""

    def epoch_begins(self) -> None:
        """Take note that an epoch begins."""

    def epoch_ends(self, trained: Callable[[], Trained]) -> bool:
        """Return whether to stop; ``trained`` gives what training would give then."""


@dataclass(frozen=True, eq=False)
class Job:
    """A fit that is to be trained.

    Attributes
    ----------
    network : Network
        Layers and loss.
    recipe : Recipe
        How the weights change.
    samples : Samples
        Training data, encoded for the loss. They are not changed.
    seeds : Seeds
        A stream of random numbers for each purpose.
    start : Start
        Where training begins.
    stopping : Stopping
        Until when to train.
    validation : Samples or None
        Data on which loss and accuracy are recorded after each epoch.
    score : callable or None
        Scores weights; recorded after each epoch as ``"val_score"``.
    callbacks : tuple of keras.callbacks.Callback
        The user's callbacks.
    observer : Observer or None
        Is told of each epoch, with what training would give if it ended there.
    verbose : int
        0 is silent, 1 shows a bar of epochs, 2 a line an epoch.
    """

    network: Network
    recipe: Recipe
    samples: Samples
    seeds: Seeds
    start: Start
    stopping: Stopping = field(default_factory=Stopping)
    validation: Samples | None = None
    score: Score | None = None
    callbacks: tuple[keras.callbacks.Callback, ...] = ()
    observer: Observer | None = None
    verbose: int = 0

    @cached_property
    def shape(self) -> Shape:
        """What must be equal for two jobs to share a program; it can be hashed."""
        return Shape.of(self.network, self.recipe, self.samples)

    @property
    def n_steps(self) -> int:
        """Gradient steps of an epoch."""
        return -(-len(self.samples) // self.recipe.batch_size)
