"""Training: one contract, :func:`train`, and two engines that keep it.

==============  ======================================================================
module          responsible for
==============  ======================================================================
``__init__``    the contract, and the choice of the engine
``compiled``    an epoch as one compiled TensorFlow call, in programs kept for reuse
``programs``    the compiled programs, and the bounded cache that lends them
``feed``        the samples on the device
``blocks``      the samples in blocks that fit on the device
``lbfgs``       SciPy's L-BFGS on all samples at once
``portable``    Keras' own ``Model.fit``, through scikeras, on every Keras backend
``layers``      the Keras model that is trained
``objective``   the loss, the penalty and the optimizer that both engines minimise
``schedules``   learning rates by name, over the steps of a fit
``monitors``    the Keras callbacks that watch, show and stop training
``contract``    the values that travel between the estimators and the engines
==============  ======================================================================

Both engines take the batches of an epoch from the same function, so from equal weights
they give equal networks up to rounding.

Keras is imported by all of them but ``contract``, and those modules are imported at the
first fit: predicting needs none of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skmlp._compat import (
    float64_allowed,
    import_keras,
    release_model,
    traces_batches,
)
from skmlp._network import Network, Weights
from skmlp._training.contract import Samples, Settings, Trained, make_optimizer

if TYPE_CHECKING:
    import keras

    from skmlp._training.monitors import EpochObserver

__all__ = ["Samples", "Settings", "Trained", "choose_engine", "make_optimizer", "train"]


def train(
    network: Network,
    weights: Weights,
    samples: Samples,
    settings: Settings,
    *,
    validation: Samples | None = None,
    score: Callable[[Weights], float] | None = None,
    observer: EpochObserver | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    optimizer_state: Weights | None = None,
    rng: np.random.RandomState,
    engine: str | None = None,
) -> Trained:
    """Minimise the network's objective from ``weights`` on ``samples``.

    Parameters
    ----------
    network : Network
        Layers and loss.
    weights : list of ndarray
        Initial kernels and biases, in turn. They are not changed.
    samples : Samples
        Training data, encoded for the loss. They are not changed.
    settings : Settings
        Optimizer, batch size, epochs, penalty, stopping.
    validation : Samples, default=None
        Data on which loss and accuracy are recorded after each epoch.
    score : callable, default=None
        Returns a score of weights, greater being better, which is recorded after each
        epoch as ``"val_score"``.
    observer : EpochObserver, default=None
        Is told of each epoch, with what training would give if it ended there, and may
        end it.
    callbacks : sequence of keras.callbacks.Callback, default=()
        The user's callbacks.
    optimizer_state : list of ndarray, default=None
        Values of the optimizer's variables to go on with; ``None`` starts afresh.
    rng : RandomState
        Draws the order of the samples. It belongs to this fit.
    engine : {"compiled", "portable"}, default=None
        Forces an engine; ``None`` chooses by :func:`choose_engine`.

    Returns
    -------
    Trained
        New weights and the history.
    """
    import_keras()
    if settings.optimizer == "lbfgs":
        from skmlp._training import lbfgs as chosen
    elif (engine or choose_engine(callbacks)) == "compiled":
        from skmlp._training import compiled as chosen  # type: ignore[no-redef]
    else:
        from skmlp._training import portable as chosen  # type: ignore[no-redef]
    in_float64 = network.dtype == "float64"
    precision = float64_allowed() if in_float64 else contextlib.nullcontext()
    try:
        with precision:
            return chosen.train(
                network,
                weights,
                samples,
                settings,
                validation=validation,
                score=score,
                observer=observer,
                callbacks=callbacks,
                optimizer_state=optimizer_state,
                rng=rng,
            )
    finally:
        for callback in callbacks:
            release_model(callback)


def choose_engine(callbacks: Sequence[keras.callbacks.Callback] = ()) -> str:
    """Return the engine for these callbacks on the Keras backend in use.

    The compiled engine needs TensorFlow, and cannot stop between two batches. Of what
    Keras' callbacks do at the end of an epoch, one thing is missing there: TensorBoard
    does not draw the graph of operations, only that of the layers.
    """
    keras = import_keras()
    if keras.config.backend() != "tensorflow" or any(map(_needs_batches, callbacks)):
        return "portable"
    return "compiled"


_BATCH_HOOKS = (
    "on_batch_begin",
    "on_batch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)

# Keras' callbacks that define batch hooks, and when these hooks leave everything to the
# end of the epoch.
_IDLE_BETWEEN_BATCHES: dict[str, Callable[[Any], bool]] = {
    "Callback": lambda callback: True,
    "BackupAndRestore": lambda callback: callback.save_freq == "epoch",
    "ModelCheckpoint": lambda callback: callback.save_freq == "epoch",
    "TensorBoard": lambda callback: (
        callback.update_freq == "epoch" and not traces_batches(callback)
    ),
    "TerminateOnNaN": lambda callback: not callback.raise_error,
}


def _needs_batches(callback: keras.callbacks.Callback) -> bool:
    return any(_is_busy(callback, hook) for hook in _BATCH_HOOKS)


def _is_busy(callback: keras.callbacks.Callback, hook: str) -> bool:
    """Return whether a callback does something in a batch hook."""
    if hook in vars(callback):
        return True
    owner = next(cls for cls in type(callback).__mro__ if hook in vars(cls))
    is_idle = _IDLE_BETWEEN_BATCHES.get(owner.__name__)
    is_keras_own = owner is getattr(import_keras().callbacks, owner.__name__, None)
    return not (is_keras_own and is_idle and is_idle(callback))
