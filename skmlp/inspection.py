"""Look at how an estimator learned and at what it gets wrong.

Matplotlib is imported when something is drawn: estimators need it for nothing else.
"""

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.validation import check_is_fitted

__all__ = ["ConfidentErrorsDisplay", "TrainingCurveDisplay"]


class TrainingCurveDisplay:
    """Loss or accuracy of estimators after each epoch of their training.

    Training and validation curve of an estimator share a colour; the training curve is
    dashed. Make one with :meth:`from_estimator` or :meth:`from_estimators`.

    Parameters
    ----------
    curves : dict of str to (training, validation)
        For each estimator's name two array-likes of shape (n_epochs,), of which the
        second may be None.

    metric : str, default="loss"
        What the curves show, as it stands at the vertical axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn on.

    figure_ : matplotlib Figure
        The figure that holds them.

    lines_ : list of matplotlib Line2D
        The curves, in the order drawn: training, then validation, of each estimator.

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

    def __init__(self, curves, *, metric="loss"):
        self.curves = curves
        self.metric = metric

    @classmethod
    def from_estimator(
        cls, estimator, *, metric="loss", name=None, ax=None, **line_kwargs
    ):
        """Draw the curves of one estimator.

        Parameters
        ----------
        estimator : estimator
            Fitted estimator with a ``history_``, or a pipeline that ends in one.

        metric : {"loss", "accuracy"}, default="loss"
            Which curve; ``"accuracy"`` is there for classifiers.

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
        name = type(_last_step(estimator)).__name__ if name is None else name
        return cls.from_estimators(
            {name: estimator}, metric=metric, ax=ax, **line_kwargs
        )

    @classmethod
    def from_estimators(cls, estimators, *, metric="loss", ax=None, **line_kwargs):
        """Draw the curves of several estimators into one picture.

        Parameters
        ----------
        estimators : dict of str to estimator
            Fitted estimators by the name that the legend gives them.

        metric : {"loss", "accuracy"}, default="loss"
            Which curve; ``"accuracy"`` is there for classifiers.

        ax : matplotlib Axes, default=None
            Axes to draw on, beside what is there; None makes new ones.

        **line_kwargs : dict
            Passed to ``ax.plot`` for each curve.

        Returns
        -------
        display : TrainingCurveDisplay
            The display, drawn.
        """
        curves = {
            name: _curves(_last_step(estimator), metric)
            for name, estimator in estimators.items()
        }
        return cls(curves, metric=metric).plot(ax=ax, **line_kwargs)

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
        from matplotlib.ticker import MaxNLocator

        ax = _new_axes() if ax is None else ax
        self.lines_ = []
        for name, (training, validation) in self.curves.items():
            epochs = np.arange(1, len(training) + 1)
            # A single epoch makes no line, only a point.
            shape = {"marker": "o"} if len(epochs) == 1 else {}
            style = shape | {"linestyle": "--"} | line_kwargs
            (line,) = ax.plot(epochs, training, label=f"{name}, training", **style)
            self.lines_.append(line)
            if validation is not None:
                style = shape | {"color": line.get_color()} | line_kwargs
                self.lines_ += ax.plot(
                    epochs, validation, label=f"{name}, validation", **style
                )
        ax.set(xlabel="Epoch", ylabel=self.metric.capitalize())
        ax.xaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10], integer=True))
        ax.legend()
        self.ax_ = ax
        self.figure_ = ax.figure
        return self


