"""What is watched in training: the best epoch, the end, the time, a loss that is NaN.

Plain Python, one :class:`Watcher` for each job, told of each epoch by the loop.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator

from skmlp._job import Job, Trained, Weights

Logs = dict[str, float]


class Watcher:
    """Knows of a training what decides its end and its result.

    Made as the training begins: from then on ``max_time`` is counted.
    """

    def __init__(self, job: Job) -> None:
        stopping = job.stopping
        self.stopping = stopping
        self.must_stop = False
        self.interrupted = False
        self.history: dict[str, list[float]] = {}
        self.n_epochs = 0
        self._end = math.inf
        if stopping.max_time is not None:
            self._end = time.monotonic() + stopping.max_time
        self._keeps_best = stopping.keep_best or stopping.keep_interrupted
        self._best: tuple[float, int, Weights | None] = (math.inf, 0, None)
        self._least_cost = math.inf
        self._n_without_improvement = 0

    def judge(self, logs: Logs) -> None:
        """Decide by the values of an epoch whether it is the last."""
        if not math.isfinite(logs["loss"]) or time.monotonic() >= self._end:
            self.must_stop = True
        if self.stopping.tol is not None and not self._improves(logs):
            self.must_stop = True

    def _improves(self, logs: Logs) -> bool:
        """Return whether training improves still, as scikit-learn's MLP decides it.

        An epoch improves when it is better than the best so far by at least ``tol``.
        Training ends at the first of more than ``n_iter_no_change`` consecutive epochs
        that do not improve.
        """
        assert self.stopping.tol is not None
        cost = self._cost(logs)
        if cost <= self._least_cost - self.stopping.tol:
            self._n_without_improvement = 0
        else:  # a score that is NaN improves nothing
            self._n_without_improvement += 1
        self._least_cost = min(self._least_cost, cost)
        return self._n_without_improvement <= self.stopping.n_iter_no_change

    def record(self, logs: Logs, weights: Callable[[], Weights]) -> None:
        """Take down the values of an epoch, and its weights if none were better."""
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
        self.n_epochs += 1
        if self._keeps_best and (cost := self._cost(logs)) < self._best[0]:
            # In one assignment: an interrupt may come while the weights are copied.
            self._best = cost, self.n_epochs, weights()

    def _cost(self, logs: Logs) -> float:
        """Return what is monitored such that less is better."""
        value = logs[self.stopping.monitor]
        return -value if self.stopping.monitor == "val_score" else value

    @contextlib.contextmanager
    def interrupts(self) -> Iterator[None]:
        """End the block at an interrupt, if that is wanted and an epoch has ended."""
        try:
            yield
        except KeyboardInterrupt:
            if not (self.stopping.keep_interrupted and self.n_epochs):
                raise
            self.interrupted = True

    def trained(self, weights: Weights, optimizer_state: Weights) -> Trained:
        """Return the result of a training that ends with these weights."""
        if self.interrupted:
            ending = "interrupted"
        else:
            ending = "stopped" if self.must_stop else "all epochs"
        best_epoch = self.n_epochs
        if self.stopping.keep_best or self.interrupted:
            _, epoch, best = self._best
            if best is not None:
                weights, best_epoch = best, epoch
        return Trained(
            weights=weights,
            history={name: list(values) for name, values in self.history.items()},
            ending=ending,
            best_epoch=best_epoch,
            optimizer_state=optimizer_state,
        )
