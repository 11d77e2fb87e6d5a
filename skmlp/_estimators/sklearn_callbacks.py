"""A fit and its epochs, as the tasks that scikit-learn's callbacks are told of.

They are the callbacks of :mod:`sklearn.callback`, set by ``set_callbacks``. Those of
the parameter ``callbacks`` are Keras'.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skmlp._compat import callback_context, has_callbacks
from skmlp._job import Job, Trained


class FitTask:
    """The task of a fit, with a subtask for each epoch.

    Parameters
    ----------
    estimator : estimator instance
        Which is being fitted, and has callbacks.
    given : tuple
        ``X``, ``y`` and ``sample_weight`` as the caller gave them, so that a callback
        can score with them.
    name : str
        Name of the task.
    n_epochs : int
        Maximum number of epochs.
    """

    def __init__(self, estimator: Any, given: tuple, *, name: str, n_epochs: int):
        X, y, sample_weight = given
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        self._subject = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self._context = callback_context(estimator, name, n_epochs)
        self._epoch: Any = None
        self._job: Job | None = None

    @classmethod
    def if_needed(
        cls, estimator: Any, given: tuple, *, name: str, n_epochs: int
    ) -> FitTask | None:
        """Return the task, if there are callbacks to tell."""
        if not has_callbacks(estimator):
            return None
        return cls(estimator, given, name=name, n_epochs=n_epochs)

    def train_begins(self, job: Job) -> None:
        """Begin the task."""
        self._job = job
        self._context.call_on_fit_task_begin(**self._subject)

    def epoch_begins(self) -> None:
        """Begin the subtask of an epoch."""
        self._epoch = self._context.subcontext("epoch")
        self._epoch.call_on_fit_task_begin(**self._subject)

    def epoch_ends(self, trained: Callable[[], Trained]) -> bool:
        """End the subtask of the epoch; return whether a callback wants to stop.

        The weights are copied only for a callback that asks for a fitted estimator.
        """
        estimator, job = self._subject["estimator"], self._job
        epoch, self._epoch = self._epoch, None
        return epoch.call_on_fit_task_end(
            **self._subject,
            reconstruction_attributes=lambda: (
                vars(estimator) | estimator._learned(job, trained())
            ),
        )

    def ends(self) -> None:
        """End the task, of an estimator that is fitted by now."""
        if self._epoch is not None:  # an interrupt, or L-BFGS, ended training within it
            self._epoch.call_on_fit_task_end(estimator=self._subject["estimator"])
        self._context.call_on_fit_task_end(
            **self._subject, reconstruction_attributes={}
        )
