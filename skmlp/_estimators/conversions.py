"""Ways out, to Keras, scikit-learn and ONNX, and the way in from scikit-learn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from skmlp._estimators.layers import as_sizes
from skmlp._estimators.parameters import NAMES
from skmlp._estimators.prepare import (
    Prepared,
    batch_size_of,
    make_network,
    specify_optimizer,
)
from skmlp._estimators.user_warnings import warn
from skmlp._export.scikit_learn import Curves, from_mlp, mlp_class_for, to_mlp
from skmlp._export.to_keras import to_keras
from skmlp._job import OptimizerSpecification, Recipe, Samples, Seeds, Start
from skmlp._keras.start import import_keras
from skmlp._named.optimizers import OPTIMIZERS, takes_steps


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
        Batch normalisation is folded into the kernels and biases.

        ``alpha`` becomes Keras' ``L2(alpha / (2 * batch_size))``, with 200 for
        ``"auto"``: for full batches of samples of weight 1 it is the same penalty.

        A file of the model loads without this package, but for the loss ``"quantile"``,
        and for ``label_smoothing`` of more than two classes: Keras has no such loss, so
        load it with ``compile=False``.
        """
        check_is_fitted(self)
        if not takes_steps(self.optimizer):
            raise ValueError(
                f"to_keras needs an optimizer of Keras. Got optimizer="
                f"{self.optimizer!r}. Set another one, or compile model_ yourself."
            )
        # A schedule by name ends with its fit.
        rate = "auto" if isinstance(self.learning_rate, str) else self.learning_rate
        return to_keras(
            # Keras casts the data and the loss of a model to this type, whatever its
            # own.
            replace(self._network, dtype=import_keras().config.floatx()),
            self.coefs_,
            self.intercepts_,
            optimizer=specify_optimizer(self, rate),
            l2=self.alpha / (2 * batch_size_of(self)),
        )

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
        mlp, lost = to_mlp(
            self._network,
            self.coefs_,
            self.intercepts_,
            {name: getattr(self, name) for name in NAMES if hasattr(self, name)},
            classes=getattr(self, "classes_", None),
            curves=Curves(self.n_iter_, self.loss_curve_, self.validation_scores_),
        )
        copy_names(self, mlp)
        if lost:
            warn(
                f"{type(mlp).__name__} has no equivalent of {', '.join(lost)}. It "
                "predicts the same, and would train further without."
            )
        return mlp

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
        return _from_sklearn(cls, mlp)

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


def _from_sklearn(cls, mlp):
    mlp_class = mlp_class_for(is_classifier=issubclass(cls, ClassifierMixin))
    if not isinstance(mlp, mlp_class):
        raise TypeError(
            f"{cls.__name__}.from_sklearn needs an {mlp_class.__name__}. Got {mlp!r}. "
            "Pass the fitted network itself, out of a pipeline or search."
        )
    check_is_fitted(mlp)
    parameters, trained = from_mlp(mlp)
    estimator = cls(**parameters)
    job = _job_of(estimator, mlp, trained)
    estimator.n_features_in_ = mlp.n_features_in_
    copy_names(mlp, estimator)
    estimator._keep(job, trained)
    return estimator


def _job_of(estimator, mlp, trained):
    """Return a job of an MLP's network, with no samples, for ``_keep``."""
    targets = estimator._targets_of_mlp(mlp)
    divisor, of_features = estimator._features_of_mlp()
    network = make_network(
        estimator,
        targets,
        (mlp.n_features_in_, *as_sizes(mlp.hidden_layer_sizes)),
        mlp.coefs_[0].dtype,
        divisor,
    )
    nothing = np.empty(0, network.dtype)
    return Prepared(
        network=network,
        recipe=Recipe(
            OptimizerSpecification(OPTIMIZERS[mlp.solver].keras or mlp.solver),
            alpha=mlp.alpha,
            batch_size=1,
            epochs=mlp.max_iter,
            shuffle=mlp.shuffle,
        ),
        samples=Samples(np.empty((0, mlp.n_features_in_)), nothing, nothing),
        seeds=Seeds.draw(estimator.random_state),
        start=Start(trained.weights),
        targets=targets,
        learned={**targets.attributes(), **of_features},
        # The state of an optimizer is for partial_fit.
        is_partial=bool(trained.optimizer_state),
    )


def copy_names(fitted, other):
    """Give another estimator the names of the features."""
    if hasattr(fitted, "feature_names_in_"):
        other.feature_names_in_ = fitted.feature_names_in_.copy()
