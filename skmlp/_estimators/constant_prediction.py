"""The loss of a prediction that is the same for all samples, to compare a fit with."""

from __future__ import annotations

import numpy as np

from skmlp._job import Job, Trained
from skmlp._named import array_namespace

# A loss so many times that of a constant says that training failed, if it was smaller
# at first; else epochs may just have been few.
_FAR_AND_RISEN = 10
_FAR = 10_000


def loss_of_constant(job: Job) -> float:
    """Return the training loss of a good constant prediction.

    That of classes is the uniform one: of a rare class, epochs may well be too few to
    learn how rare it is. That of numbers is their mean or their median.
    """
    row, samples = job.network.loss_row, job.samples
    is_of_classes = row.is_correct is not None
    y = samples.y if is_of_classes else samples.y.astype(np.float64)
    n_outputs = job.network.layer_sizes[-1]
    constants = [np.zeros(n_outputs)]
    if not is_of_classes:
        with np.errstate(all="ignore"):
            constants = [np.mean(y, axis=0), np.median(y, axis=0)]
            if row.output == "exponential":
                constants = [np.log(constants[0])]
    losses = [
        row.per_sample(
            array_namespace,
            y,
            np.broadcast_to(constant, (len(y), n_outputs)),
            job.network.options(),
        )
        for constant in constants
    ]
    weight = samples.weight.astype(np.float64)
    return float(min(np.average(loss, weights=weight) for loss in losses))


def constant_far_below(job: Job, trained: Trained) -> float | None:
    """Return the loss of a constant where that of a fit is far above it, else None."""
    losses = trained.history["loss"]
    loss = losses[trained.best_epoch - 1]
    with np.errstate(all="ignore"):
        constant = loss_of_constant(job)
    # Equal targets have no loss, and an ordinary one would be far above it.
    if not 0 < constant < np.inf:
        return None
    factor = _FAR_AND_RISEN if loss > losses[0] else _FAR
    return constant if loss > factor * constant else None
