"""Training: jobs in, what became of them out.

==============  ======================================================================
module          responsible for
==============  ======================================================================
``__init__``    :func:`train`, and the choice of the engine
``loop``        begin, train an epoch, validate, end
``watch``       the best epoch, the history, and when to stop
``callbacks``   the user's Keras callbacks, and the model that they see
``progress``    the bar and the lines of ``verbose``
``engine``      what an engine has to do
``compiled``    an epoch as one compiled TensorFlow call, in programs kept for reuse
``lbfgs``       SciPy's L-BFGS on all samples at once
``keras_fit``   Keras' own ``Model.fit``, through scikeras, on every Keras backend
==============  ======================================================================

No engine knows an estimator, and all of them minimise the functions of
:mod:`skmlp._keras.functional` on the same batches, so from equal weights they give
equal networks up to rounding.

All modules but ``__init__``, ``watch`` and ``engine`` import Keras, so they are
imported at the first fit: predicting needs none of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from importlib import import_module

from skmlp._job import Job, Trained
from skmlp._keras.quirks import float64_allowed, release_model
from skmlp._keras.start import check_context, import_keras

__all__ = ["choose_engine", "train"]

# The engines, and the modules whose ``train`` takes a job.
ENGINES = {
    "compiled": "skmlp._training.compiled",
    "keras_fit": "skmlp._training.keras_fit",
    "lbfgs": "skmlp._training.lbfgs",
}


def train(jobs: Sequence[Job], *, engine: str | None = None) -> list[Trained]:
    """Return what training gives for each job.

    Parameters
    ----------
    jobs : sequence of Job
        What is to be trained.
    engine : str, default=None
        Forces one of ``ENGINES``; ``None`` chooses by :func:`choose_engine`.
    """
    check_context()  # again: it may be another process than that of the preparation
    return [_train_one(job, engine or choose_engine(job)) for job in jobs]


def _train_one(job: Job, engine: str) -> Trained:
    in_float64 = job.network.dtype == "float64"
    try:
        with float64_allowed() if in_float64 else contextlib.nullcontext():
            trained: Trained = import_module(ENGINES[engine]).train(job)
        return trained
    finally:
        for callback in job.callbacks:
            release_model(callback)


def choose_engine(job: Job) -> str:
    """Return the engine for a job on the Keras backend in use.

    The compiled engine needs TensorFlow, an optimizer that can be a pure function, and
    callbacks that wait for the end of the epoch.
    """
    import_keras()
    from skmlp._keras.pure import is_pure
    from skmlp._keras.quirks import backend_is_tensorflow
    from skmlp._training.callbacks import need_batches

    optimizer = job.recipe.optimizer
    if optimizer.engine is not None:
        return optimizer.engine
    if (
        backend_is_tensorflow()
        and is_pure(optimizer)
        and not need_batches(job.callbacks)
    ):
        return "compiled"
    return "keras_fit"