class ConfidentErrorsDisplay:
    """The images that a classifier gets wrong with the greatest confidence.

    Each image stands under the class that was predicted for it, the true one, and the
    predicted probability. Make one with :meth:`from_estimator` or
    :meth:`from_predictions`.

    Parameters
    ----------
    images : ndarray of shape (n_errors, height, width)
        The images, the most confident error first.

    y_true : ndarray of shape (n_errors,)
        Their classes.

    y_pred : ndarray of shape (n_errors,)
        The classes predicted.

    confidence : ndarray of shape (n_errors,)
        The probabilities of the predicted classes.

    Attributes
    ----------
    axes_ : list of matplotlib Axes
        One for each image.

    figure_ : matplotlib Figure
        The figure that holds them.

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : Which classes are taken for which.

    Examples
    --------
    >>> import numpy as np
    >>> from skmlp.inspection import ConfidentErrorsDisplay
    >>> X = np.eye(4)
    >>> y_proba = [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.7, 0.3]]
    >>> display = ConfidentErrorsDisplay.from_predictions(
    ...     X, [0, 0, 1, 1], y_proba, image_shape=(2, 2)
    ... )
    >>> display.confidence
    array([0.8, 0.7])
    """

    def __init__(self, images, y_true, y_pred, confidence):
        self.images = images
        self.y_true = y_true
        self.y_pred = y_pred
        self.confidence = confidence

    @classmethod
    def from_estimator(
        cls, estimator, X, y, *, image_shape=(28, 28), n_images=15, ax=None, cmap="gray"
    ):
        """Draw the most confident errors of a fitted classifier.

        Parameters
        ----------
        estimator : estimator
            Fitted classifier with ``predict_proba``.

        X : array-like of shape (n_samples, height * width) or (n_samples, height, \
                width)
            Images, as the classifier takes them.

        y : array-like of shape (n_samples,)
            Their classes.

        image_shape : tuple of int, default=(28, 28)
            Height and width of an image in pixels.

        n_images : int, default=15
            Greatest number of images drawn.

        ax : matplotlib Axes, default=None
            Axes whose place the images take; None makes a new figure.

        cmap : str or matplotlib Colormap, default="gray"
            Colours of the pixels.

        Returns
        -------
        display : ConfidentErrorsDisplay
            The display, drawn.
        """
        return cls.from_predictions(
            X,
            y,
            estimator.predict_proba(X),
            classes=estimator.classes_,
            image_shape=image_shape,
            n_images=n_images,
            ax=ax,
            cmap=cmap,
        )

    @classmethod
    def from_predictions(
        cls,
        X,
        y_true,
        y_proba,
        *,
        classes=None,
        image_shape=(28, 28),
        n_images=15,
        ax=None,
        cmap="gray",
    ):
        """Draw the most confident errors among predicted probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, height * width) or (n_samples, height, \
                width)
            Images.

        y_true : array-like of shape (n_samples,)
            Their classes.

        y_proba : array-like of shape (n_samples, n_classes)
            Predicted probabilities.

        classes : array-like of shape (n_classes,), default=None
            Classes in the order of the columns; None is 0, 1, 2, ...

        image_shape : tuple of int, default=(28, 28)
            Height and width of an image in pixels.

        n_images : int, default=15
            Greatest number of images drawn.

        ax : matplotlib Axes, default=None
            Axes whose place the images take; None makes a new figure.

        cmap : str or matplotlib Colormap, default="gray"
            Colours of the pixels.

        Returns
        -------
        display : ConfidentErrorsDisplay
            The display, drawn.
        """
        X, y_true, y_proba = np.asarray(X), column_or_1d(y_true), np.asarray(y_proba)
        check_consistent_length(X, y_true, y_proba)
        classes = (
            np.arange(y_proba.shape[1]) if classes is None else np.asarray(classes)
        )
        y_pred = classes[y_proba.argmax(axis=1)]
        confidence = y_proba.max(axis=1)
        wrong = np.flatnonzero(y_pred != y_true)
        worst = wrong[np.argsort(-confidence[wrong], kind="stable")][:n_images]
        images = X[worst].reshape(-1, *image_shape)
        return cls(images, y_true[worst], y_pred[worst], confidence[worst]).plot(
            ax=ax, cmap=cmap
        )

    def plot(self, ax=None, *, n_columns=5, cmap="gray"):
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes whose place the images take; None makes a new figure.

        n_columns : int, default=5
            Images in a row.

        cmap : str or matplotlib Colormap, default="gray"
            Colours of the pixels.

        Returns
        -------
        display : ConfidentErrorsDisplay
            This display.
        """
        n_rows = max(1, -(-len(self.images) // n_columns))
        if ax is None:
            ax = _new_axes(figsize=(1.3 * n_columns, 1.75 * n_rows))
        ax.set_axis_off()
        grid = ax.get_subplotspec().subgridspec(n_rows, n_columns)
        self.figure_ = ax.figure
        self.axes_ = []
        for cell, image, true, predicted, confidence in zip(
            grid, self.images, self.y_true, self.y_pred, self.confidence, strict=False
        ):
            image_ax = self.figure_.add_subplot(cell)
            image_ax.imshow(image, cmap=cmap)
            image_ax.set_title(
                f"{predicted}, not {true}\n{100 * confidence:.1f} %", fontsize="medium"
            )
            image_ax.set_axis_off()
            self.axes_.append(image_ax)
        if not self.axes_:
            ax.text(0.5, 0.5, "No errors", ha="center", va="center")
        return self


def _last_step(estimator):
    return estimator[-1] if isinstance(estimator, Pipeline) else estimator


def _curves(estimator, metric):
    check_is_fitted(estimator, "history_")
    history = estimator.history_
    if metric not in history:
        measured = sorted(curve for curve in history if not curve.startswith("val_"))
        raise ValueError(
            f"metric must be one of the curves in history_, {measured}. Got {metric!r}."
        )
    return history[metric], history.get(f"val_{metric}")


def _new_axes(**figure_kwargs):
    from matplotlib import pyplot

    _, ax = pyplot.subplots(layout="constrained", **figure_kwargs)
    return ax
