"""The portable engine: Keras' own ``Model.fit``, through scikeras' wrapper.

It runs on every Keras backend, calls batch-level callbacks, and reads one batch of the
data at a time. This is the only module that uses scikeras, and all it uses is
``BaseWrapper`` (its ``fit`` and ``history_``): replacing it is a day's work.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from skmlp._compat import (
    graph_rewrites_off,
    import_scikeras_wrapper,
    use_first_generator_quietly,
)
from skmlp._forward import as_dense
from skmlp._network import Network, Weights
from skmlp._training.contract import Samples, Settings, Trained, batches, make_optimizer
from skmlp._training.layers import seed_dropout
from skmlp._training.monitors import EpochObserver, Monitors, Score
from skmlp._training.objective import load_state, trainable

BaseWrapper = import_scikeras_wrapper()

# Compiling a step on jax takes as long as some seventy steps operation by operation.
_JIT_STEPS = 64


class Batches(keras.utils.PyDataset):
    """The batches of an epoch, in an order that is set before it."""

    def __init__(self, samples: Samples, network: Network, batch_size: int) -> None:
        super().__init__()
        self.samples = samples
        self.network = network
        self.batch_size = batch_size
        self.put_in_order(np.arange(len(samples)))

    def put_in_order(self, order: NDArray) -> None:
        """Take the samples in this order."""
        self.batches = list(batches(order, self.batch_size))

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> tuple[Any, NDArray, NDArray]:
        rows = self.batches[index]
        X = as_dense(self.samples.features(rows)).astype(self.network.dtype, copy=False)
        if self.network.input_divisor != 1:
            X /= X.dtype.type(self.network.input_divisor)
        weight = self.samples.weight[rows]
        inputs = (X, weight[:, np.newaxis]) if self.network.batch_norm else X
        return inputs, self.samples.y[rows], weight


class DrawOrder(keras.callbacks.Callback):
    """Draw the order of each epoch from the fit's own generator, as it begins.

    Keras would shuffle with the global state of its backend, and on jax and torch it
    calls the hooks of a dataset for a look at a batch before the first epoch.
    """

    def __init__(
        self, batches: Batches, settings: Settings, rng: np.random.RandomState
    ) -> None:
        super().__init__()
        self.batches = batches
        self.settings = settings
        self.rng = rng

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Put the batches in the order of this epoch."""
        n_samples = len(self.batches.samples)
        self.batches.put_in_order(self.settings.epoch_order(n_samples, self.rng))


class _Wrapper(BaseWrapper):  # type: ignore[misc, valid-type]
    """scikeras' wrapper, given data that are validated and batches that are cut."""

    def _validate_data(self, X: Any = None, y: Any = None, **_: Any) -> tuple[Any, Any]:
        return X, y


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
    """Train with Keras' ``Model.fit``, as :func:`skmlp._training.train` says."""
    monitors = Monitors(settings, score, observer)
    use_first_generator_quietly()
    training = Batches(samples, network, settings.batch_size)
    model, alpha, *_ = trainable(
        network,
        make_optimizer(settings.optimizer),
        jit=pays_to_jit(len(training) * settings.epochs),
    )
    model.set_weights(weights)
    alpha.assign(settings.alpha)
    # Keras would build it while tracing a step, where ScheduleFreeAdamW's copy of the
    # initial weights is lost.
    model.optimizer.build(model.trainable_variables)
    seed_dropout(model, rng)
    if optimizer_state is not None:
        load_state(model.optimizer, optimizer_state)

    wrapper = _Wrapper(
        model,
        epochs=settings.epochs,
        verbose=settings.verbose,
        callbacks=[
            DrawOrder(training, settings, rng),
            *monitors.around(callbacks),
        ],
        shuffle=False,
    )
    validation_data = validation and Batches(validation, network, settings.batch_size)
    with graph_rewrites_off(), monitors.interrupts():
        wrapper.fit(training, None, validation_data=validation_data)
    return monitors.trained(model)


def pays_to_jit(n_steps: int) -> bool:
    """Return whether a compiled step saves more than it costs in so many steps.

    On TensorFlow Keras traces the step in any case, and what is worth compiling goes to
    the other engine; torch runs it as it is.
    """
    return keras.config.backend() == "jax" and n_steps >= _JIT_STEPS
