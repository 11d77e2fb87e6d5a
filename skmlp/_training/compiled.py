"""The compiled engine: an epoch is one call of a TensorFlow program kept for reuse."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
import numpy as np

from skmlp._compat import graph_rewrites_off, take_resumed_epoch
from skmlp._network import Network, Weights
from skmlp._training.blocks import Shapes
from skmlp._training.contract import Samples, Settings, Trained
from skmlp._training.feed import Feed
from skmlp._training.monitors import EpochObserver, Monitors, Score
from skmlp._training.programs import PROGRAMS, pays_to_compile


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
    """Train epoch by epoch, as :func:`skmlp._training.train` says."""
    monitors = Monitors(settings, score, observer)
    n_steps = math.ceil(len(samples) / settings.batch_size)
    shapes = Shapes.of(samples, settings.batch_size)
    with (
        PROGRAMS.lend(
            network,
            settings.optimizer,
            shapes,
            penalised=settings.alpha > 0,
            weighted=samples.is_weighted,
            xla=pays_to_compile(n_steps * settings.epochs),
        ) as program,
        graph_rewrites_off(),
    ):
        program.load(weights, settings, optimizer_state, rng)
        feed = Feed(samples, settings.batch_size, meanwhile=program.compile_epoch)
        if validation is not None:
            validation_feed = Feed(validation, settings.batch_size)
        model = program.model
        hooks = keras.callbacks.CallbackList(
            monitors.around(callbacks),
            add_history=False,
            add_progbar=settings.verbose != 0,
            model=model,
            epochs=settings.epochs,
            verbose=settings.verbose,
            steps=n_steps,
        )
        hooks.on_train_begin()
        logs: dict = {}
        with monitors.interrupts():
            for epoch in range(take_resumed_epoch(model), settings.epochs):
                hooks.on_epoch_begin(epoch)
                order = settings.epoch_order(len(samples), rng)
                logs = program.train_epoch(feed, order)
                if validation is not None:
                    logs |= program.validate(validation_feed, hooks)
                hooks.on_epoch_end(epoch, logs)
                if model.stop_training:
                    break
        model.optimizer.finalize_variable_values(model.trainable_weights)
        hooks.on_train_end(logs)
        return monitors.trained(model)
