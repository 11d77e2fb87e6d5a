"""The Keras callbacks that end training on both engines."""

from __future__ import annotations

import math

import keras


class StopWithoutImprovement(keras.callbacks.Callback):
    """Stop when the training loss improves no more, as scikit-learn's MLP does.

    An epoch improves when its loss is at most the best so far less ``tol``. Training
    ends at the first of more than ``n_iter_no_change`` epochs in a row that do not.
    """

    def __init__(self, tol: float, n_iter_no_change: int) -> None:
        super().__init__()
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Forget an earlier training."""
        self.best = math.inf
        self.n_without_improvement = 0

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Count epochs without improvement."""
        loss = (logs or {})["loss"]
        if loss > self.best - self.tol:
            self.n_without_improvement += 1
        else:
            self.n_without_improvement = 0
        self.best = min(self.best, loss)
        if self.n_without_improvement > self.n_iter_no_change:
            self.model.stop_training = True


class StopAtNonFiniteLoss(keras.callbacks.Callback):
    """Stop at the end of the epoch in which the loss became NaN or infinite."""

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Look at the loss of the epoch."""
        if not math.isfinite((logs or {})["loss"]):
            self.model.stop_training = True
