"""What a classifier gets wrong, with the greatest confidence."""

import numpy as np
from sklearn.utils import check_consistent_length, column_or_1d

from skmlp.inspection._axes import axes_in_place_of


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
        cells, ax = axes_in_place_of(
            ax, len(self.images), n_columns=n_columns, cell_size=(1.3, 1.75)
        )
        self.figure_ = ax.figure
        self.axes_ = cells
        for image_ax, image, true, predicted, confidence in zip(
            cells, self.images, self.y_true, self.y_pred, self.confidence, strict=True
        ):
            image_ax.imshow(image, cmap=cmap)
            image_ax.set_title(
                f"{predicted}, not {true}\n{100 * confidence:.1f} %", fontsize="medium"
            )
            image_ax.set_axis_off()
        if not self.axes_:
            ax.text(0.5, 0.5, "No errors", ha="center", va="center")
        return self
