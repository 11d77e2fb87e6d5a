"""What all estimators share: parameters, training, and the outputs for new samples.

``fit`` reads from top to bottom: check the parameters, check and encode the data, make
the network, train it, keep what it learned. What differs between classifiers and
regressors is how targets are encoded and outputs are read.
"""

from __future__ import annotations

import warnings
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from skmlp._compat import (
    Interval,
    InvalidParameterError,
    StrOptions,
    check_sample_weight,
    keras_type,
)
from skmlp._estimators.checks import (
    KERAS_CALLBACK,
    as_callbacks,
    as_sizes,
    as_trainable,
    check_finite,
    did_you_mean,
    local_generator,
    trained_type,
    unchanged_on_failure,
    without_weightless,
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
            hint = did_you_mean(params, self._get_param_names())
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
        with unchanged_on_failure(self):
            self._validate_params()
            hidden_layer_sizes = as_sizes(self.hidden_layer_sizes)
            callbacks = as_callbacks(self.callbacks)
            X, y = validate_data(
                self,
                self._as_rows(X),
                y,
                multi_output=True,
                y_numeric=isinstance(self, RegressorMixin),
            )
            X = as_trainable(X)
            samples = self._training_samples(X, y, sample_weight)
            network = self._make_network(samples.X, hidden_layer_sizes)
            validation = self._validation_samples(
                X_val, y_val, sample_weight_val, np.dtype(network.dtype)
            )
            settings = self._settings(len(samples))
            rng = local_generator(self.random_state)
            trained = train(
                network,
                network.initial_weights(rng),
                samples,
                settings,
                validation=validation,
                callbacks=callbacks,
                rng=rng,
            )
            check_finite(trained, settings)
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
                hint = did_you_mean([self.activation], ACTIVATION_NAMES)
            elif "'optimizer' parameter" in str(error):
                hint = did_you_mean([self.optimizer], OPTIMIZER_NAMES)
            raise InvalidParameterError(f"{error}{hint}") from None

    def _as_rows(self, X):
        """Return X with one row per sample."""
        return X

    def _validate_X(self, X):
        """Return the features of new samples, of a type to compute with."""
        return as_trainable(validate_data(self, self._as_rows(X), reset=False))

    def _input_divisor(self, X):
        """Return what the features are divided by before the first layer."""
        return 1.0

    def _training_samples(self, X, y, sample_weight):
        dtype = np.dtype(trained_type(X.dtype))
        weight = check_sample_weight(sample_weight, X, dtype=dtype)
        X, y, weight = without_weightless(X, y, weight)
        self._learn_targets(y)
        weight = self._weigh_classes(y, weight)
        return Samples(*without_weightless(X, self._encode(y, dtype), weight))

    def _validation_samples(self, X_val, y_val, sample_weight_val, dtype):
        if X_val is None and y_val is None:
            return None
        if X_val is None or y_val is None:
            missing = "X_val" if X_val is None else "y_val"
            raise ValueError(
                f"X_val and y_val go together. Got {missing}=None. Pass both or none."
            )
        X_val = self._validate_X(X_val)
        check_consistent_length(X_val, y_val)
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
            dtype=trained_type(X.dtype),
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
