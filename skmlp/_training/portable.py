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

from skmlp._compat import graph_rewrites_off, import_scikeras_wrapper
from skmlp._forward import as_dense
from skmlp._network import Network, Weights
from skmlp._training.contract import Samples, Settings, Trained, batches, make_optimizer
from skmlp._training.layers import seed_dropout
from skmlp._training.monitors import EpochObserver, Monitors, Score
from skmlp._training.objective import load_state, trainable_model

BaseWrapper = import_scikeras_wrapper()


class Batches(keras.utils.PyDataset):
    """The batches of an epoch, in an order drawn from the fit's own generator.

    Keras would shuffle with the global state of its backend.
    """

    def __init__(
        self,
        samples: Samples,
        network: Network,
        settings: Settings,
        rng: np.random.RandomState | None,
    ) -> None:
        super().__init__()
        self.samples = samples
        self.network = network
        self.settings = settings
        self.rng = rng
        self._cut(np.arange(len(samples)))

    def _cut(self, order: NDArray) -> None:
        self.batches = list(batches(order, self.settings.batch_size))

    def __len__(self) -> int:
        return len(self.batches)

    def on_epoch_begin(self) -> None:
        """Draw the order of the epoch."""
        if self.rng is not None:
            self._cut(self.settings.epoch_order(len(self.samples), self.rng))

    def __getitem__(self, index: int) -> tuple[Any, NDArray, NDArray]:
        rows = self.batches[index]
        X = as_dense(self.samples.X[rows]).astype(self.network.dtype, copy=False)
        if self.network.input_divisor != 1:
            X /= X.dtype.type(self.network.input_divisor)
        weight = self.samples.weight[rows]
        inputs = (X, weight[:, np.newaxis]) if self.network.batch_norm else X
        return inputs, self.samples.y[rows], weight


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
    model, alpha = trainable_model(network, make_optimizer(settings.optimizer))
    model.set_weights(weights)
    alpha.assign(settings.alpha)
    # Keras would build it while tracing a step, where ScheduleFreeAdamW's copy of the
    # initial weights is lost.
    model.optimizer.build(model.trainable_variables)
    seed_dropout(model, rng)
    if optimizer_state is not None:
        load_state(model.optimizer, optimizer_state)

    monitors = Monitors(settings, score, observer)
    wrapper = _Wrapper(
        model,
        epochs=settings.epochs,
        verbose=settings.verbose,
        callbacks=monitors.around(callbacks),
        shuffle=False,
    )
    with graph_rewrites_off(), monitors.interrupts():
        wrapper.fit(
            Batches(samples, network, settings, rng),
            None,
            validation_data=validation and Batches(validation, network, settings, None),
        )
    return monitors.trained(model)
