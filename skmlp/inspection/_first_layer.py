"""What the units of the first layer look for in an image."""

from math import isqrt
from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skmlp.inspection._axes import axes_in_place_of
from skmlp.inspection._fitted import network_in


class FirstLayerDisplay:
    """The weights of first-layer units as images, one pixel a feature.

    Where a weight is positive, ink in that pixel excites the unit; where it is
    negative, ink inhibits it. All images share one scale, with zero in its middle. Make
    one with :meth:`from_estimator`.

    Parameters
    ----------
    weights : ndarray of shape (n_units, height, width)
        The weights of each unit.

    units : ndarray of shape (n_units,)
        The units' places in the layer, counted from 0.

    Attributes
    ----------
    axes_ : list of matplotlib Axes
        One for each unit.

    figure_ : matplotlib Figure
        The figure that holds them.

    colorbar_ : matplotlib Colorbar
        The scale of the weights.

    See Also
    --------
    ConfidentErrorsDisplay : The images that a classifier gets wrong.

    Notes
    -----
    A pixel that is blank in all training images changes no weight: what is seen there
    is how the weights were drawn, unless ``alpha`` has shrunk it. Weights refer to the
    features as the network gets them, so after a scaler in the pipeline.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skmlp import DenseClassifier
    >>> from skmlp.inspection import FirstLayerDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> clf = DenseClassifier((16,), epochs=5, tol=None, random_state=0).fit(X / 16, y)
    >>> display = FirstLayerDisplay.from_estimator(clf, units=10)
    >>> display.weights.shape
    (10, 8, 8)
    """

    def __init__(self, weights, units):
        self.weights = weights
        self.units = units

    @classmethod
    def from_estimator(
        cls, estimator, *, image_shape=None, units=20, ax=None, cmap="RdBu_r"
    ):
        """Draw what the first layer of a fitted network has learned.

        Parameters
        ----------
        estimator : estimator
            Fitted estimator with ``coefs_``, as scikit-learn's and these networks have
            them, or a pipeline or search that ends in one.

        image_shape : tuple of int, default=None
            Height and width of an image in pixels; None means that images are square.

        units : int or array-like of int, default=20
            How many units, the largest weights first (by the root of their sum of
            squares), or which, counted from 0.

        ax : matplotlib Axes, default=None
            Axes whose place the images take; None makes a new figure.

        cmap : str or matplotlib Colormap, default="RdBu_r"
            Colours of the weights, of which that in the middle is zero.

        Returns
        -------
        display : FirstLayerDisplay
            The display, drawn.
        """
        network = network_in(estimator)
        check_is_fitted(network, "coefs_")
        kernel = network.coefs_[0]  # (n_features, n_units)
        units = _choose_units(units, kernel)
        image_shape = _check_image_shape(image_shape, len(kernel))
        weights = kernel.T[units].reshape(-1, *image_shape)
        return cls(weights, units).plot(ax=ax, cmap=cmap)

    def plot(self, ax=None, *, n_columns=5, cmap="RdBu_r"):
        """Draw the weights.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes whose place the images take; None makes a new figure.

        n_columns : int, default=5
            Images in a row.

        cmap : str or matplotlib Colormap, default="RdBu_r"
            Colours of the weights, of which that in the middle is zero.

        Returns
        -------
        display : FirstLayerDisplay
            This display.
        """
        self.axes_, ax = axes_in_place_of(
            ax,
            len(self.weights),
            n_columns=n_columns,
            cell_size=(1.3, 1.5),
            margin=1.0,  # for the colour bar
        )
        self.figure_ = ax.figure
        limit = np.abs(self.weights).max() or 1.0
        for image_ax, image, unit in zip(
            self.axes_, self.weights, self.units, strict=True
        ):
            drawn = image_ax.imshow(image, cmap=cmap, vmin=-limit, vmax=limit)
            image_ax.set_title(f"unit {unit}", fontsize="medium")
            image_ax.set_axis_off()
        self.colorbar_ = self.figure_.colorbar(
            drawn, ax=self.axes_, label="Weight", fraction=0.05, aspect=30
        )
        return self


def _choose_units(units, kernel):
    n_units = kernel.shape[1]
    if isinstance(units, Integral):
        if units < 1:
            raise ValueError(
                f"units needs to be at least 1. Got {units}. For a single unit by its "
                f"number, pass [{units}]."
            )
        return np.argsort(-np.linalg.norm(kernel, axis=0), kind="stable")[:units]
    units = np.asarray(units)
    if units.ndim != 1 or len(units) == 0 or units.dtype.kind not in "iu":
        raise ValueError(
            f"units must be a number of units or a list of them. Got {units.tolist()}."
            " Pass an int, or ints from 0 on."
        )
    if units.min() < 0 or units.max() >= n_units:
        raise ValueError(
            f"units must be from 0 to {n_units - 1}, as the first layer has {n_units}. "
            f"Got {units.tolist()}. Leave out those that are not there."
        )
    return units


def _check_image_shape(image_shape, n_features):
    if image_shape is None:
        side = isqrt(n_features)
        if side * side != n_features:
            raise ValueError(
                "image_shape=None means square images. Got "
                f"{n_features} features, which make no square. Pass image_shape=(height"
                ", width)."
            )
        return side, side
    if len(image_shape) != 2 or np.prod(image_shape) != n_features:
        raise ValueError(
            "image_shape must be a height and a width whose product is the number of "
            f"features, {n_features}. Got {image_shape}. Pass the shape that the images"
            " had before they became rows."
        )
    return tuple(image_shape)
