"""Why training diverged: what in the data or the parameters, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from skmlp._forward import as_dense, chunk_rows, forward
from skmlp._job import Job, Network, Samples, Weights

# Standardised data have a scale of 1, and that of images below 1.
_LARGE_SCALE = 10


class Cause(NamedTuple):
    """A sentence on what went wrong, and one on what to do."""

    words: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.words} {self.remedy}"


def cause_of(job: Job, *, is_falling: bool = False) -> Cause:
    """Return the likeliest cause of a loss that is too large, or no number.

    One that ``is_falling`` is large since training is far from its end.
    """
    if not len(job.samples):  # of an MLP, whose data are not known
        return Cause("It was trained elsewhere.", "Train it anew.")
    return _not_finite(job.samples) or _penalty(job) or _scale(job, is_falling)


def _not_finite(samples: Samples) -> Cause | None:
    """Look for what scikit-learn refuses unless it is told to assume finite data."""
    n_bad = {
        "X": sum(_n_not_finite(rows) for rows in _chunks(samples)),
        "y": _n_not_finite(samples.y),
        "sample_weight": _n_not_finite(samples.weight[:, np.newaxis]),
    }
    for name, n in n_bad.items():
        if n:
            return Cause(
                f"{name} is nan or infinite in {n} of {len(samples)} samples.",
                "Fill these values in (SimpleImputer), or drop the samples.",
            )
    return None


def _penalty(job: Job) -> Cause | None:
    """Look for a penalty that outweighs the data."""
    alpha, weight = job.recipe.alpha, float(np.mean(job.samples.weight))
    n = len(job.samples) if job.recipe.optimizer.engine else job.recipe.batch_size
    if alpha <= weight * n:
        return None
    if weight < 0.1:
        return Cause(
            f"The weights, {weight:.4g} in the mean, are tiny beside alpha={alpha:.4g}"
            ", which is divided by their sum.",
            "Divide them by their mean, or lower alpha.",
        )
    return Cause(f"The penalty outweighs the data at alpha={alpha:.4g}.", "Lower it.")


def _scale(job: Job, is_falling: bool) -> Cause:
    """Compare the scales of the data with what steps are made for."""
    remedies = {"X": "scale X (StandardScaler)"}
    scales = {"X": _scale_of_features(job.samples) / job.network.input_divisor}
    if job.network.loss_row.is_correct is None:  # y are numbers
        is_log = job.network.loss_row.output == "exponential"
        remedies["y"] = (
            "divide y by its mean" if is_log else "scale y (TransformedTargetRegressor)"
        )
        scales["y"] = _root_mean_square(job.samples.y)
    large = [name for name in scales if scales[name] > _LARGE_SCALE]
    takes_steps = job.recipe.optimizer.engine is None
    if is_falling:
        words, change = "The steps are too few", "raise epochs"
        if takes_steps:
            change += " or learning_rate"
    elif takes_steps:
        words, change = "The step is too long", "lower learning_rate"
    else:
        words, change = "The objective overflows", ""
        large = large or ["X"]
    rate = job.recipe.optimizer.rate
    if takes_steps and rate is not None:
        change += f" (now {rate:.4g})"
    if large:
        found = " and ".join(f"{name} (about {scales[name]:.2g})" for name in large)
        words += f" for the scale of {found}"
    remedy = ", or ".join(
        filter(None, [" and ".join(remedies[n] for n in large), change])
    )
    return Cause(f"{words}.", f"{remedy[0].upper()}{remedy[1:]}.")


def outputs_are_finite(job: Job, weights: Weights) -> bool:
    """Return whether the network of these weights predicts its own samples."""
    network = job.network
    with np.errstate(all="ignore"):
        coefs, intercepts = network.fold(weights)
        if not all(np.isfinite(array).all() for array in (*coefs, *intercepts)):
            return False
        if _is_bounded(network, coefs, intercepts):
            return True
        return all(
            np.isfinite(
                forward(
                    rows,
                    coefs,
                    intercepts,
                    network.activations,
                    divisor=network.input_divisor,
                )
            ).all()
            for rows in _chunks(job.samples)
        )


def _is_bounded(network: Network, coefs: Weights, intercepts: Weights) -> bool:
    """Return whether no outputs can overflow, without a look at the samples.

    Activations by name are at most as large as their argument, plus one; but one.
    """
    if network.has_functions or "exponential" in network.activations:
        return False
    largest = 1.0
    for kernel, bias in zip(coefs, intercepts, strict=True):
        gain = np.abs(kernel).sum(axis=0, dtype=np.float64).max()
        largest = largest * max(1.0, float(gain)) + float(np.abs(bias).max()) + 1
    # The other half of the digits is for the features.
    return largest < np.sqrt(float(np.finfo(network.dtype).max))


def _chunks(samples: Samples) -> Iterator[NDArray]:
    """Yield the features, some rows at a time."""
    n_rows = chunk_rows(samples.X)
    for start in range(0, len(samples), n_rows):
        yield as_dense(samples.features(slice(start, start + n_rows)))


def _n_not_finite(rows: NDArray) -> int:
    """Return the number of rows that hold a value that is not finite."""
    return int((~np.isfinite(rows).reshape(len(rows), -1).all(axis=1)).sum())


def _scale_of_features(samples: Samples) -> float:
    """Return the root mean square of the feature that has the largest."""
    n = len(samples)
    # Divided first by what is largest, since squares may overflow.
    largest = max(float(np.abs(rows).max()) for rows in _chunks(samples)) or 1.0
    squares = sum(
        np.square(rows / largest, dtype=np.float64).sum(axis=0)
        for rows in _chunks(samples)
    )
    return largest * float(np.sqrt(np.max(squares) / n))


def _root_mean_square(columns: NDArray) -> float:
    """Return the root mean square of the column that has the largest."""
    largest = float(np.abs(columns).max()) or 1.0
    squares = np.square(columns / largest, dtype=np.float64)
    return largest * float(np.sqrt(squares.mean(axis=0).max()))
