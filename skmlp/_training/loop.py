"""The loop: begin, train an epoch, validate, end.

:func:`train_by_epochs` is for engines that train an epoch when they are told to. L-BFGS
has SciPy's loop around it, and takes the same steps of a :class:`Fit` out of it.

==============  ======================================================================
who             responsible for
==============  ======================================================================
the engine      weights and optimizer state; an epoch; loss and accuracy
the watcher     the best epoch, the history, and whether to stop
the callbacks   the user's, after what adds values for them and before what reports
the progress    the bar or the lines of ``verbose``
the observer    scikit-learn's callbacks, which see the estimator of each epoch
==============  ======================================================================
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from skmlp._job import Job, Trained
from skmlp._training.callbacks import Callbacks
from skmlp._training.engine import Engine, EpochEngine
from skmlp._training.progress import Progress
from skmlp._training.watch import Logs, Watcher


def train_by_epochs(job: Job, engine: EpochEngine, watcher: Watcher) -> Trained:
    """Train a job with an engine that trains an epoch when it is told to."""
    fit = Fit(job, engine, watcher)
    first = fit.begins()
    with fit.interrupts():
        for epoch in range(first, job.recipe.epochs):
            fit.epoch_begins(epoch)
            logs = engine.train_epoch(epoch, fit.callbacks)
            logs |= fit.validate()
            if fit.epoch_ends(epoch, logs):
                break
    return fit.ends()


class Fit:
    """The steps of the loop, and those who are told of each."""

    def __init__(self, job: Job, engine: Engine, watcher: Watcher) -> None:
        self.job = job
        self.engine = engine
        self.watcher = watcher
        self.callbacks = Callbacks(job, engine)
        self._progress = Progress(job) if job.verbose else None
        self._logs: Logs = {}

    def begins(self) -> int:
        """Begin; return the first epoch, which is another where a callback resumes."""
        if self.job.observer is not None:
            self.job.observer.train_begins(self.job)
        first, n_epochs = self.callbacks.train_begins(), self.job.recipe.epochs
        if first >= n_epochs:
            raise ValueError(
                "callbacks can resume a training that has not ended. Got epoch "
                f"{first} of epochs={n_epochs}. Raise epochs, or delete the backup."
            )
        return first

    def epoch_begins(self, epoch: int) -> None:
        """Begin an epoch, counted from 0."""
        self.callbacks.epoch_begins(epoch)
        if self.job.observer is not None:
            self.job.observer.epoch_begins()

    def validate(self) -> Logs:
        """Return the values of the validation samples, if there are any."""
        if self.job.validation is None:
            return {}
        self.callbacks.test_begins()
        logs = self.engine.validate(self.callbacks)
        self.callbacks.test_ends(logs)
        return {f"val_{name}": value for name, value in logs.items()}

    def epoch_ends(self, epoch: int, logs: Logs) -> bool:
        """End an epoch; return whether it was the last."""
        engine, watcher = self.engine, self.watcher
        # The order matters. Users' callbacks read the score, and do not decide whether
        # the watcher stops. They may add values to the history, and set weights: so
        # values and the best weights are recorded after them, and shown after that.
        if self.job.score is not None:
            logs["val_score"] = self.job.score(engine.weights)
        watcher.judge(logs)
        self.callbacks.epoch_ends(epoch, logs)
        if self.callbacks.stop_training:
            watcher.must_stop = True
        watcher.record(logs, lambda: engine.weights)
        if self._progress is not None:
            self._progress.epoch_ends(epoch, logs)
        if self.job.observer is not None and self.job.observer.epoch_ends(
            lambda: watcher.trained(engine.weights, engine.optimizer_state)
        ):
            watcher.must_stop = True
        self._logs = logs
        return watcher.must_stop

    @contextlib.contextmanager
    def interrupts(self) -> Iterator[None]:
        """End the block at Ctrl-C, if that is wanted; end the line of the bar."""
        try:
            with self.watcher.interrupts():
                yield
        finally:
            if self._progress is not None:
                self._progress.train_ends()

    def ends(self) -> Trained:
        """End; return what training gives."""
        self.engine.finalize()
        self.callbacks.train_ends(self._logs)
        return self.watcher.trained(self.engine.weights, self.engine.optimizer_state)
