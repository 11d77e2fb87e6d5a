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
    row, y, weight = job.network.loss_row, job.samples.y, job.samples.weight
    if row.is_correct is not None:
        # Of scores that are all zero, each sample has the same loss.
        y, weight = y[:1], weight[:1]
        constants = [np.zeros(job.network.layer_sizes[-1])]
    else:
        y = y.astype(np.float64)
        constants = [np.mean(y, axis=0), np.median(y, axis=0)]
        if row.output == "exponential":
            constants = [np.log(constants[0])]
    options = job.network.options()
    losses = [
        row.per_sample(
            array_namespace,
            y,
            np.broadcast_to(constant, (len(y), len(constant))),
            options,
        )
        for constant in constants
    ]
    return float(min(np.average(loss, weights=weight) for loss in losses))


def constant_far_below(job: Job, trained: Trained) -> float | None:
    """Return the loss of a constant where that of a fit is far above it, else None."""
    if not len(job.samples):  # of an MLP, whose data are not known
        return None
    losses = trained.history["loss"]
    loss = losses[trained.best_epoch - 1]
    with np.errstate(all="ignore"):  # huge targets, or none above 0
        constant = loss_of_constant(job)
    # Equal targets have no loss, and an ordinary one would be far above it.
    if not 0 < constant < np.inf:
        return None
    factor = _FAR_AND_RISEN if loss > losses[0] else _FAR
    return constant if loss > factor * constant else None
