"""The estimators: scikit-learn's contract around a network and its training.

``fit`` reads from top to bottom: check the parameters, check and encode the data,
make the network, train it, keep what it learned. What differs between classifiers and
regressors is how targets are encoded and outputs are read.
"""

from __future__ import annotations

import contextlib
import difflib
import warnings
from numbers import Integral, Real

import numpy as np
from scipy.special import log_expit
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import (
    check_consistent_length,
    check_random_state,
    column_or_1d,
    compute_class_weight,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from skmlp._compat import (
    Interval,
    InvalidParameterError,
    StrOptions,
    check_sample_weight,
    keras_type,
)
from skmlp._forward import ACTIVATIONS, ALIASES, forward
from skmlp._network import Network
from skmlp._training import Samples, Settings, make_optimizer, train

ACTIVATION_NAMES = {*ACTIVATIONS, *ALIASES}

OPTIMIZER_NAMES = {
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "ftrl",
    "lion",
    "muon",
    "nadam",
    "rmsprop",
    "schedulefreeadamw",
    "sgd",
}

KERAS_CALLBACK = keras_type("keras.callbacks.Callback")

# The loss that goes with each activation of the output layer.
LOSSES = {
    "softmax": "log_loss",
    "logistic": "binary_log_loss",
    "identity": "squared_error",
}


class BaseDense(BaseEstimator):
    """Parameters, training and prediction that all estimators share."""

    _parameter_constraints: dict = {
        "hidden_layer_sizes": [
            "array-like",
            Interval(Integral, 1, None, closed="left"),
        ],
        "activation": [StrOptions(ACTIVATION_NAMES)],
        "optimizer": [
            StrOptions(OPTIMIZER_NAMES),
            keras_type("keras.optimizers.Optimizer"),
        ],
        "learning_rate": [
            StrOptions({"auto"}),
            Interval(Real, 0, None, closed="neither"),
            keras_type("keras.optimizers.schedules.LearningRateSchedule"),
        ],
        "momentum": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "tol": [None, Interval(Real, 0, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "verbose": ["verbose"],
        "callbacks": [None, list, tuple, KERAS_CALLBACK],
        "random_state": ["random_state"],
    }

    def set_params(self, **params):
        """Set parameters of this estimator.

        Parameters
        ----------
        **params : dict
            Names and values.

        Returns
        -------
        self : estimator instance
            This estimator.

        Raises
        ------
        ValueError
            There is no parameter of that name: the message proposes the nearest.
        """
        try:
            return super().set_params(**params)
        except ValueError as error:
            hint = _did_you_mean(params, self._get_param_names())
            raise ValueError(f"{error}{hint}") from None

    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
    ):
        """Train the network from new initial weights.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training samples. float64 is trained in float64, everything else in
            float32, which is faster.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets: labels of any type or one-hot rows for a classifier, numbers for
            a regressor.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples; ``None`` weighs all alike. A sample of
            weight zero counts as absent.
        X_val : array-like of shape (n_val_samples, n_features), default=None
            Validation samples, on which loss and accuracy are recorded after each
            epoch. They change nothing else.
        y_val : array-like of shape (n_val_samples,) or (n_val_samples, n_outputs), \
                default=None
            Targets of ``X_val``.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Non-negative weights of ``X_val``.

        Returns
        -------
        self : estimator instance
            The fitted estimator.

        Raises
        ------
        ValueError
            A parameter or the data are not as documented, or the loss became NaN or
            infinite: the message says what to do. The estimator stays as it was.

        Warns
        -----
        ConvergenceWarning
            All epochs were used while the loss still improved: raise ``epochs`` or
            ``tol``, or set ``tol=None``.
        """
        with _unchanged_on_failure(self):
            self._validate_params()
            hidden_layer_sizes = _as_sizes(self.hidden_layer_sizes)
            callbacks = _as_callbacks(self.callbacks)
            X, y = validate_data(
                self,
                self._as_rows(X),
                y,
                multi_output=True,
                y_numeric=isinstance(self, RegressorMixin),
            )
            X = _as_trainable(X)
            samples = self._training_samples(X, y, sample_weight)
            validation = self._validation_samples(X_val, y_val, sample_weight_val)
            network = self._make_network(samples.X, hidden_layer_sizes)
            settings = self._settings(len(samples))
            rng = _local_generator(self.random_state)
            trained = train(
                network,
                network.initial_weights(rng),
                samples,
                settings,
                validation=validation,
                callbacks=callbacks,
                rng=rng,
            )
            _check_finite(trained, settings)
            self._keep(network, trained)
        if self.tol is not None and not trained.converged:
            warnings.warn(
                f"The loss still improved by more than tol={self.tol} when "
                f"epochs={self.epochs} were used up. Raise epochs or tol, or set "
                "tol=None.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def summary(self):
        """Print the layer table of Keras: layers, output shapes, parameters."""
        self.model_.summary()

    @property
    def model_(self):
        """Keras model of the fitted network, made anew at each access.

        Training or changing it leaves the estimator as it is.
        """
        check_is_fitted(self)
        model = self._network.keras_model()
        layers = zip(self.coefs_, self.intercepts_, strict=True)
        model.set_weights([array for layer in layers for array in layer])
        return model

    def _validate_params(self):
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            hint = ""
            if "'activation' parameter" in str(error):
                hint = _did_you_mean([self.activation], ACTIVATION_NAMES)
            elif "'optimizer' parameter" in str(error):
                hint = _did_you_mean([self.optimizer], OPTIMIZER_NAMES)
            raise InvalidParameterError(f"{error}{hint}") from None

    def _as_rows(self, X):
        """Return X with one row per sample."""
        return X

    def _validate_X(self, X):
        """Return the features of new samples, of a type to compute with."""
        return _as_trainable(validate_data(self, self._as_rows(X), reset=False))

    def _input_divisor(self, X):
        """Return what the features are divided by before the first layer."""
        return 1.0

    def _training_samples(self, X, y, sample_weight):
        dtype = np.dtype(_trained_type(X.dtype))
        weight = check_sample_weight(sample_weight, X, dtype=dtype)
        X, y, weight = _without_weightless(X, y, weight)
        self._learn_targets(y)
        weight = self._weigh_classes(y, weight)
        return Samples(*_without_weightless(X, self._encode(y, dtype), weight))

    def _validation_samples(self, X_val, y_val, sample_weight_val):
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            missing = "X_val" if X_val is None else "y_val"
            raise ValueError(
                f"X_val and y_val go together. Got {missing}=None. Pass both or none."
            )
        X_val = self._validate_X(X_val)
        check_consistent_length(X_val, y_val)
        dtype = np.dtype(_trained_type(X_val.dtype))
        weight = check_sample_weight(sample_weight_val, X_val, dtype=dtype)
        y_val = check_array(y_val, ensure_2d=False, dtype=None, input_name="y_val")
        return Samples(X_val, self._encode(y_val, dtype), weight / weight.mean())

    def _weigh_classes(self, y, weight):
        """Return the weights of the samples, times those of their classes."""
        return weight

    def _make_network(self, X, hidden_layer_sizes):
        hidden = ALIASES.get(self.activation, self.activation)
        output = ALIASES.get(self.out_activation_, self.out_activation_)
        return Network(
            layer_sizes=(X.shape[1], *hidden_layer_sizes, self.n_outputs_),
            activations=(*(hidden for _ in hidden_layer_sizes), output),
            loss=LOSSES[self.out_activation_],
            dtype=_trained_type(X.dtype),
            input_divisor=self._input_divisor(X),
        )

    def _settings(self, n_samples):
        batch_size = 200 if self.batch_size == "auto" else self.batch_size
        return Settings(
            optimizer=make_optimizer(self.optimizer, self.learning_rate, self.momentum),
            alpha=self.alpha,
            batch_size=min(int(batch_size), n_samples),
            epochs=self.epochs,
            shuffle=self.shuffle,
            tol=self.tol,
            n_iter_no_change=self.n_iter_no_change,
            verbose=int(self.verbose),
        )

    def _keep(self, network, trained):
        self._network = network
        self.coefs_ = trained.weights[0::2]
        self.intercepts_ = trained.weights[1::2]
        self.n_layers_ = len(network.layer_sizes)
        self.n_parameters_ = network.n_parameters
        self.history_ = trained.history
        self.loss_curve_ = list(trained.history["loss"])
        self.loss_ = self.loss_curve_[-1]
        self.best_loss_ = min(self.loss_curve_)
        self.n_iter_ = len(self.loss_curve_)
        self.validation_loss_curve_ = trained.history.get("val_loss")
        self.validation_scores_ = trained.history.get("val_accuracy")

    def _outputs(self, X, out_activation=None):
        """Return the outputs for X, of shape (n_samples, n_outputs)."""
        check_is_fitted(self)
        *hidden, output = self._network.activations
        return forward(
            self._validate_X(X),
            self.coefs_,
            self.intercepts_,
            [*hidden, out_activation or output],
            divisor=self._network.input_divisor,
        )


class DenseClassifier(ClassifierMixin, BaseDense):
    r"""Dense neural network classifier.

    Minimises the log loss with a Keras optimizer on mini-batches. The parameters it
    shares with :class:`sklearn.neural_network.MLPClassifier` have its names and its
    defaults. Prefer :class:`DenseMNISTClassifier` for images, whose pixels it scales.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Units of each hidden layer. ``()`` makes a linear model.
    activation : str, default="relu"
        Activation of the hidden layers, by Keras' name, such as ``"relu"``,
        ``"tanh"``, ``"sigmoid"``, ``"gelu"`` or ``"silu"``. scikit-learn's
        ``"identity"`` and ``"logistic"`` are ``"linear"`` and ``"sigmoid"``.
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        Keras' name of the optimizer, or an instance, of which every fit uses a copy.
    learning_rate : float, "auto" or keras LearningRateSchedule, default="auto"
        Length of a gradient step. ``"auto"`` is the optimizer's own: 0.001 for
        ``"adam"``, 0.01 for ``"sgd"``, or what an instance was made with.
    momentum : float in [0, 1) or "auto", default="auto"
        Share of the last step that is taken again. ``"auto"`` is the optimizer's own:
        0 by name, or what an instance was made with. Only used by ``"sgd"`` and
        ``"rmsprop"``.
    alpha : float, default=1e-4
        Strength of the L2 penalty on the kernels, as in scikit-learn; biases are free.
    batch_size : int or "auto", default="auto"
        Samples per gradient step, at most all of them. ``"auto"`` is
        ``min(200, n_samples)``.
    epochs : int, default=200
        Passes over the training data; with ``tol``, the most there can be.
    tol : float or None, default=1e-4
        Improvement of the training loss, in its unit, below which an epoch counts as no
        improvement. ``None`` trains all epochs.
    n_iter_no_change : int, default=10
        Epochs in a row without improvement that are allowed. Only used when ``tol`` is
        not None.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, multiplied into the sample weights. ``"balanced"`` weighs
        a class by the inverse of its frequency; ``None`` weighs all alike.
    shuffle : bool, default=True
        Whether each epoch takes the samples in a new order.
    verbose : int, default=0
        0 is silent; 1 and 2 show Keras' progress of each epoch.
    callbacks : list of keras.callbacks.Callback, default=None
        Called during training as by ``keras.Model.fit``. One that needs single batches
        makes training as slow as there.
    random_state : int, RandomState instance or None, default=None
        Seeds initial weights and shuffling. Equal seeds give equal bits. ``None`` takes
        a seed from the operating system, and leaves NumPy's global state alone.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels seen in ``fit``, sorted.
    coefs_ : list of ndarray of shape (n_in, n_out)
        Kernels, from the first hidden layer to the output layer.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases, in the same order.
    n_layers_ : int
        Layers, counting the features and the outputs.
    n_outputs_ : int
        Units of the output layer: 1 for two classes.
    n_parameters_ : int
        Weights and biases in all.
    out_activation_ : str
        Activation of the output layer: ``"softmax"``, or ``"logistic"`` for two classes.
    loss_ : float
        Training loss of the last epoch, with the penalty, in nats.
    loss_curve_ : list of float
        Training loss of each epoch.
    best_loss_ : float
        The least of ``loss_curve_``.
    n_iter_ : int
        Epochs that were trained.
    history_ : dict of str to list of float
        What Keras records of each epoch: ``"loss"``, ``"accuracy"``, and with
        validation data ``"val_loss"`` and ``"val_accuracy"``.
    validation_loss_curve_ : list of float or None
        Loss on the validation data after each epoch, in nats.
    validation_scores_ : list of float or None
        Accuracy on the validation data after each epoch.
    model_ : keras.Model
        Keras model of the fitted network, made when asked for.
    n_features_in_ : int
        Features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where ``X`` had names that are all strings.

    See Also
    --------
    DenseMNISTClassifier : The same with the defaults for images of digits.
    DenseRegressor : The same for targets that are numbers.
    sklearn.neural_network.MLPClassifier : scikit-learn's own network.

    Notes
    -----
    For a mini-batch with losses :math:`l_i` and weights :math:`w_i` the objective is

    .. math::

        \frac{\sum_i w_i l_i + \frac{\alpha}{2} \sum_k \|W_k\|_F^2}{\sum_i w_i}

    where :math:`W_k` are the kernels, as in scikit-learn. Differences from
    ``MLPClassifier``:

    - initial biases are zero, as in Keras, not drawn;
    - float32 and integer input is trained in float32, float64 in float64;
    - a ``batch_size`` above the number of samples means one batch, without a warning.

    References
    ----------
    .. [1] D. P. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", 2015.
    .. [2] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep
       feedforward neural networks", 2010.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skmlp import DenseClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = DenseClassifier((16,), epochs=20, tol=None, random_state=0)
    >>> clf = make_pipeline(StandardScaler(), net).fit(X, y)
    >>> clf.predict_proba(X[:2]).shape
    (2, 3)
    """

    _parameter_constraints: dict = {
        **BaseDense._parameter_constraints,
        "class_weight": [None, dict, StrOptions({"balanced"})],
    }

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        *,
        activation="relu",
        optimizer="adam",
        learning_rate="auto",
        momentum="auto",
        alpha=1e-4,
        batch_size="auto",
        epochs=200,
        tol=1e-4,
        n_iter_no_change=10,
        class_weight=None,
        shuffle=True,
        verbose=0,
        callbacks=None,
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.alpha = alpha
        self.batch_size = batch_size
        self.epochs = epochs
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.shuffle = shuffle
        self.verbose = verbose
        self.callbacks = callbacks
        self.random_state = random_state

    def predict(self, X):
        """Return the most probable label of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels out of ``classes_``.
        """
        outputs = self._outputs(X)
        if self.n_outputs_ == 1:
            return self.classes_[(outputs[:, 0] > 0.5).astype(int)]
        return self.classes_[outputs.argmax(axis=1)]

    def predict_proba(self, X):
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities, in the order of ``classes_``; each row sums to 1.
        """
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if self.n_outputs_ == 1 else outputs

    def predict_log_proba(self, X):
        """Return the logarithm of the probability of each class.

        It is computed from the logits, so it stays finite where a probability
        underflows to zero.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Natural logarithms, in the order of ``classes_``.
        """
        if getattr(self, "n_outputs_", None) == 1:
            logits = self._outputs(X, "linear")
            return log_expit(np.hstack([-logits, logits]))
        return self._outputs(X, "log_softmax")

    def score(self, X, y, sample_weight=None):
        """Return the accuracy on samples and their labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.
        y : array-like of shape (n_samples,) or (n_samples, n_classes)
            Labels, or one-hot rows.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        float
            Weighted share of samples whose label is predicted.
        """
        predicted = self.predict(X)
        one_hot = np.asarray(y)
        if _is_table(one_hot):
            y = self.classes_[_one_hot_indices(one_hot, len(self.classes_))]
        return float(accuracy_score(y, predicted, sample_weight=sample_weight))

    def _learn_targets(self, y):
        if _is_table(y):
            _one_hot_indices(y, y.shape[1])
            self.classes_ = np.arange(y.shape[1])
        else:
            y = column_or_1d(y, warn=True)
            check_classification_targets(y)
            self.classes_ = LabelEncoder().fit(y).classes_
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs at least 2 classes in y. Got 1 class: "
                f"{self.classes_.tolist()[0]!r}. Add samples of another class."
            )
        binary = len(self.classes_) == 2
        self.n_outputs_ = 1 if binary else len(self.classes_)
        self.out_activation_ = "logistic" if binary else "softmax"

    def _indices(self, y):
        """Return the positions of labels, or of one-hot rows, in ``classes_``."""
        if _is_table(y):
            return _one_hot_indices(y, len(self.classes_))
        y = column_or_1d(y)
        indices = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        unknown = self.classes_[indices] != y
        if unknown.any():
            raise ValueError(
                f"y_val needs labels that are in y. Got {y[unknown].tolist()[0]!r}, which is not "
                f"one of {self.classes_.tolist()}. Drop those samples."
            )
        return indices

    def _encode(self, y, dtype):
        indices = self._indices(y)
        if self.n_outputs_ > 1:
            return indices.astype(np.int32)
        return indices[:, np.newaxis].astype(dtype)

    def _weigh_classes(self, y, weight):
        if self.class_weight is None:
            return weight
        indices = self._indices(y)
        class_weight = compute_class_weight(
            self.class_weight,
            classes=self.classes_,
            y=self.classes_[indices],
            sample_weight=weight,
        )
        return (weight * class_weight[indices]).astype(weight.dtype)


class DenseRegressor(RegressorMixin, BaseDense):
    r"""Dense neural network regressor.

    Minimises half the squared error with a Keras optimizer on mini-batches, for one or
    several outputs. The parameters it shares with
    :class:`sklearn.neural_network.MLPRegressor` have its names and its defaults.

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Units of each hidden layer. ``()`` makes a linear model.
    activation : str, default="relu"
        Activation of the hidden layers, by Keras' name, such as ``"relu"``,
        ``"tanh"``, ``"sigmoid"``, ``"gelu"`` or ``"silu"``. scikit-learn's
        ``"identity"`` and ``"logistic"`` are ``"linear"`` and ``"sigmoid"``.
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        Keras' name of the optimizer, or an instance, of which every fit uses a copy.
    learning_rate : float, "auto" or keras LearningRateSchedule, default="auto"
        Length of a gradient step. ``"auto"`` is the optimizer's own: 0.001 for
        ``"adam"``, 0.01 for ``"sgd"``, or what an instance was made with.
    momentum : float in [0, 1) or "auto", default="auto"
        Share of the last step that is taken again. ``"auto"`` is the optimizer's own:
        0 by name, or what an instance was made with. Only used by ``"sgd"`` and
        ``"rmsprop"``.
    alpha : float, default=1e-4
        Strength of the L2 penalty on the kernels, as in scikit-learn; biases are free.
    batch_size : int or "auto", default="auto"
        Samples per gradient step, at most all of them. ``"auto"`` is
        ``min(200, n_samples)``.
    epochs : int, default=200
        Passes over the training data; with ``tol``, the most there can be.
    tol : float or None, default=1e-4
        Improvement of the training loss, in its unit, below which an epoch counts as no
        improvement. ``None`` trains all epochs.
    n_iter_no_change : int, default=10
        Epochs in a row without improvement that are allowed. Only used when ``tol`` is
        not None.
    shuffle : bool, default=True
        Whether each epoch takes the samples in a new order.
    verbose : int, default=0
        0 is silent; 1 and 2 show Keras' progress of each epoch.
    callbacks : list of keras.callbacks.Callback, default=None
        Called during training as by ``keras.Model.fit``. One that needs single batches
        makes training as slow as there.
    random_state : int, RandomState instance or None, default=None
        Seeds initial weights and shuffling. Equal seeds give equal bits. ``None`` takes
        a seed from the operating system, and leaves NumPy's global state alone.

    Attributes
    ----------
    coefs_ : list of ndarray of shape (n_in, n_out)
        Kernels, from the first hidden layer to the output layer.
    intercepts_ : list of ndarray of shape (n_out,)
        Biases, in the same order.
    n_layers_ : int
        Layers, counting the features and the outputs.
    n_outputs_ : int
        Columns of the targets.
    n_parameters_ : int
        Weights and biases in all.
    out_activation_ : str
        Activation of the output layer: ``"identity"``.
    loss_ : float
        Training loss of the last epoch, with the penalty, in y² / 2.
    loss_curve_ : list of float
        Training loss of each epoch.
    best_loss_ : float
        The least of ``loss_curve_``.
    n_iter_ : int
        Epochs that were trained.
    history_ : dict of str to list of float
        What Keras records of each epoch: ``"loss"``, and with validation data
        ``"val_loss"``.
    validation_loss_curve_ : list of float or None
        Loss on the validation data after each epoch, in y² / 2.
    model_ : keras.Model
        Keras model of the fitted network, made when asked for.
    n_features_in_ : int
        Features seen in ``fit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where ``X`` had names that are all strings.

    See Also
    --------
    DenseClassifier : The same for targets that are labels.
    sklearn.neural_network.MLPRegressor : scikit-learn's own network.

    Notes
    -----
    For a mini-batch with losses :math:`l_i` and weights :math:`w_i` the objective is

    .. math::

        \frac{\sum_i w_i l_i + \frac{\alpha}{2} \sum_k \|W_k\|_F^2}{\sum_i w_i}

    where :math:`W_k` are the kernels and :math:`l_i` is half the squared error, averaged
    over the outputs. Differences from ``MLPRegressor``:

    - initial biases are zero, as in Keras, not drawn;
    - with several outputs, the gradient is that of the averaged loss, where scikit-learn
      follows the gradient of the sum over outputs;
    - targets of shape (n_samples, 1) give predictions of that shape.

    Scale the targets (:class:`sklearn.compose.TransformedTargetRegressor`) when they are
    far from unit variance.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skmlp import DenseRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> net = DenseRegressor((16,), epochs=20, tol=None, random_state=0)
    >>> reg = make_pipeline(StandardScaler(), net).fit(X, y)
    >>> reg.predict(X[:3]).shape
    (3,)
    """

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        *,
        activation="relu",
        optimizer="adam",
        learning_rate="auto",
        momentum="auto",
        alpha=1e-4,
        batch_size="auto",
        epochs=200,
        tol=1e-4,
        n_iter_no_change=10,
        shuffle=True,
        verbose=0,
        callbacks=None,
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.alpha = alpha
        self.batch_size = batch_size
        self.epochs = epochs
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.shuffle = shuffle
        self.verbose = verbose
        self.callbacks = callbacks
        self.random_state = random_state

    def predict(self, X):
        """Return the predicted targets.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Targets, of as many dimensions as ``y`` had in ``fit``.
        """
        outputs = self._outputs(X)
        return outputs[:, 0] if self._target_is_flat else outputs

    def __sklearn_tags__(self):
        """Return scikit-learn's tags: several outputs are accepted."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _learn_targets(self, y):
        self._target_is_flat = y.ndim == 1
        self.n_outputs_ = 1 if y.ndim == 1 else y.shape[1]
        self.out_activation_ = "identity"

    def _encode(self, y, dtype):
        y = y.reshape(len(y), -1).astype(dtype)  # (n_samples, n_outputs)
        if y.shape[1] != self.n_outputs_:
            raise ValueError(
                f"y_val needs as many outputs as y. Got {y.shape[1]}, and y has "
                f"{self.n_outputs_}. Pass the targets of the same outputs."
            )
        return y


@contextlib.contextmanager
def _unchanged_on_failure(estimator):
    """Put an estimator back into the state it had when the block fails."""
    state = vars(estimator).copy()
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(state)
        raise


def _did_you_mean(given, known):
    """Return a sentence that proposes the nearest known name, if one is near."""
    for name in given:
        if isinstance(name, str) and name not in known:
            for nearest in difflib.get_close_matches(name.lower(), sorted(known), 1):
                return f" Did you mean {nearest!r}?"
    return ""


def _as_sizes(hidden_layer_sizes):
    """Return the units of the hidden layers as a tuple of int."""
    sizes = (
        (hidden_layer_sizes,)
        if isinstance(hidden_layer_sizes, Integral)
        else tuple(hidden_layer_sizes)
    )
    for size in sizes:
        if not isinstance(size, Integral) or isinstance(size, bool) or size < 1:
            raise ValueError(
                "hidden_layer_sizes needs whole numbers of units, each at least 1. Got "
                f"{size!r} in {hidden_layer_sizes!r}. Leave out a layer without units."
            )
    return tuple(int(size) for size in sizes)


def _as_callbacks(callbacks):
    """Return the callbacks as a list of Keras' instances."""
    if callbacks is None:
        return []
    callbacks = list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]
    for callback in callbacks:
        if not isinstance(callback, KERAS_CALLBACK):
            raise TypeError(
                "callbacks needs instances of keras.callbacks.Callback. Got "
                f"{callback!r}. Pass instances, not classes or functions."
            )
    return callbacks


def _trained_type(dtype):
    """Return the type that data of this type are trained in, by name."""
    return "float64" if dtype == np.float64 else "float32"


def _as_trainable(X):
    """Return X as float64, float32, or uint8: what the engines take as it is."""
    if X.dtype in (np.float64, np.float32, np.uint8):
        return X
    return X.astype(np.float32)


def _is_table(y):
    """Return whether an array of targets has several columns."""
    return y.ndim == 2 and y.shape[1] > 1


def _one_hot_indices(y, n_classes):
    """Return the class of each one-hot row, as Keras' ``to_categorical`` makes them."""
    if y.shape[1] != n_classes:
        raise ValueError(
            f"One-hot rows need one column per class. Got {y.shape[1]} columns for "
            f"{n_classes} classes. Pass labels, or to_categorical(y, {n_classes})."
        )
    is_one = y == 1
    if not ((is_one | (y == 0)).all() and (is_one.sum(axis=1) == 1).all()):
        raise ValueError(
            "y needs one label per sample, or one-hot rows with a single 1. Got an array "
            f"of shape {y.shape} that is not one-hot. Pass a 1-d array of labels."
        )
    return is_one.argmax(axis=1)


def _without_weightless(X, y, weight):
    """Return the samples whose weight is not zero."""
    present = weight > 0
    if present.all():
        return X, y, weight
    return X[present], y[present], weight[present]


def _local_generator(random_state):
    """Return a generator that leaves NumPy's global state alone."""
    if random_state is None:
        return np.random.RandomState()
    return check_random_state(random_state)


def _check_finite(trained, settings):
    """Refuse a training that diverged."""
    losses = np.asarray(trained.history["loss"])
    finite = np.isfinite(losses)
    if finite.all() and all(np.isfinite(w).all() for w in trained.weights):
        return
    epoch = len(losses) if finite.all() else int(finite.argmin()) + 1
    value = "infinite" if np.isinf(losses[epoch - 1]) else "nan"
    raise ValueError(
        f"The loss became {value} at epoch {epoch}. The step is too long for the scale "
        "of X. Scale X (StandardScaler), or lower learning_rate (now "
        f"{float(settings.optimizer.learning_rate):.4g})."
    )
