"""Continuing training: what has to be as it was, and what is carried on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from skmlp._job import (
    Job,
    Network,
    OptimizerSpecification,
    Seeds,
    Start,
    Trained,
    Weights,
)
from skmlp._named.optimizers import takes_steps


def can_fit_partially(estimator: Any) -> bool:
    """Return whether an estimator has ``partial_fit``; say why where it has not."""
    if estimator.early_stopping:
        raise AttributeError(
            "partial_fit needs early_stopping=False. Got early_stopping=True. Use fit, "
            "or stop calling partial_fit when a score of your own says so."
        )
    if not takes_steps(estimator.optimizer):
        raise AttributeError(
            "partial_fit needs an optimizer that takes single steps. Got "
            f"optimizer={estimator.optimizer!r}. Use fit, or another optimizer."
        )
    return True


def check_same_network(network: Network, fitted: Network) -> None:
    """Refuse to continue with another network than was fitted."""
    names = [field.name for field in dataclasses.fields(network)]
    for field in sorted(names, key=lambda name: name != "loss"):  # others follow it
        given, was = (getattr(one, field) for one in (network, fitted))
        if given == was:
            continue
        if field == "loss_options":
            name = next(name for name, value in given if dict(was).get(name) != value)
            given, was = dict(given)[name], dict(was).get(name)
        else:
            name, as_given = _AS_PARAMETERS.get(field, (field, lambda value: value))
            given, was = as_given(given), as_given(was)
        raise ValueError(
            "Training goes on only with the network it began with. Got "
            f"{name}={given!r}, fitted was {was!r}. Restore the parameters, or fit a "
            "clone."
        )


# Fields of a network that users know by another name, with the value they gave.
_AS_PARAMETERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "activations": ("activation", lambda activations: activations[:-1]),
    "input_divisor": ("pixel_scale_", float),
    "layer_sizes": ("hidden_layer_sizes", lambda sizes: sizes[1:-1]),
    "normalization": ("batch_norm", bool),
}


@dataclass(frozen=True, eq=False)
class Continuation:
    """What a call of ``partial_fit`` leaves for the next, besides the weights.

    An estimator keeps it as a dict of plain values, which any file can hold.

    Attributes
    ----------
    optimizer : tuple of (str, bool)
        Class of the optimizer, and whether it has a schedule.
    optimizer_state : list of ndarray
        Values of its variables.
    seeds : Seeds
        Streams of random numbers.
    n_epochs : int
        Epochs that were trained with them.
    """

    optimizer: tuple[str, bool]
    optimizer_state: Weights
    seeds: Seeds
    n_epochs: int

    @classmethod
    def after(cls, job: Job, trained: Trained) -> Continuation:
        """Return what a job leaves."""
        return cls(
            job.recipe.optimizer.state_kind,
            trained.optimizer_state,
            job.seeds,
            job.start.n_epochs + len(trained.history["loss"]),
        )

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Continuation:
        """Return what an estimator kept."""
        return cls(**{**values, "seeds": Seeds(**values["seeds"])})

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {**vars(self), "seeds": dict(vars(self.seeds))}

    def start(self, weights: Weights) -> Start:
        """Return where the next call begins."""
        return Start(weights, self.optimizer_state, self.n_epochs)

    def check_optimizer(self, optimizer: OptimizerSpecification) -> None:
        """Refuse to continue with the state of another kind of optimizer."""
        if optimizer.state_kind != tuple(self.optimizer):
            name, has_schedule = self.optimizer
            raise ValueError(
                "partial_fit goes on only with the optimizer it began with. Got "
                f"{optimizer.name}, first was {name}"
                f"{' with a schedule' if has_schedule else ''}. Restore it, or fit a "
                "clone."
            )
