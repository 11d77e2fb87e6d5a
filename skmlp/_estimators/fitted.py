"""What a fitted network can be asked: outputs, hidden features, its Keras model.

All of it but ``model_`` is NumPy's work, and starts neither Keras nor TensorFlow.
"""

from __future__ import annotations

from numbers import Integral

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skmlp._estimators.features import as_numbers, check_range, explained
from skmlp._estimators.representation import fitted_html
from skmlp._export.to_keras import to_keras
from skmlp._forward import forward


class FittedNetwork(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """The methods that only need what ``fit`` has learned."""

    def transform(self, X):
        """Return the activations of the last hidden layer.

        They are what the output layer is given; without hidden layers, the features
        themselves.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_units)
            Activations, of the type that was trained in.
        """
        return self._activations(X, -1)

    def hidden_activations(self, X, layer=-1):
        """Return the activations of any hidden layer.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.
        layer : int, default=-1
            Number of the layer: 1 is the first hidden layer and -1 the last, 0 are the
            features as the network is given them. ``coefs_[layer]`` is the kernel that
            multiplies these activations.

        Returns
        -------
        ndarray of shape (n_samples, n_units)
            Activations, of the type that was trained in.

        Raises
        ------
        ValueError
            There is no such layer: choose one of those that ``coefs_`` can be indexed
            with.
        """
        return self._activations(X, layer)

    def summary(self):
        """Print the layer table of Keras: layers, output shapes, parameters."""
        self.model_.summary()

    @property
    def model_(self):
        """Keras model of the fitted network, made anew at each access.

        Training or changing it leaves the estimator as it is.
        """
        check_is_fitted(self)
        return to_keras(self._network, self.coefs_, self.intercepts_)

    def __dir__(self):
        """List the attributes that there are.

        scikit-learn looks at each of them to see. Looking at ``model_`` makes it, which
        would start TensorFlow when somebody presses the tab key.
        """
        is_fitted = hasattr(self, "coefs_")
        return [
            name
            for name in object.__dir__(self)
            if (is_fitted if name == "model_" else hasattr(self, name))
        ]

    def __sklearn_is_fitted__(self):
        """Return whether there is a fit: scikit-learn's own look takes longer."""
        return hasattr(self, "coefs_")

    def __sklearn_tags__(self):
        """Return scikit-learn's tags: sparse matrices are taken, two types kept."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _get_fitted_attr_html(self, doc_link=""):
        """Return what scikit-learn shows in notebooks below the parameters."""
        return fitted_html(self, getattr(self, "_network", None), doc_link)

    @property
    def _n_features_out(self):
        """Columns of what ``transform`` returns."""
        return self.coefs_[-1].shape[0]

    def _as_rows(self, X):
        """Return X with one row per sample."""
        return X

    def _validate_X(self, X, name="X", **learned):
        """Return the features of new samples, of any numeric type.

        ``name`` is the caller's argument; ``learned`` are attributes that a fit knows
        already and has not written yet.
        """
        X = self._as_rows(X)
        if not self._needs_validation(X):
            return X
        with explained(X, name, self):
            X = validate_data(self, X, accept_sparse="csr", reset=False)
            return as_numbers(X, name)

    def _needs_validation(self, X):
        """Return whether scikit-learn's validation could do more than return X.

        It takes three times as long as to predict one sample.
        """
        is_plain = type(X) is np.ndarray and X.dtype in (np.float64, np.float32)
        if not is_plain or hasattr(self, "feature_names_in_"):
            return True
        if X.ndim != 2 or X.shape[0] == 0 or X.shape[1] != self.n_features_in_:
            return True
        with np.errstate(over="ignore", invalid="ignore"):
            return not np.isfinite(X.sum())  # as scikit-learn's first glance does

    def _outputs(self, X, out_activation=None):
        """Return the outputs for X, of shape (n_samples, n_outputs)."""
        check_is_fitted(self)
        *hidden, output = self._network.activations
        X = self._validate_X(X)
        check_range(X, self._network.dtype, "X")
        return forward(
            X,
            self.coefs_,
            self.intercepts_,
            [*hidden, out_activation or output],
            divisor=self._network.input_divisor,
        )

    def _activations(self, X, layer):
        """Return what ``coefs_[layer]`` multiplies, for X."""
        check_is_fitted(self)
        n_layers = len(self.coefs_)
        if not isinstance(layer, Integral) or not -n_layers <= layer < n_layers:
            raise ValueError(
                f"layer needs a whole number from {-n_layers} to {n_layers - 1}, with "
                f"{n_layers - 1} hidden layers. Got {layer!r}. 1 is the first hidden "
                "layer, and -1 the last."
            )
        X = self._validate_X(X)
        check_range(X, self._network.dtype, "X")
        return forward(
            X,
            self.coefs_,
            self.intercepts_,
            self._network.activations,
            divisor=self._network.input_divisor,
            n_layers=range(n_layers)[layer],
        )
