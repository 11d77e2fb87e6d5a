"""Which architecture does better, and how far training and test set lie apart."""

import numpy as np
from sklearn.metrics import check_scoring

from skmlp.inspection._axes import new_axes
from skmlp.inspection._fitted import by_name, network_in

# Of each metric: its name at the axis, with its unit.
_LABELS = {"accuracy": "Accuracy", "loss": "Loss (nats)"}

# Chance exceeds two standard errors about once in twenty times.
_N_STANDARD_ERRORS = 2


class ArchitectureComparisonDisplay:
    """Training and test performance of architectures, one below the other.

    The line between the two is the gap: where both are low, the architecture underfits;
    where the gap widens, it overfits. Bars reach two standard errors to each side of an
    accuracy. Make one with :meth:`from_comparison` or :meth:`from_estimators`.

    Parameters
    ----------
    names : list of str
        Names of the architectures.

    training : array-like of shape (n_architectures,)
        Performance on the training set.

    test : array-like of shape (n_architectures,)
        Performance on the test set.

    training_error : array-like of shape (n_architectures,), default=None
        Standard errors of `training`; None draws no bars.

    test_error : array-like of shape (n_architectures,), default=None
        Standard errors of `test`; None draws no bars.

    n_parameters : list of int or None, default=None
        Weights and biases of each, for its label; None leaves them out, for one or
        for all.

    metric : str, default="accuracy"
        What was measured, as it stands at the horizontal axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn on.

    figure_ : matplotlib Figure
        The figure that holds them.

    training_, test_ : matplotlib ErrorbarContainer
        The points of the two sets.

    gaps_ : matplotlib LineCollection
        The lines between them.

    See Also
    --------
    skmlp.model_selection.compare_architectures : Measure architectures and compare
        them.
    TrainingCurveDisplay : The same after each epoch.

    Notes
    -----
    Bars that overlap do not mean that a difference is noise: architectures are tested
    on the same samples, and the verdicts of a comparison judge them by those on which
    they disagree.

    Examples
    --------
    >>> from skmlp.inspection import ArchitectureComparisonDisplay
    >>> display = ArchitectureComparisonDisplay(
    ...     ["32-16", "128-128"], training=[0.94, 0.97], test=[0.93, 0.96]
    ... ).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['32-16', '128-128']
    """

    def __init__(
        self,
        names,
        training,
        test,
        *,
        training_error=None,
        test_error=None,
        n_parameters=None,
        metric="accuracy",
    ):
        self.names = names
        self.training = training
        self.test = test
        self.training_error = training_error
        self.test_error = test_error
        self.n_parameters = n_parameters
        self.metric = metric

    @classmethod
    def from_comparison(cls, comparison, *, metric="accuracy", ax=None):
        """Draw what :func:`~skmlp.model_selection.compare_architectures` measured.

        Parameters
        ----------
        comparison : ArchitectureComparison, or list of ArchitectureResult
            The measured architectures.

        metric : {"accuracy", "loss"}, default="accuracy"
            What to show: the share of samples whose class is predicted, or the mean log
            loss in nats.

        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : ArchitectureComparisonDisplay
            The display, drawn.
        """
        if metric not in _LABELS:
            raise ValueError(
                f"metric must be one of {', '.join(map(repr, _LABELS))}. Got "
                f"{metric!r}."
            )
        comparison = list(comparison)
        errors = {}
        if metric == "accuracy":
            errors = {
                f"{part}_error": [
                    getattr(result, part).accuracy_estimate.standard_error
                    for result in comparison
                ]
                for part in ("training", "test")
            }
        return cls(
            [result.name for result in comparison],
            [getattr(result.training, metric) for result in comparison],
            [getattr(result.test, metric) for result in comparison],
            **errors,
            n_parameters=[result.n_parameters for result in comparison],
            metric=metric,
        ).plot(ax=ax)

    @classmethod
    def from_estimators(
        cls, estimators, X_train, y_train, X_test, y_test, *, scoring=None, ax=None
    ):
        """Draw the scores of fitted estimators on their training set and a test set.

        Parameters
        ----------
        estimators : dict of str to estimator, or list of estimator
            Fitted classifiers or regressors, networks or not, by the name at the
            vertical axis or to be named after their classes.

        X_train : {array-like, sparse matrix} of shape (n_train_samples, n_features)
            Features that the estimators were fitted to.

        y_train : array-like of shape (n_train_samples,) or (n_train_samples, \
                n_outputs)
            Targets that they were fitted to.

        X_test : {array-like, sparse matrix} of shape (n_test_samples, n_features)
            Features held out.

        y_test : array-like of shape (n_test_samples,) or (n_test_samples, n_outputs)
            Targets held out.

        scoring : str or callable, default=None
            What to show, as scikit-learn's searches take it; None is each estimator's
            own ``score``.

        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        Returns
        -------
        display : ArchitectureComparisonDisplay
            The display, drawn.
        """
        named = by_name(estimators)
        training, test = (
            [check_scoring(est, scoring)(est, X, y) for est in named.values()]
            for X, y in [(X_train, y_train), (X_test, y_test)]
        )
        return cls(
            list(named),
            training,
            test,
            n_parameters=[_n_parameters(estimator) for estimator in named.values()],
            metric=scoring if isinstance(scoring, str) else "score",
        ).plot(ax=ax)

    def plot(self, ax=None, *, colors=("C0", "C1")):
        """Draw the comparison.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        colors : tuple of two matplotlib colors, default=("C0", "C1")
            Colours of the training and the test set.

        Returns
        -------
        display : ArchitectureComparisonDisplay
            This display.
        """
        if ax is None:
            ax = new_axes(figsize=(6.4, 1.2 + 0.6 * len(self.names)))
        places = np.arange(len(self.names))
        self.gaps_ = ax.hlines(places, self.training, self.test, color="0.6", lw=2)
        self.training_, self.test_ = (
            ax.errorbar(
                values,
                places,
                xerr=None if error is None else _N_STANDARD_ERRORS * np.asarray(error),
                fmt=shape,
                color=color,
                capsize=3,
                label=label,
            )
            for values, error, shape, color, label in [
                (self.training, self.training_error, "s", colors[0], "training set"),
                (self.test, self.test_error, "o", colors[1], "test set"),
            ]
        )
        ax.set_yticks(places, self._labels())
        ax.set_ylim(len(places) - 0.5, -0.5)  # the first on top
        label = self.metric.replace("_", " ").capitalize()
        ax.set_xlabel(_LABELS.get(self.metric, label))
        ax.legend()
        self.ax_ = ax
        self.figure_ = ax.figure
        return self

    def _labels(self):
        if self.n_parameters is None:
            return self.names
        return [
            name if n_parameters is None else f"{name}\n{n_parameters:,} parameters"
            for name, n_parameters in zip(self.names, self.n_parameters, strict=True)
        ]


def _n_parameters(estimator):
    """Return the number of weights and biases of a network, None of anything else."""
    network = network_in(estimator)
    if hasattr(network, "n_parameters_"):
        return network.n_parameters_
    if hasattr(network, "coefs_"):  # scikit-learn's
        return sum(array.size for array in (*network.coefs_, *network.intercepts_))
    return None
