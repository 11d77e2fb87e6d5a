"""How estimators learned, epoch by epoch."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skmlp.inspection._axes import new_axes
from skmlp.inspection._fitted import by_name, network_in


class TrainingCurveDisplay:
    """Loss or score of estimators after each epoch of their training.

    Training and validation curve of an estimator share a colour; the training curve is
    dashed. A dot marks the epoch whose weights were kept, where early stopping or
    Ctrl-C chose it. Make one with :meth:`from_estimator` or :meth:`from_estimators`.

    Parameters
    ----------
    curves : dict of str to (training, validation)
        For each estimator's name two array-likes of shape (n_epochs,), of which one may
        be None.

    metric : str, default="loss"
        What the curves show, as it stands at the vertical axis.

    best_epochs : dict of str to int, default=None
        Epochs to mark, counted from 1, by the name of the estimator; None marks none.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn on.

    figure_ : matplotlib Figure
        The figure that holds them.

    lines_ : list of matplotlib Line2D
        The curves, in the order drawn: training, then validation, of each estimator.

    markers_ : dict of str to matplotlib Line2D
        The dots at the best epochs, by the name of the estimator.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores for growing training sets.

    Notes
    -----
    Keras' training values are means over the epoch, while the weights still change;
    validation values are taken at its end. Early in training, validation may therefore
    look better than training.

    Examples
    --------
    >>> from skmlp.inspection import TrainingCurveDisplay
    >>> curves = {"32-16": ([0.9, 0.5, 0.4], [0.6, 0.5, 0.5])}
    >>> display = TrainingCurveDisplay(curves, metric="loss").plot()
    >>> len(display.lines_)
    2
    """

    def __init__(self, curves, *, metric="loss", best_epochs=None):
        self.curves = curves
        self.metric = metric
        self.best_epochs = best_epochs

    @classmethod
    def from_estimator(
        cls, estimator, *, metric="loss", name=None, ax=None, **line_kwargs
    ):
        """Draw the curves of one estimator.

        Parameters
        ----------
        estimator : estimator
            Fitted estimator with a ``history_`` as Keras records it, or with the
            ``loss_curve_`` of scikit-learn's networks; or a pipeline or search that
            ends in one.

        metric : {"loss", "accuracy", "score"}, default="loss"
            Which curve. ``"accuracy"`` is there for classifiers. ``"score"`` is the
            ``validation_scores_``: the accuracy or R², or what ``monitor`` names, which
            is not measured in training.

        name : str, default=None
            Name in the legend; None is the estimator's class.

        ax : matplotlib Axes, default=None
            Axes to draw on, beside what is there; None makes new ones.

        **line_kwargs : dict
            Passed to ``ax.plot`` for each curve.

        Returns
        -------
        display : TrainingCurveDisplay
            The display, drawn.
        """
        named = [estimator] if name is None else {name: estimator}
        return cls.from_estimators(named, metric=metric, ax=ax, **line_kwargs)

    @classmethod
    def from_estimators(cls, estimators, *, metric="loss", ax=None, **line_kwargs):
        """Draw the curves of several estimators into one picture.

        Parameters
        ----------
        estimators : dict of str to estimator, or list of estimator
            Fitted estimators, by the name that the legend gives them or to be named
            after their classes.

        metric : {"loss", "accuracy", "score"}, default="loss"
            Which curve, as for :meth:`from_estimator`.

        ax : matplotlib Axes, default=None
            Axes to draw on, beside what is there; None makes new ones.

        **line_kwargs : dict
            Passed to ``ax.plot`` for each curve.

        Returns
        -------
        display : TrainingCurveDisplay
            The display, drawn.
        """
        networks = {
            name: network_in(estimator)
            for name, estimator in by_name(estimators).items()
        }
        curves = {name: _curves(network, metric) for name, network in networks.items()}
        best_epochs = {name: _best_epoch(network) for name, network in networks.items()}
        return cls(curves, metric=metric, best_epochs=best_epochs).plot(
            ax=ax, **line_kwargs
        )

    def plot(self, ax=None, **line_kwargs):
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on, beside what is there; None makes new ones.

        **line_kwargs : dict
            Passed to ``ax.plot`` for each curve.

        Returns
        -------
        display : TrainingCurveDisplay
            This display.
        """
        from matplotlib.cbook import normalize_kwargs
        from matplotlib.lines import Line2D
        from matplotlib.ticker import MaxNLocator

        line_kwargs = normalize_kwargs(line_kwargs, Line2D)  # "ls" is "linestyle"
        self.ax_ = new_axes() if ax is None else ax
        self.figure_ = self.ax_.figure
        self.lines_ = []
        self.markers_ = {}
        for name in self.curves:
            self._plot_one(name, line_kwargs)
        self.ax_.set(xlabel="Epoch", ylabel=self.metric.capitalize())
        self.ax_.xaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10], integer=True))
        self.ax_.legend()
        return self

    def _plot_one(self, name, line_kwargs):
        """Draw the curves of one estimator in one colour, and mark its best epoch."""
        color = {}
        training, validation = self.curves[name]
        for part, values, linestyle in [
            ("training", training, "--"),
            ("validation", validation, "-"),
        ]:
            if values is None:
                continue
            # A single epoch makes no line, only a point.
            style = {"marker": "o"} if len(values) == 1 else {}
            style |= {"linestyle": linestyle} | color | line_kwargs
            epochs = np.arange(1, len(values) + 1)
            (line,) = self.ax_.plot(epochs, values, label=f"{name}, {part}", **style)
            color = {"color": line.get_color()}
            self.lines_.append(line)
        best = (self.best_epochs or {}).get(name)
        if best is not None:
            # On the curve drawn last: what was validated, where anything was.
            (self.markers_[name],) = self.ax_.plot(
                best,
                line.get_ydata()[best - 1],
                marker="o",
                linestyle="none",
                label=f"{name}, best epoch: {best}",
                **color,
            )


def _curves(network, metric):
    history = _history(network)
    curve = metric
    if metric == "score":
        curve = "score" if "val_score" in history else "accuracy"
    training, validation = history.get(curve), history.get(f"val_{curve}")
    if training is None and validation is None:
        recorded = sorted({name.removeprefix("val_") for name in history})
        raise ValueError(
            f"metric must be one of the curves that were recorded, {recorded}. Got "
            f"{metric!r}. Choose one of them, or fit with validation data."
        )
    return training, validation


def _best_epoch(network):
    """Return the epoch, from 1, whose weights were chosen, where one was."""
    stopped_early = getattr(network, "early_stopping", False)
    if hasattr(network, "best_epoch_"):
        # Ctrl-C may have chosen an epoch too; else it is the last.
        chosen = stopped_early or network.best_epoch_ != len(network.history_["loss"])
        return network.best_epoch_ if chosen else None
    scores = getattr(network, "validation_scores_", None)  # of scikit-learn's MLP
    chosen = stopped_early and scores is not None
    return int(np.argmax(scores)) + 1 if chosen else None


def _history(network):
    """Return the curves by Keras' names of them."""
    if hasattr(network, "history_"):
        return network.history_
    check_is_fitted(network)
    if not hasattr(network, "loss_curve_"):
        raise ValueError(
            "Training curves need an estimator that records its epochs, in history_ or "
            f"loss_curve_. Got {type(network).__name__}, which has neither. Train it "
            "by epochs."
        )
    history = {"loss": network.loss_curve_}
    if getattr(network, "validation_scores_", None) is not None:
        history["val_score"] = network.validation_scores_
    return history
