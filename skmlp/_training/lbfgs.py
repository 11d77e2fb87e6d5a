"""L-BFGS on all samples at once, for small data: SciPy's, on the compiled objective.

R. H. Byrd, P. Lu and J. Nocedal, "A Limited Memory Algorithm for Bound Constrained
Optimization", 1995.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize

from skmlp._compat import graph_rewrites_off
from skmlp._network import Network, Weights
from skmlp._training.blocks import Shapes
from skmlp._training.contract import Samples, Settings, Trained, make_optimizer
from skmlp._training.feed import Feed
from skmlp._training.monitors import EpochObserver, Monitors, Score
from skmlp._training.programs import PROGRAMS


def train(
    network: Network,
    weights: Weights,
    samples: Samples,
    settings: Settings,
    *,
    validation: Samples | None = None,
    score: Score | None = None,
    observer: EpochObserver | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    optimizer_state: Weights | None = None,
    rng: np.random.RandomState,
) -> Trained:
    """Minimise by L-BFGS, as :func:`skmlp._training.train` says.

    An epoch is an iteration. Training ends when no entry of the gradient is larger than
    ``tol``, or as the callbacks say.
    """
    monitors = Monitors(settings, score, observer)
    shapes = Shapes.of(samples, settings.batch_size)
    unused = make_optimizer("sgd")
    with (
        PROGRAMS.lend(network, unused, shapes, penalised=False, xla=False) as program,
        graph_rewrites_off(),
    ):
        model = program.model
        model.set_weights(weights)
        model.stop_training = False
        feed = Feed(samples, settings.batch_size)
        if validation is not None:
            validation_feed = Feed(validation, settings.batch_size)
        start, accepted = flatten(weights), weights
        kernels = flatten([np.full(array.shape, array.ndim == 2) for array in weights])
        alpha = settings.alpha / feed.weight_sum * kernels
        # The point of the last evaluation, which the model is at, and its logs.
        seen: tuple[NDArray, dict] = start, {}

        def objective(point: NDArray) -> tuple[float, NDArray]:
            nonlocal seen
            logs, gradient = program.loss_and_gradient(feed, point)
            seen = point.copy(), logs
            pull = alpha * point
            return logs["loss"] + float(pull @ point) / 2, gradient + pull

        def iteration_ends(intermediate_result: OptimizeResult) -> None:
            nonlocal accepted
            point = intermediate_result.x
            if not (seen[1] and np.array_equal(point, seen[0])):
                objective(point)  # the line search went back to an earlier trial
            accepted = unflatten(point, weights)
            epoch = len(monitors.history.epoch)
            logs = {**seen[1], "loss": float(intermediate_result.fun)}
            if validation is not None:
                logs |= program.validate(validation_feed, hooks)
            hooks.on_epoch_end(epoch, logs)
            if model.stop_training or epoch + 1 == settings.epochs:
                raise StopIteration
            hooks.on_epoch_begin(epoch + 1)

        hooks = keras.callbacks.CallbackList(
            monitors.around(callbacks),
            add_history=False,
            add_progbar=settings.verbose != 0,
            model=model,
            epochs=settings.epochs,
            verbose=settings.verbose,
            steps=1,
        )
        hooks.on_train_begin()
        hooks.on_epoch_begin(0)
        with monitors.interrupts():
            minimize(
                objective,
                start,
                jac=True,
                method="L-BFGS-B",
                callback=iteration_ends,
                options={
                    "maxiter": settings.epochs,
                    "maxfun": 100 * settings.epochs,
                    "gtol": settings.tol or 0.0,
                    # Else it would end before the gradient is as small as that.
                    "ftol": 64 * np.finfo(np.float64).eps,
                },
            )
            if not monitors.history.epoch:  # it began at a minimum
                with contextlib.suppress(StopIteration):
                    iteration_ends(OptimizeResult(x=start, fun=objective(start)[0]))
        # The last evaluation may have been a trial that the line search gave up, or
        # that an interrupt ended.
        model.set_weights(accepted)
        if len(monitors.history.epoch) < settings.epochs:
            model.stop_training = True
        hooks.on_train_end()
        return monitors.trained(model)


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
