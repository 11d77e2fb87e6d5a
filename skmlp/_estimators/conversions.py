"""Ways out, to Keras, scikit-learn and ONNX, and the way in from scikit-learn."""

from __future__ import annotations

from dataclasses import replace

from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skmlp._compat import import_keras
from skmlp._training.contract import make_optimizer

# Keras' losses, by the names of ours, and how many times their value ours is.
_KERAS_LOSSES = {
    "log_loss": ("SparseCategoricalCrossentropy", 1.0),
    "binary_log_loss": ("BinaryCrossentropy", 1.0),
    "squared_error": ("MeanSquaredError", 0.5),
    "absolute_error": ("MeanAbsoluteError", 1.0),
    "poisson": ("Poisson", 1.0),
    "huber": ("Huber", 1.0),
}


class Conversions:
    """What makes a fitted estimator something else, and something else an estimator."""

    def to_keras(self):
        """Return a compiled Keras model of the fitted network, to train further there.

        Its loss, its optimizer and its penalty are those of ``fit``, so
        ``model.fit(X, y, batch_size=...)`` follows the same gradient. ``y`` holds the
        position of each label in ``classes_``, indicators of several labels, or the
        targets of a regressor. What ``fit`` weighs by ``class_weight`` is up to Keras'
        argument of that name.

        Returns
        -------
        keras.Model
            A model that is independent of this estimator. Its optimizer begins afresh,
            at a constant rate if ``learning_rate`` is ``"cosine"`` or ``"onecycle"``,
            which end with a fit.

        Raises
        ------
        ValueError
            The optimizer is ``"lbfgs"``, which Keras has not: set another one first.

        See Also
        --------
        model_ : The same, not compiled.

        Notes
        -----
        The model computes in Keras' own type, ``keras.config.floatx()``, which is
        float32 unless you set another.

        Pixels are divided by ``pixel_scale_``, and units dropped, inside the model.
        Batch normalisation is worked into the kernels and biases.

        ``alpha`` becomes Keras' ``L2(alpha / (2 * batch_size))``, with 200 for
        ``"auto"``: for full batches of samples of weight 1 it is the same penalty.

        A file of the model loads without this package, but for the loss
        ``"quantile"``: Keras has none, so load it with ``compile=False``.
        """
        check_is_fitted(self)
        if self.optimizer == "lbfgs":
            raise ValueError(
                "to_keras needs an optimizer of Keras. Got optimizer='lbfgs'. Set "
                "another one, or compile model_ yourself."
            )
        batch_size = 200 if self.batch_size == "auto" else self.batch_size
        rate = self.learning_rate
        if isinstance(rate, str):  # a schedule by name ends with its fit
            rate = "auto"
        # Keras casts the data and the loss of a model to this type, whatever its own.
        dtype = import_keras().config.floatx()
        network = replace(self._network, dtype=dtype)
        model = self._keras_model(network, l2=self.alpha / (2 * batch_size))
        loss, factor = _keras_loss(network)
        has_accuracy = is_classifier(self) and not self._is_multilabel
        model.compile(
            make_optimizer(self.optimizer, rate, self.momentum),
            loss=loss,
            loss_weights=[factor],
            weighted_metrics=["accuracy"] if has_accuracy else None,
        )
        return model

    def to_sklearn(self):
        """Return scikit-learn's own multi-layer perceptron with the same network.

        Returns
        -------
        MLPClassifier or MLPRegressor
            A fitted one with equal predictions and, as far as it has them, equal
            parameters. Its optimizer begins afresh.

        Raises
        ------
        ValueError
            The hidden layers have different activations, or one that scikit-learn
            lacks: use :meth:`to_onnx`.

        Warns
        -----
        UserWarning
            Parameters of training have no equivalent: predictions are the same, further
            training is not.

        See Also
        --------
        from_sklearn : The way back.

        Notes
        -----
        Where pixels are divided by ``pixel_scale_``, the first kernel is instead, which
        predicts the same: give it pixels as ``fit`` saw them, one row per image, and
        scale them yourself to train it further. ``t_``, the samples that it has seen,
        begins at 0.
        """
        check_is_fitted(self)
        from skmlp._estimators.mlp import to_mlp

        return to_mlp(self)

    @classmethod
    def from_sklearn(cls, mlp):
        """Return a fitted estimator with the network of scikit-learn's own.

        ``partial_fit`` goes on from where its training stood, with the state of its
        optimizer; with ``warm_start=True`` so does ``fit``, with a fresh optimizer.

        Parameters
        ----------
        mlp : MLPClassifier or MLPRegressor
            A fitted one: a classifier for a classifier, a regressor for a regressor.

        Returns
        -------
        estimator instance
            A fitted estimator with equal predictions and equal parameters. It shares
            nothing with ``mlp``.

        Raises
        ------
        NotFittedError
            ``mlp`` is not fitted.
        TypeError
            ``mlp`` is something else: pass the network itself.
        ValueError
            ``mlp`` has a ``learning_rate`` other than ``"constant"``: set that, and
            give the estimator a schedule of Keras.

        See Also
        --------
        to_sklearn : The way out.

        Notes
        -----
        ``optimizer`` is a Keras optimizer instead of a name where its configuration is
        not Keras' own: for Adam with scikit-learn's default ``epsilon=1e-8`` (in Keras
        1e-7), and for Nesterov's momentum. To make such an object or to load it from a
        file imports Keras. ``max_fun`` and ``power_t`` are not taken over.
        """
        from skmlp._estimators.mlp import from_mlp

        return from_mlp(cls, mlp)

    def to_onnx(self, path):
        """Write the fitted network to an ONNX file, for runtimes without Python.

        The graph has an input ``X`` of shape (n_samples, n_features) in the type that
        was trained in, float32 or float64. Of a classifier its outputs are ``label``
        and ``probabilities``, as :meth:`predict` and ``predict_proba`` return them; of
        a regressor ``variable``, of shape (n_samples, n_outputs).

        Parameters
        ----------
        path : str or path-like
            Where to write. A file that is there already is overwritten.

        Raises
        ------
        ModuleNotFoundError
            The package ``onnx`` is not installed: the message says how to.
        ValueError
            An activation is a function, or a label neither a string nor a number.

        Notes
        -----
        The package skl2onnx names the inputs and outputs of scikit-learn's networks
        the same. Pixels are divided by ``pixel_scale_`` inside the graph.
        """
        check_is_fitted(self)
        from skmlp._export import onnx_graph

        onnx_graph.write(
            path,
            self.coefs_,
            self.intercepts_,
            self._network.activations,
            divisor=self._network.input_divisor,
            classes=getattr(self, "classes_", None),
            multilabel=getattr(self, "_is_multilabel", False),
        )


def _keras_loss(network):
    """Return a loss of Keras, and the factor that makes it the network's."""
    if network.loss == "quantile":
        from skmlp._training.objective import LOSSES

        def quantile_loss(y, outputs):
            return LOSSES["quantile"].per_sample(network, y, outputs)

        return quantile_loss, 1.0
    name, factor = _KERAS_LOSSES[network.loss]
    if network.loss == "binary_log_loss":  # Keras averages over several labels
        factor = float(network.layer_sizes[-1])
    loss_class = getattr(import_keras().losses, name)
    return loss_class(reduction="mean_with_sample_weight"), factor
