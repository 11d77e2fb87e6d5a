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
    X : {ndarray, CSR matrix} of shape (n_rows, n_features)
        Features of any numeric type, of these samples and maybe of others. The engines
        cast them as they copy them.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Class indices for ``"log_loss"``; else one column per output.
    weight : ndarray of shape (n_samples,)
        Positive sample weights, of the network's type.
    rows : ndarray of int of shape (n_samples,), default=None
        Where in ``X`` the samples are; ``None`` is all of ``X``.
    """

    X: NDArray
    y: NDArray
    weight: NDArray
    rows: NDArray | None = None

    def __len__(self) -> int:
        return len(self.weight)

    def features(self, which: NDArray | slice | None = None) -> NDArray:
        """Return the features at these positions, or all, sparse where ``X`` is."""
        rows = self.rows if which is None else self._rows_at(which)
        return self.X if rows is None else self.X[rows]

    def take(self, which: NDArray) -> Samples:
        """Return the samples at these positions; their features are not copied."""
        return Samples(self.X, self.y[which], self.weight[which], self._rows_at(which))

    def _rows_at(self, which: Any) -> Any:
        return which if self.rows is None else self.rows[which]

    @property
    def is_weighted(self) -> bool:
        """Whether a weight is not 1."""
        return bool((self.weight != 1).any())

    @property
    def device_type(self) -> np.dtype:
        """Type of the features on the device: bytes stay a quarter of the size."""
        return self.X.dtype if self.X.dtype == np.uint8 else self.weight.dtype


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
        0 is silent, 1 shows a bar of epochs, 2 a line an epoch.
    monitor : {"loss", "val_loss", "val_score"}
        What has to improve.
    keep_best : bool
        Whether the weights of the best epoch are kept, instead of the last.
    max_time : float or None
        Seconds after which no further epoch begins.
    keep_interrupted : bool
        Whether an interrupt ends training, instead of being raised. What is kept then
        are the weights of the best epoch.
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
    elif isinstance(learning_rate, str):
        from skmlp._training.schedules import NAMED_SCHEDULES

        rate = float(optimizer.learning_rate)
        learning_rate = NAMED_SCHEDULES[learning_rate](rate, n_steps)
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
