"""What is to be said of a training that has ended: an error, or a warning."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skmlp._estimators.constant_prediction import constant_far_below
from skmlp._estimators.divergence import cause_of, outputs_are_finite
from skmlp._estimators.user_warnings import warn
from skmlp._job import Job, Trained
from skmlp._named.optimizers import takes_steps


def check_finite(job: Job, trained: Trained) -> None:
    """Refuse a training that diverged."""
    losses = np.asarray(trained.history["loss"])
    finite = np.isfinite(losses)
    if finite.all() and outputs_are_finite(job, trained.weights):
        return
    what, value = "outputs", "infinite or nan"
    epoch = len(losses)
    if not finite.all():
        epoch = int(finite.argmin()) + 1
        what, value = "loss", "infinite" if np.isinf(losses[epoch - 1]) else "nan"
    raise ValueError(f"The {what} became {value} at epoch {epoch}. {cause_of(job)}")


def check_monitor(estimator: Any, job: Job, trained: Trained) -> None:
    """Refuse to stop by, or warn of, what was no number in any epoch."""
    is_stopped_by = job.stopping.keep_best
    name = job.stopping.monitor if is_stopped_by else "val_score"
    values = trained.history.get(name, [])
    if not values or not np.isnan(np.asarray(values, np.float64)).all():
        return
    if not is_stopped_by and estimator.monitor == "loss":
        return  # R² of a single sample, which nobody asked for
    message = (
        "monitor needs a loss or a score that is a number. Got nan in each of "
        f"{len(values)} epochs from {estimator.monitor!r}. "
        f"{_why_nan(estimator, job)}"
    )
    if is_stopped_by and trained.ending != "interrupted":
        raise ValueError(message)
    warn(message)


def _why_nan(estimator: Any, job: Job) -> str:
    """Return what to do about validation data, or a scorer, that give nan."""
    validation = job.validation
    if validation is not None:
        features = validation.features()
        values = getattr(features, "data", features)  # of a sparse matrix
        if not np.isfinite(np.asarray(values)).all():
            return "Fill in what is nan or infinite in the validation samples."
    if estimator.monitor == "loss":
        return "Look at the validation samples, or set early_stopping=False."
    return (
        "Use another scorer, or validation samples that it can score: one without a "
        "sample of some class may be too small."
    )


def warn_of_ending(estimator: Any, job: Job, trained: Trained) -> None:
    """Warn of a fit that was interrupted, failed, or used up its epochs."""
    if trained.ending == "interrupted":
        warn(
            "Training was interrupted after epoch "
            f"{len(trained.history['loss'])}. The weights of the best epoch, "
            f"{trained.best_epoch}, are kept."
        )
        return
    constant = constant_far_below(job, trained)
    if constant is not None:
        losses = trained.history["loss"]
        loss = losses[trained.best_epoch - 1]
        warn(
            "A trained network has a loss below that of a constant prediction, "
            f"{constant:.4g}. Got {loss:.4g}. "
            f"{cause_of(job, is_falling=loss < losses[0])}",
            ConvergenceWarning,
        )
    elif trained.ending == "all epochs" and estimator.tol is not None:
        warn(
            f"{_unfinished(estimator)} when epochs={estimator.epochs} were used up. "
            f"{_longer(job)}",
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


def _longer(job: Job) -> str:
    """Return what lets training come to its end."""
    optimizer = job.recipe.optimizer
    if optimizer.engine is not None:
        return "Raise epochs, or tol."
    if optimizer.rate is None:
        return "Raise epochs, or learning_rate."
    return f"Raise epochs, or learning_rate (now {optimizer.rate:.4g})."
