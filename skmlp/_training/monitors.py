"""The Keras callbacks that watch, show and end training on both engines."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import keras
import numpy as np

from skmlp._network import Weights
from skmlp._training.contract import Settings, Trained

Score = Callable[[Weights], float]

# Characters of the progress bar, so that a line fits in 80 columns and can be redrawn.
_BAR_WIDTH = 15


class RecordScore(keras.callbacks.Callback):
    """Record a score of the weights after each epoch, as ``"val_score"``."""

    def __init__(self, score: Score) -> None:
        super().__init__()
        self.score = score

    def on_epoch_end(self, epoch: int, logs: dict) -> None:
        """Add the score to what later callbacks are given."""
        logs["val_score"] = self.score(self.model.get_weights())


class StopAtNonFiniteLoss(keras.callbacks.Callback):
    """Stop at the end of the epoch in which the loss became NaN or infinite."""

    def on_epoch_end(self, epoch: int, logs: dict) -> None:
        """Look at the loss of the epoch."""
        if not math.isfinite(logs["loss"]):
            self.model.stop_training = True


class StopAtTime(keras.callbacks.Callback):
    """Stop at the end of the first epoch that ends at ``end`` or later."""

    def __init__(self, end: float) -> None:
        super().__init__()
        self.end = end

    def on_epoch_end(self, epoch: int, logs: dict) -> None:
        """Look at the clock."""
        if time.monotonic() >= self.end:
            self.model.stop_training = True


class StopWithoutImprovement(keras.callbacks.Callback):
    """Stop when what is monitored improves no more, as scikit-learn's MLP does.

    An epoch improves when it is better than the best so far by at least ``tol``.
    Training ends at the first of more than ``n_iter_no_change`` epochs in a row that do
    not improve.
    """

    def __init__(self, monitor: str, tol: float, n_iter_no_change: int) -> None:
        super().__init__()
        self.monitor = monitor
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Forget an earlier training."""
        self.best = math.inf
        self.n_without_improvement = 0

    def on_epoch_end(self, epoch: int, logs: dict) -> None:
        """Count epochs without improvement."""
        value = as_cost(self.monitor, logs)
        if value <= self.best - self.tol:
            self.n_without_improvement = 0
        else:  # a score that is NaN improves nothing
            self.n_without_improvement += 1
        self.best = min(self.best, value)
        if self.n_without_improvement > self.n_iter_no_change:
            self.model.stop_training = True


class KeepBest(keras.callbacks.Callback):
    """Keep the weights of the best epoch, and the number of that epoch, from 1."""

    def __init__(self, monitor: str) -> None:
        super().__init__()
        self.monitor = monitor

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Forget an earlier training."""
        self.best = math.inf
        self.best_epoch = 0
        self.best_weights: Weights | None = None

    def on_epoch_end(self, epoch: int, logs: dict) -> None:
        """Copy the weights if none were better."""
        value = as_cost(self.monitor, logs)
        if value < self.best:
            weights = self.model.get_weights()  # first: an interrupt may end it
            self.best, self.best_epoch, self.best_weights = value, epoch + 1, weights


class ShowProgress(keras.callbacks.ProgbarLogger):
    """Show a bar of epochs on a line that is redrawn, or a line for each epoch.

    It takes the place of Keras' own bar, of the batches of each epoch, which Keras adds
    where there is no ``ProgbarLogger``.
    """

    def __init__(self, monitor: str) -> None:
        super().__init__()
        # What fits on the line of the bar.
        self.shown = ("loss", monitor if monitor == "val_score" else "val_loss")
        self.line_is_open = False

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Make the bar; lines instead where bars would pile up, in a file or a pipe."""
        super().on_train_begin(logs)
        self.redraws = self.verbose == 1 and can_redraw_a_line()
        self.progbar = keras.utils.Progbar(
            self.epochs,
            width=_BAR_WIDTH,
            verbose=1 if self.redraws else 2,
            stateless_metrics=(),
            unit_name="epoch",
        )
        self.line_is_open = False

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Show nothing."""

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Show nothing."""

    def on_epoch_end(self, epoch: int, logs: dict) -> None:
        """Show the epoch."""
        names = self.shown if self.redraws else logs
        self.seen = epoch + 1
        self.line_is_open = self.redraws and self.seen < self.epochs
        self.progbar.update(
            self.seen,
            [(name, logs[name]) for name in names if name in logs],
            finalize=not self.line_is_open,
        )

    def on_train_end(self, logs: dict | None = None) -> None:
        """End the line where training ended before the last epoch."""
        if self.line_is_open:
            self.progbar.update(self.seen, finalize=True)
            self.line_is_open = False


