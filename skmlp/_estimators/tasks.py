"""A fit and its epochs as the tasks that scikit-learn's callbacks are told of.

They are the callbacks of :mod:`sklearn.callback`, set by ``set_callbacks``. Those of
the parameter ``callbacks`` are Keras'.
"""

from __future__ import annotations

from skmlp._compat import callback_context


class FitTask:
    """The task of a fit, with a subtask for each epoch.

    Parameters
    ----------
    estimator : estimator instance
        Which is being fitted, and has callbacks.
    X, y, sample_weight : array-like
        As the caller gave them, so that a callback can score with them.
    attributes_of : callable
        Returns the attributes that the estimator would have from what training gives.
    name : str
        Name of the task.
    n_epochs : int
        Epochs, at most.
    """

    def __init__(
        self, estimator, X, y, sample_weight, *, attributes_of, name, n_epochs
    ):
        metadata = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.subject = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self.attributes_of = attributes_of
        self.context = callback_context(estimator, name, n_epochs)
        self.epoch = None
        self.context.call_on_fit_task_begin(**self.subject)

    def epoch_begins(self):
        """Begin the subtask of an epoch."""
        self.epoch = self.context.subcontext("epoch")
        self.epoch.call_on_fit_task_begin(**self.subject)

    def epoch_ends(self, trained):
        """End the subtask of the epoch; return whether a callback wants to stop.

        The weights are copied only for a callback that asks for a fitted estimator.
        """
        epoch, self.epoch = self.epoch, None
        return epoch.call_on_fit_task_end(
            **self.subject,
            reconstruction_attributes=lambda: self.attributes_of(trained()),
        )

    def ends(self):
        """End the task, of an estimator that is fitted by now."""
        if self.epoch is not None:  # an interrupt, or L-BFGS, ended training within it
            self.epoch.call_on_fit_task_end(estimator=self.subject["estimator"])
        self.context.call_on_fit_task_end(**self.subject, reconstruction_attributes={})
