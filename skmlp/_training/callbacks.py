"""The user's Keras callbacks, hung on the loop by an adapter.

They see a plain Keras model that is made for the fit and dropped with it. The engine's
weights and optimizer state are put into it before a callback may look, and what the
callback changed is taken back after. So nothing that a callback does to its model
reaches another fit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from skmlp._job import Job, Weights
from skmlp._keras.models import compile_model, keras_model
from skmlp._keras.optimizers import load_state, read_state, schedule_of, specify
from skmlp._keras.quirks import take_resumed_epoch, traces_batches
from skmlp._training.engine import Engine
from skmlp._training.watch import Logs

BATCH_HOOKS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)

# Keras' callbacks that define batch hooks, and when these hooks leave everything to the
# end of the epoch.
_WAITS_FOR_THE_EPOCH: dict[str, Callable[[Any], bool]] = {
    "Callback": lambda callback: True,
    "BackupAndRestore": lambda callback: callback.save_freq == "epoch",
    "ModelCheckpoint": lambda callback: callback.save_freq == "epoch",
    "TensorBoard": lambda callback: (
        callback.update_freq == "epoch" and not traces_batches(callback)
    ),
    "TerminateOnNaN": lambda callback: not callback.raise_error,
}


def need_batches(callbacks: Sequence[keras.callbacks.Callback]) -> bool:
    """Return whether a callback does something between two batches.

    Of what Keras' callbacks do at the end of an epoch, one thing is missing without
    batches: TensorBoard does not draw the graph of operations, only that of the layers.
    """
    return any(
        _acts_in(callback, hook) for callback in callbacks for hook in BATCH_HOOKS
    )


def _acts_in(callback: keras.callbacks.Callback, hook: str) -> bool:
    """Return whether a callback does something in a hook."""
    if hook in vars(callback):
        return True
    owner = next(cls for cls in type(callback).__mro__ if hook in vars(cls))
    waits = _WAITS_FOR_THE_EPOCH.get(owner.__name__)
    is_keras_own = owner is getattr(keras.callbacks, owner.__name__, None)
    return not (is_keras_own and waits and waits(callback))


class Callbacks:
    """The callbacks of a job, and the model that they see.

    Parameters
    ----------
    job : Job
        With callbacks, or without.
    engine : Engine
        Whose weights and optimizer state they see.
    """

    def __init__(self, job: Job, engine: Engine) -> None:
        self._engine = engine
        self._callbacks = job.callbacks
        self.stop_training = False
        if not job.callbacks:
            return
        optimizer = job.recipe.optimizer
        if optimizer.engine is not None:  # it is not Keras'
            optimizer = specify("sgd")
        self.model = keras_model(job.network, engine.weights, folded=False)
        compile_model(self.model, job.network, optimizer, loads_anywhere=True)
        self.model.optimizer.build(self.model.trainable_variables)
        self.model.stop_training = False
        self._made = _what_must_stay(self.model)
        self._stand_in = read_state(self.model.optimizer)
        # The engine's list of weights that the model has; another list, other weights.
        self._shown: Weights = []
        params = {"verbose": job.verbose, "epochs": job.recipe.epochs}
        for callback in job.callbacks:
            callback.set_params({**params, "steps": job.n_steps})
            callback.set_model(self.model)

    def train_begins(self) -> int:
        """Tell that training begins; return the epoch to begin with."""
        self._tell("on_train_begin", {})
        return take_resumed_epoch(self.model) if self._callbacks else 0

    def epoch_begins(self, epoch: int) -> None:
        """Tell that an epoch begins."""
        self._tell("on_epoch_begin", epoch, {})

    def batch_begins(self, batch: int) -> None:
        """Tell that a batch begins."""
        self._tell("on_train_batch_begin", batch, {})

    def batch_ends(self, batch: int, logs: Logs) -> None:
        """Tell that a batch has ended."""
        self._tell("on_train_batch_end", batch, logs)

    def test_begins(self) -> None:
        """Tell that a validation begins."""
        self._tell("on_test_begin", {})

    def test_batch_begins(self, batch: int) -> None:
        """Tell that a batch of a validation begins."""
        self._tell("on_test_batch_begin", batch, {})

    def test_batch_ends(self, batch: int, logs: Logs) -> None:
        """Tell that a batch of a validation has ended."""
        self._tell("on_test_batch_end", batch, logs)

    def test_ends(self, logs: Logs) -> None:
        """Tell that a validation has ended."""
        self._tell("on_test_end", logs)

    def epoch_ends(self, epoch: int, logs: Logs) -> None:
        """Tell that an epoch has ended; callbacks may add to its logs."""
        self._tell("on_epoch_end", epoch, logs)

    def train_ends(self, logs: Logs) -> None:
        """Tell that training has ended."""
        self._tell("on_train_end", logs)

    def _tell(self, hook: str, *args: Any) -> None:
        if not any(_defines(callback, hook) for callback in self._callbacks):
            return
        shown = self._engine.weights, self._engine.optimizer_state
        if shown[0] is not self._shown:
            self._show(*shown)
        # Not by Keras' list of callbacks: it would give each a copy of the logs.
        for callback in self._callbacks:
            getattr(callback, hook)(*args)
        self._take_back(*shown)
        self._shown = self._engine.weights

    def _show(self, weights: Weights, optimizer_state: Weights) -> None:
        self.model.set_weights(weights)
        if optimizer_state:
            load_state(self.model.optimizer, optimizer_state)

    def _take_back(self, weights: Weights, optimizer_state: Weights) -> None:
        """Give the engine what the callbacks changed, and refuse what it cannot do."""
        self._refuse_changes()
        if self.model.stop_training:
            self.stop_training = True
        new_weights = self.model.get_weights()
        new_state = read_state(self.model.optimizer)
        if not optimizer_state:  # the engine has none, and the model a stand-in
            if _differ(new_state, self._stand_in):
                self._refuse("optimizer state or learning rate")
            new_state = []
        if _differ(new_weights, weights) or _differ(new_state, optimizer_state):
            self._engine.load(new_weights, new_state)

    def _refuse_changes(self) -> None:
        """Refuse changes that Keras' own ``fit`` does not follow either, or half."""
        for name, is_now in _what_must_stay(self.model).items():
            if is_now != self._made[name]:
                self._refuse(name)

    def _refuse(self, name: str) -> None:
        raise ValueError(
            "callbacks may change weights, the learning rate and stop_training while a "
            f"network trains by gradient steps. Got a changed {name}. Set it up in the "
            "parameters, or train the model of to_keras()."
        )


def _defines(callback: keras.callbacks.Callback, hook: str) -> bool:
    """Return whether a callback, or a class above it but Keras' base, has the hook."""
    names = {hook, hook.replace("on_train_batch", "on_batch")}
    classes = type(callback).__mro__
    below_base = classes[: classes.index(keras.callbacks.Callback)]
    owners = [vars(callback), *map(vars, below_base)]
    return any(name in owner for owner in owners for name in names)


def _what_must_stay(model: keras.Model) -> dict[str, Any]:
    """Return what a callback may not change, by the words of the refusal."""
    optimizer = model.optimizer
    return {
        "optimizer": id(optimizer),
        "learning rate schedule": id(schedule_of(optimizer)),
        "loss (by compile)": id(model.loss),
        "trainable flag of a layer": [v.trainable for v in model.variables],
    }


def _differ(arrays: Weights, others: Weights) -> bool:
    """Return whether two lists of arrays differ; NaN is like NaN."""
    return any(
        not np.array_equal(array, other, equal_nan=True)
        for array, other in zip(arrays, others, strict=True)
    )