def can_redraw_a_line() -> bool:
    """Return whether standard output is a terminal or a notebook's.

    Keras' own test for that is true of every output on Linux.
    """
    return sys.stdout.isatty() or "ipykernel" in sys.modules


class EpochObserver(Protocol):
    """What wants to know of each epoch, and may end training."""

    def epoch_begins(self) -> None:
        """Take note that an epoch begins."""

    def epoch_ends(self, trained: Callable[[], Trained]) -> bool:
        """Return whether to stop; ``trained`` gives what training would give then."""


class TellObserver(keras.callbacks.Callback):
    """Tell an observer of each epoch, and stop if it says so."""

    def __init__(
        self, observer: EpochObserver, trained: Callable[[keras.Model], Trained]
    ) -> None:
        super().__init__()
        self.observer = observer
        self.trained = trained

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Pass it on."""
        self.observer.epoch_begins()

    def on_epoch_end(self, epoch: int, logs: dict) -> None:
        """Pass it on, with what makes the result if it is asked for."""
        if self.observer.epoch_ends(lambda: self.trained(self.model)):
            self.model.stop_training = True


def as_cost(monitor: str, logs: dict) -> float:
    """Return what is monitored such that less is better."""
    return -logs[monitor] if monitor == "val_score" else logs[monitor]


class Monitors:
    """The callbacks of a training, and what they know of it when it has ended.

    Made as the training begins: from then on ``max_time`` is counted.
    """

    def __init__(
        self,
        settings: Settings,
        score: Score | None,
        observer: EpochObserver | None = None,
    ) -> None:
        self.began = time.monotonic()
        self.settings = settings
        self.score = score
        self.observer = observer
        self.history = keras.callbacks.History()
        self.keep_best = KeepBest(settings.monitor)
        self.progress = ShowProgress(settings.monitor)
        self.interrupted = False

    def around(
        self, callbacks: Sequence[keras.callbacks.Callback]
    ) -> list[keras.callbacks.Callback]:
        """Return the user's callbacks between what they may read and what reports."""
        settings = self.settings
        before: list[keras.callbacks.Callback] = [StopAtNonFiniteLoss()]
        if self.score is not None:
            before.insert(0, RecordScore(self.score))
        if settings.max_time is not None:
            before.append(StopAtTime(self.began + settings.max_time))
        by_gradient = settings.optimizer == "lbfgs" and settings.monitor == "loss"
        if settings.tol is not None and not by_gradient:
            before.append(
                StopWithoutImprovement(
                    settings.monitor, settings.tol, settings.n_iter_no_change
                )
            )
        after: list[keras.callbacks.Callback] = [self.history]
        if settings.keep_best or settings.keep_interrupted:
            after.append(self.keep_best)
        if settings.verbose:
            after.append(self.progress)
        if self.observer is not None:
            after.append(TellObserver(self.observer, self.trained))
        return [*before, *callbacks, *after]

    @contextlib.contextmanager
    def interrupts(self) -> Iterator[None]:
        """End the block at an interrupt, if that is wanted and an epoch has ended."""
        try:
            yield
        except KeyboardInterrupt:
            self.progress.on_train_end()
            if not (self.settings.keep_interrupted and self.history.epoch):
                raise
            self.interrupted = True

    def trained(self, model: keras.Model) -> Trained:
        """Return the result of the training that has ended, or would end now."""
        if self.interrupted:
            ending = "interrupted"
        else:
            ending = "stopped" if model.stop_training else "all epochs"
        keeps_best = self.settings.keep_best or self.interrupted
        best = self.keep_best.best_weights if keeps_best else None
        return Trained(
            weights=model.get_weights() if best is None else best,
            history={key: list(v) for key, v in self.history.history.items()},
            ending=ending,
            best_epoch=(
                len(self.history.epoch) if best is None else self.keep_best.best_epoch
            ),
            optimizer_state=[
                np.asarray(variable) for variable in model.optimizer.variables
            ],
        )
