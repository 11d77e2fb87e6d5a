"""The values that travel between the estimators and the engines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skmlp._compat import import_keras, schedule_of
from skmlp._network import Weights

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Samples:
    """Encoded data.

    Attributes
    ----------
    X : ndarray of shape (n_samples, n_features)
        Features, of the network's type or uint8.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Class indices for ``"log_loss"``; else one column per output.
    weight : ndarray of shape (n_samples,)
        Positive sample weights.
    """

    X: NDArray
    y: NDArray
    weight: NDArray

    def __len__(self) -> int:
        return self.X.shape[0]


@dataclass(frozen=True)
class Settings:
    """How to train.

    Attributes
    ----------
    optimizer : keras.optimizers.Optimizer or "lbfgs"
        A model to copy; it is never trained with.
    alpha : float
        Strength of the L2 penalty on the kernels.
    batch_size : int
        Samples per gradient step, at most the number of samples.
    epochs : int
        Passes over the data, at most.
    shuffle : bool
        Whether each epoch draws a new order of the samples.
    tol : float or None
        Improvement below which an epoch counts as none; ``None`` trains them all.
    n_iter_no_change : int
        Epochs without improvement after which training ends.
    verbose : int
        Keras' verbosity.
    monitor : {"loss", "val_loss", "val_score"}
        What has to improve.
    keep_best : bool
        Whether the weights of the best epoch are kept, instead of the last.
    max_time : float or None
        Seconds after which no further epoch begins.
    keep_interrupted : bool
        Whether an interrupt ends training, instead of being raised.
    """

    optimizer: keras.optimizers.Optimizer | str
    alpha: float
    batch_size: int
    epochs: int
    shuffle: bool
    tol: float | None
    n_iter_no_change: int
    verbose: int
    monitor: str = "loss"
    keep_best: bool = False
    max_time: float | None = None
    keep_interrupted: bool = False

    def epoch_order(self, n_samples: int, rng: np.random.RandomState) -> NDArray:
        """Return the order in which an epoch takes the samples."""
        if self.shuffle:
            return rng.permutation(np.int32(n_samples)).astype(np.int32, copy=False)
        return np.arange(n_samples, dtype=np.int32)


@dataclass(frozen=True)
class Trained:
    """What training gives.

    Attributes
    ----------
    weights : list of ndarray
        Kernels and biases, in turn.
    history : dict of str to list of float
        One value an epoch, as Keras records it.
    ending : {"all epochs", "stopped", "interrupted"}
        Why training ended.
    best_epoch : int
        Number of the epoch, from 1, whose weights these are.
    optimizer_state : list of ndarray
        Values of the optimizer's variables after the last step.
    """

    weights: Weights
    history: dict[str, list[float]]
    ending: str
    best_epoch: int
    optimizer_state: Weights

    @property
    def converged(self) -> bool:
        """Whether training ended before the last epoch, by itself."""
        return self.ending == "stopped"


def _cosine(rate: float, n_steps: int) -> Any:
    """From the rate down to zero, along half a cosine.

    I. Loshchilov and F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts",
    2017, equation 5.
    """
    return import_keras().optimizers.schedules.CosineDecay(rate, n_steps)


def _onecycle(rate: float, n_steps: int) -> Any:
    """From the rate up to ten times the rate, then along a cosine down to zero.

    L. N. Smith, "A Disciplined Approach to Neural Network Hyper-Parameters: Part 1",
    2018.
    """
    n_rising = max(1, round(0.3 * n_steps))
    return import_keras().optimizers.schedules.CosineDecay(
        rate,
        max(1, n_steps - n_rising),
        warmup_target=10 * rate,
        warmup_steps=n_rising,
    )


SCHEDULES = {"cosine": _cosine, "onecycle": _onecycle}


def make_optimizer(
    optimizer: str | keras.optimizers.Optimizer,
    learning_rate: Any = "auto",
    momentum: float | str = "auto",
    *,
    n_steps: int = 0,
) -> keras.optimizers.Optimizer:
    """Return a new optimizer of the same configuration.

    ``"auto"`` keeps the optimizer's own learning rate or momentum; ``"cosine"`` and
    ``"onecycle"`` lead its own rate through ``n_steps`` gradient steps.
    """
    keras = import_keras()
    if isinstance(optimizer, str):
        named = {"class_name": optimizer, "config": {"name": optimizer}}
        optimizer = keras.optimizers.deserialize(named)
    config = optimizer.get_config()
    if learning_rate == "auto":
        learning_rate = schedule_of(optimizer)
    elif learning_rate in SCHEDULES:
        rate = float(optimizer.learning_rate)
        # TensorFlow takes no whole number beyond 64 bits.
        learning_rate = SCHEDULES[learning_rate](rate, min(n_steps, 2**62))
    if isinstance(learning_rate, Real):
        config["learning_rate"] = float(learning_rate)
    elif learning_rate is not None:  # Keras would look its class up in a registry
        config["learning_rate"] = type(learning_rate).from_config(
            learning_rate.get_config()
        )
    if momentum != "auto" and "momentum" in config:
        config["momentum"] = momentum
    return type(optimizer).from_config(config)


def batches(order: NDArray, batch_size: int) -> Iterator[NDArray]:
    """Cut the order of an epoch into batches; the last may be shorter."""
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]
