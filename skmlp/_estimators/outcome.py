"""What is to be said of a training that has ended: an error, or a warning."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skmlp._estimators.user_warnings import warn
from skmlp._job import Job, Trained
from skmlp._named.optimizers import takes_steps


def check_finite(job: Job, trained: Trained) -> None:
    """Refuse a training that diverged."""
    losses = np.asarray(trained.history["loss"])
    finite = np.isfinite(losses)
    if finite.all() and all(np.isfinite(w).all() for w in trained.weights):
        return
    epoch = len(losses) if finite.all() else int(finite.argmin()) + 1
    value = "infinite" if np.isinf(losses[epoch - 1]) else "nan"
    remedy = "Scale X (StandardScaler)"
    optimizer = job.recipe.optimizer
    if optimizer.engine is None:
        remedy += ", or lower learning_rate"
        if optimizer.rate is not None:
            remedy += f" (now {optimizer.rate:.4g})"
    raise ValueError(
        f"The loss became {value} at epoch {epoch}. The step is too long for the scale "
        f"of X. {remedy}."
    )


def warn_of_ending(estimator: Any, trained: Trained) -> None:
    """Warn of a fit that was interrupted, or used up its epochs."""
    if trained.ending == "interrupted":
        warn(
            "Training was interrupted after epoch "
            f"{len(trained.history['loss'])}. The weights of the best epoch, "
            f"{trained.best_epoch}, are kept."
        )
    if trained.ending == "all epochs" and estimator.tol is not None:
        warn(
            f"{_unfinished(estimator)} when epochs={estimator.epochs} were used up. "
            "Raise epochs or tol, or set tol=None.",
            ConvergenceWarning,
        )


def _unfinished(estimator: Any) -> str:
    """Return what was still going on as the last epoch ended, in words."""
    if estimator.early_stopping:
        watched = "loss" if estimator.monitor == "loss" else "score"
        return (
            f"The validation {watched} still improved by more than tol={estimator.tol}"
        )
    if not takes_steps(estimator.optimizer):
        return f"The gradient still had entries above tol={estimator.tol}"
    return f"The loss still improved by more than tol={estimator.tol}"
