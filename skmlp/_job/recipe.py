"""How weights change in training, and until when, as values that can be hashed."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


class Frozen(tuple):
    """The items of a dict, in the order of their keys, which can be hashed."""

    __slots__ = ()


@dataclass(frozen=True)
class ScheduleSpecification:
    """A learning rate that changes from step to step.

    Attributes
    ----------
    kind : str or type
        A name in :mod:`skmlp._named.schedules`, or a class of Keras' schedules.
    config : tuple
        Frozen configuration of a class; empty for a name.
    n_steps : int
        Gradient steps of the whole fit. Only used by a name.
    """

    kind: str | type
    config: Frozen = field(default_factory=Frozen)
    n_steps: int = 0

    @property
    def graph(self) -> Hashable:
        """What of it shapes a program: a name's number of steps does not."""
        return self.kind, self.config


@dataclass(frozen=True)
class OptimizerSpecification:
    """What updates the weights: a specification, not an object that holds state.

    Attributes
    ----------
    kind : str or type
        Name of Keras' class, a user's own class, or the name of an engine.
    options : tuple
        Frozen configuration, but for the name and the learning rate.
    rate : float or None
        Learning rate; ``None`` where a schedule of a class gives it.
    engine : str or None
        Name of the engine that trains with it; ``None`` if it only updates weights.
    takes_rate : bool
        Whether it is made with a learning rate; else the rate is set afterwards.
    schedule : ScheduleSpecification or None
        What the rate follows; ``None`` if it is constant.
    """

    kind: str | type
    options: Frozen = field(default_factory=Frozen)
    rate: float | None = None
    schedule: ScheduleSpecification | None = None
    engine: str | None = None
    takes_rate: bool = True

    @property
    def name(self) -> str:
        """Name of the class."""
        return self.kind if isinstance(self.kind, str) else self.kind.__name__

    @property
    def graph(self) -> Hashable:
        """What of it shapes a program: a rate does not."""
        return self.kind, self.options, self.schedule and self.schedule.graph

    @property
    def is_reusable(self) -> bool:
        """Whether it does the same in the next fit.

        What a user's class or function does may change, and nothing would tell.
        """
        kinds = [self.kind, *([] if self.schedule is None else [self.schedule.kind])]
        has_functions = any(callable(value) for _, value in self.options)
        return all(isinstance(kind, str) for kind in kinds) and not has_functions

    @property
    def state_kind(self) -> tuple[str, bool]:
        """What is compared first when its state is to be continued."""
        return self.name, self.schedule is not None


@dataclass(frozen=True)
class Recipe:
    """How the weights change.

    Attributes
    ----------
    optimizer : OptimizerSpecification
        What updates them.
    alpha : float
        Strength of the L2 penalty on the kernels.
    batch_size : int
        Samples per gradient step, at most the number of samples.
    epochs : int
        Maximum number of passes over the data.
    shuffle : bool
        Whether each epoch draws a new order of the samples.
    """

    optimizer: OptimizerSpecification
    alpha: float
    batch_size: int
    epochs: int
    shuffle: bool


@dataclass(frozen=True)
class Stopping:
    """Until when to train, and which epoch's weights to keep.

    Attributes
    ----------
    tol : float or None
        Improvement below which an epoch counts as none; ``None`` trains them all.
    gradient_tol : float
        Largest entry of the gradient to end at. Only used by L-BFGS.
    n_iter_no_change : int
        Consecutive epochs without improvement before stopping.
    monitor : {"loss", "val_loss", "val_score"}
        What has to improve.
    keep_best : bool
        Whether the weights of the best epoch are kept, instead of the last.
    max_time : float or None
        Seconds after which no further epoch begins.
    keep_interrupted : bool
        Whether an interrupt ends training, instead of being raised. The weights of the
        best epoch are kept then.
    """

    tol: float | None = None
    gradient_tol: float = 0.0
    n_iter_no_change: int = 10
    monitor: str = "loss"
    keep_best: bool = False
    max_time: float | None = None
    keep_interrupted: bool = False


def freeze(value: Any) -> Any:
    """Return a configuration that can be hashed.

    :func:`thaw` is the way back, but for tuples, which become lists, as in JSON.
    """
    if isinstance(value, dict):
        return Frozen((key, freeze(value[key])) for key in sorted(value, key=repr))
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    if isinstance(value, set | frozenset):
        return frozenset(value)
    if isinstance(value, np.ndarray | np.generic):
        return freeze(value.tolist())
    return value


def thaw(value: Any) -> Any:
    """Return a configuration with dicts and lists."""
    if isinstance(value, Frozen):
        return {key: thaw(item) for key, item in value}
    if isinstance(value, tuple):
        return [thaw(item) for item in value]
    return value
