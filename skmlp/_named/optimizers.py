"""Optimizers by name: a row for each, with what is asked of it before Keras is there.

Importing Keras takes seconds, so Keras' defaults that matter outside training are
written down here, and a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class OptimizerRow:
    """An optimizer that a network can be trained with.

    Attributes
    ----------
    keras : str or None
        Name of Keras' class; ``None`` for one that is not Keras'.
    engine : str or None
        The engine that it is, where it is one; ``None`` if it only updates weights.
    has_momentum : bool
        Whether the parameter ``momentum`` has an effect.
    sklearn : mapping of str to float or bool, or None
        Keras' defaults of what scikit-learn's solver of the same name has too, by
        Keras' names; ``None`` if scikit-learn has no such solver.
    """

    keras: str | None
    engine: str | None = None
    has_momentum: bool = False
    sklearn: Mapping[str, Any] | None = None

    @property
    def takes_steps(self) -> bool:
        """Whether it takes gradient steps on batches, at a learning rate."""
        return self.engine is None


OPTIMIZERS = {
    "adadelta": OptimizerRow("Adadelta"),
    "adafactor": OptimizerRow("Adafactor"),
    "adagrad": OptimizerRow("Adagrad"),
    "adam": OptimizerRow(
        "Adam",
        sklearn=MappingProxyType(
            {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
        ),
    ),
    "adamax": OptimizerRow("Adamax"),
    "adamw": OptimizerRow("AdamW"),
    "ftrl": OptimizerRow("Ftrl"),
    "lamb": OptimizerRow("Lamb"),
    "lbfgs": OptimizerRow(None, engine="lbfgs", sklearn=MappingProxyType({})),
    "lion": OptimizerRow("Lion"),
    "muon": OptimizerRow("Muon", has_momentum=True),
    "nadam": OptimizerRow("Nadam"),
    "rmsprop": OptimizerRow("RMSprop", has_momentum=True),
    "schedulefreeadamw": OptimizerRow("ScheduleFreeAdamW"),
    "sgd": OptimizerRow(
        "SGD",
        has_momentum=True,
        sklearn=MappingProxyType(
            {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False}
        ),
    ),
}


# The names of those that take gradient steps.
STEPPING = sorted(name for name, row in OPTIMIZERS.items() if row.takes_steps)


def takes_steps(optimizer: Any) -> bool:
    """Return whether an optimizer, a name or one of Keras', takes gradient steps."""
    row = OPTIMIZERS.get(optimizer) if isinstance(optimizer, str) else None
    return row is None or row.takes_steps


def has_momentum(optimizer: Any) -> bool:
    """Return whether the momentum of an optimizer, a name or one of Keras', is used."""
    if isinstance(optimizer, str):
        return OPTIMIZERS[optimizer].has_momentum
    return "momentum" in optimizer.get_config()
