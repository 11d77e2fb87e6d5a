"""L-BFGS on all samples at once, for small data: SciPy's, on the compiled objective.

R. H. Byrd, P. Lu and J. Nocedal, "A Limited Memory Algorithm for Bound Constrained
Optimization", 1995.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

from skmlp._job import Job, Trained, Weights
from skmlp._keras.start import graph_rewrites_off
from skmlp._training.compiled.cache import PROGRAMS
from skmlp._training.compiled.feed import Feed
from skmlp._training.compiled.program import as_tensors
from skmlp._training.engine import BatchHooks
from skmlp._training.loop import Fit
from skmlp._training.watch import Logs, Watcher


def train(job: Job) -> Trained:
    """Train a job; an epoch is an iteration.

    Training ends when no entry of the gradient is larger than ``tol``, or as the loop
    says, whose steps are taken out of SciPy's own.
    """
    watcher = Watcher(job)
    with graph_rewrites_off():
        engine = LBFGSEngine(job)
        fit = Fit(job, engine, watcher)
        fit.epoch_begins(fit.begins())

        def iteration_ends(intermediate_result: OptimizeResult) -> None:
            epoch = watcher.n_epochs
            logs = engine.accept(intermediate_result) | fit.validate()
            if fit.epoch_ends(epoch, logs) or epoch + 1 == job.recipe.epochs:
                raise StopIteration
            fit.epoch_begins(epoch + 1)

        with fit.interrupts():
            engine.minimize(iteration_ends)
            if not watcher.n_epochs:  # it began at a minimum
                with contextlib.suppress(StopIteration):
                    iteration_ends(engine.at_start())
        if watcher.n_epochs < job.recipe.epochs:
            watcher.must_stop = True
        return fit.ends()


class LBFGSEngine:
    """All weights in one vector, at the last point that SciPy accepted."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._program = PROGRAMS.of(job.shape)
        self._feed = Feed(job.samples, job.recipe.batch_size)
        self._validation_feed = None
        if job.validation is not None:
            self._validation_feed = Feed(job.validation, job.recipe.batch_size)
        weights = job.start.weights
        self._weights = weights
        self._point = flatten(weights)
        kernels = flatten([np.full(array.shape, array.ndim == 2) for array in weights])
        self._alpha = job.recipe.alpha / self._feed.weight_sum * kernels
        self._has_finished = False
        # The point of the last evaluation, and its logs.
        self._seen: tuple[NDArray, Logs] = self._point, {}

    @property
    def weights(self) -> Weights:
        """The weights of the last iteration."""
        return self._weights

    @property
    def optimizer_state(self) -> Weights:
        """Nothing: SciPy keeps its memory to itself."""
        return []

    def load(self, weights: Weights, optimizer_state: Weights) -> None:
        """Take other weights when SciPy has finished; before, it would not know."""
        if self._has_finished:
            self._weights = weights
            return
        raise ValueError(
            "optimizer='lbfgs' needs the weights it chose itself. Got other weights "
            "from a callback. Use another optimizer."
        )

    def validate(self, hooks: BatchHooks) -> Logs:
        """Return loss and accuracy on the validation samples."""
        assert self._validation_feed is not None
        return self._program.evaluate(self._validation_feed, as_tensors(self._weights))

    def finalize(self) -> None:
        """Keep the last accepted point: the last evaluation may have been a trial."""
        self._has_finished = True

    def minimize(self, iteration_ends: Callable[[OptimizeResult], None]) -> None:
        """Minimise, and tell of each iteration."""
        epochs = self._job.recipe.epochs
        minimize(
            self._objective,
            self._point,
            jac=True,
            method="L-BFGS-B",
            callback=iteration_ends,
            options={
                "maxiter": epochs,
                "maxfun": 100 * epochs,
                "gtol": self._job.stopping.gradient_tol,
                # Else it would end before the gradient is as small as that.
                "ftol": 64 * np.finfo(np.float64).eps,
            },
        )

    def at_start(self) -> OptimizeResult:
        """Return what an iteration gives that does not move."""
        return OptimizeResult(x=self._point, fun=self._objective(self._point)[0])

    def accept(self, result: OptimizeResult) -> Logs:
        """Take the point of an iteration; return its loss and accuracy."""
        if not (self._seen[1] and np.array_equal(result.x, self._seen[0])):
            self._objective(result.x)  # the line search went back to an earlier trial
        self._weights = unflatten(result.x, self._weights)
        return {**self._seen[1], "loss": float(result.fun)}

    def _objective(self, point: NDArray) -> tuple[float, NDArray]:
        logs, gradient = self._program.loss_and_gradient(self._feed, point)
        self._seen = point.copy(), logs
        pull = self._alpha * point
        return logs["loss"] + float(pull @ point) / 2, gradient + pull


def flatten(arrays: Sequence[NDArray]) -> NDArray:
    """Return all entries in one float64 vector, as SciPy computes."""
    return np.concatenate([np.asarray(a, np.float64).ravel() for a in arrays])


def unflatten(flat: NDArray, like: Sequence[NDArray]) -> Weights:
    """Return the entries in arrays of these shapes and types."""
    ends = np.cumsum([array.size for array in like])[:-1]
    return [
        part.reshape(array.shape).astype(array.dtype)
        for part, array in zip(np.split(flat, ends), like, strict=True)
    ]
