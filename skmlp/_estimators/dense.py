"""What all estimators share: their parameters, and training.

``fit`` reads from top to bottom: check the parameters, check and encode the data, make
the network, train it, keep what it learned. What differs between classifiers and
regressors is how targets are encoded and outputs are read.
"""

from __future__ import annotations

import copy
import warnings

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_array, validate_data

from skmlp._compat import (
    CallbackSupportMixin,
    InvalidParameterError,
    check_sample_weight,
    has_callbacks,
    with_callbacks,
)
from skmlp._estimators.checks import (
    as_activations,
    as_callbacks,
    as_rates,
    as_sizes,
    check_finite,
    check_lbfgs,
    check_same_network,
    check_same_optimizer,
    did_you_mean,
    kind_of,
    local_generator,
    unchanged_on_failure,
    warn_of_slow_type,
)
from skmlp._estimators.conversions import Conversions
from skmlp._estimators.data import (
    Data,
    as_numbers,
    check_dense,
    check_range,
    columns_named,
    trained_type,
    weights_in_type,
    without_weightless,
)
from skmlp._estimators.fitted import FittedNetwork
from skmlp._estimators.holding_out import hold_out
from skmlp._estimators.ineffective import warn_of_ineffective_parameters
from skmlp._estimators.parameters import OPTIMIZER_NAMES
from skmlp._estimators.persistence import CheckedState
from skmlp._estimators.scoring import score_of_weights
from skmlp._estimators.tasks import FitTask
from skmlp._named.activations import ALIASES
from skmlp._network import Network
from skmlp._training import Samples, Settings, make_optimizer, train


class BaseDense(CallbackSupportMixin, FittedNetwork, Conversions, CheckedState):
    """Parameters and training that all estimators share."""

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
        """Train the network, from new initial weights unless ``warm_start=True``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training samples. float64 is trained in float64, everything else in
            float32, which is faster. Sparse matrices are made dense batch by batch.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets: labels of any type or one-hot rows for a classifier, numbers for
            a regressor.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the samples; ``None`` weighs all alike. A sample of
            weight zero counts as absent.
        X_val : array-like of shape (n_val_samples, n_features), default=None
            Validation samples, on which loss and score are recorded after each epoch.
            With ``early_stopping=True`` they decide when to stop, and nothing is held
            out of ``X``; else they change nothing. In a pipeline, give
            ``transform_input=["X_val"]`` so that its transformers reach them.
        y_val : array-like of shape (n_val_samples,) or (n_val_samples, n_outputs), \
                default=None
            Targets of ``X_val``.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Non-negative weights of ``X_val``. Weights of classes do not apply to them.

        Returns
        -------
        self : estimator instance
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            A parameter or the data are not as documented, or the loss became NaN or
            infinite: the message says what to do. After this, as after any other
            error, the estimator is as it was before: unfitted, or fitted to the
            earlier data.

        Warns
        -----
        ConvergenceWarning
            All epochs were used while the loss, or what is monitored, still improved,
            or with L-BFGS while the gradient was not yet small: raise ``epochs`` or
            ``tol``, or set ``tol=None``.
        UserWarning
            A parameter that was set has no effect beside the others; ``X`` in float64
            is trained on a GPU, which is slow; or Ctrl-C ended training with
            ``on_interrupt="keep"``.
        """
        with unchanged_on_failure(self):
            ending = self._fit(
                X,
                y,
                sample_weight,
                validation=(X_val, y_val, sample_weight_val),
                goes_on=self.warm_start and hasattr(self, "coefs_"),
            )
            if ending == "interrupted":
                warnings.warn(
                    f"Training was interrupted after epoch {len(self.loss_curve_)}. "
                    f"The weights of the best epoch, {self.best_epoch_}, are kept.",
                    UserWarning,
                    stacklevel=2,
                )
            if ending == "all epochs" and self.tol is not None:
                warnings.warn(
                    f"{self._unfinished()} when epochs={self.epochs} were used up. "
                    "Raise epochs or tol, or set tol=None.",
                    ConvergenceWarning,
                    stacklevel=2,
                )
        return self

    def _unfinished(self):
        """Return what was still going on as the last epoch ended, in words."""
        if self.early_stopping:
            watched = "loss" if self.monitor == "loss" else "score"
            return (
                f"The validation {watched} still improved by more than tol={self.tol}"
            )
        if self.optimizer == "lbfgs":
            return f"The gradient still had entries above tol={self.tol}"
        return f"The loss still improved by more than tol={self.tol}"

    def _partial_fit(self, X, y, sample_weight):
        """Train one epoch more, with the optimizer and the generator as they are."""
        with unchanged_on_failure(self):
            goes_on = hasattr(self, "coefs_")
            self._fit(X, y, sample_weight, goes_on=goes_on, partial=True)
        return self

    def _fit(
        self,
        X,
        y,
        sample_weight,
        *,
        validation=(None, None, None),
        goes_on=False,
        partial=False,
    ):
        """Check, encode, train and keep; return why training ended.

        ``goes_on`` starts from the weights of an earlier fit, and ``partial`` trains a
        single epoch on data that need not be all there is.
        """
        self._validate_params()
        given = X, y, sample_weight
        hidden_layer_sizes = as_sizes(self.hidden_layer_sizes)
        callbacks = as_callbacks(self.callbacks)
        stacklevel = 4 if partial else 3
        if not (partial and goes_on):
            warn_of_ineffective_parameters(
                self,
                has_validation=any(given is not None for given in validation),
                stacklevel=stacklevel,
            )
        check_dense(y, "y")
        with columns_named(X):
            X, y = validate_data(
                self,
                self._as_rows(X),
                y,
                accept_sparse="csr",
                multi_output=True,
                y_numeric=isinstance(self, RegressorMixin),
                reset=not goes_on,
            )
            X = as_numbers(X, "X")
        weight = check_sample_weight(sample_weight, X, dtype=np.float64)
        X, y, weight = without_weightless(X, y, weight)
        self._learn_targets(y, goes_on=goes_on, partial=partial)
        network = self._make_network(X, hidden_layer_sizes, goes_on=goes_on)
        warn_of_slow_type(network.dtype, stacklevel=stacklevel)
        weight = self._weigh_classes(y, weight, partial=partial)
        by_class = getattr(self, "class_weight", None) is not None
        name = f"sample_weight{' times class_weight' if by_class else ''}"
        weight = weights_in_type(weight, network.dtype, name)
        X, y, weight = without_weightless(X, y, weight)
        is_weighted = sample_weight is not None or by_class
        data = self._data(network, X, y, weight, is_weighted=is_weighted)
        held_out = self._given_validation(network, *validation)

        return self._train(
            network, data, held_out, callbacks, given, goes_on=goes_on, partial=partial
        )

    @with_callbacks
    def _train(self, network, data, held_out, callbacks, given, *, goes_on, partial):
        """Train, tell scikit-learn's callbacks, and keep; return why training ended."""
        if not goes_on:
            vars(self).pop("_split_seed", None)
        weights, optimizer_state, rng = self._start(network, goes_on, partial)
        if self.early_stopping and held_out is None:
            data, held_out = self._hold_out(data, rng, goes_on=goes_on)
        settings = self._settings(len(data.samples), partial)
        if optimizer_state is not None:
            check_same_optimizer(settings.optimizer, self._carried[0])
        task = None
        if has_callbacks(self):
            task = FitTask(
                self,
                *given,
                attributes_of=lambda trained: self._attributes(
                    network, trained, goes_on
                ),
                name="partial_fit" if partial else "fit",
                n_epochs=settings.epochs,
            )
        trained = train(
            network,
            weights,
            data.samples,
            settings,
            validation=held_out.validation_samples() if held_out else None,
            score=score_of_weights(self, network, held_out) if held_out else None,
            observer=task,
            callbacks=callbacks,
            optimizer_state=optimizer_state,
            rng=rng,
        )
        check_finite(trained, settings)
        self._keep(network, trained, goes_on)
        vars(self).pop("_carried", None)
        if partial:
            self._carried = kind_of(settings.optimizer), trained.optimizer_state, rng
        if task is not None:
            task.ends()
        return trained.ending

    def _validate_params(self):
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            hint = ""
            if "'optimizer' parameter" in str(error):
                hint = did_you_mean([self.optimizer], {*OPTIMIZER_NAMES, "lbfgs"})
            raise InvalidParameterError(f"{error}{hint}") from None

    def _input_divisor(self, X):
        """Return what the features are divided by before the first layer."""
        return 1.0

    def _data(self, network, X, y, weight, *, is_weighted):
        """Return data with targets and weights in the network's type."""
        check_range(X, network.dtype, "X")
        targets = self._encode(y, network.dtype)
        return Data(Samples(X, targets, weight), self._as_scored(y), is_weighted)

    def _as_scored(self, y):
        """Return targets as scorers take them."""
        return y

    def _given_validation(self, network, X_val, y_val, sample_weight_val):
        """Return the caller's validation data, if any."""
        if X_val is None and y_val is None and sample_weight_val is None:
            return None
        if X_val is None or y_val is None:
            missing = "X_val" if X_val is None else "y_val"
            raise ValueError(
                f"X_val and y_val go together. Got {missing}=None. Pass both or none."
            )
        X_val = self._validate_X(X_val)
        check_dense(y_val, "y_val")
        y_val = check_array(y_val, ensure_2d=False, dtype=None, input_name="y_val")
        check_consistent_length(X_val, y_val)
        weight = check_sample_weight(sample_weight_val, X_val, dtype=np.float64)
        weight = weights_in_type(weight, network.dtype, "sample_weight_val")
        is_weighted = sample_weight_val is not None
        return self._data(network, X_val, y_val, weight, is_weighted=is_weighted)

    def _hold_out(self, data, rng, *, goes_on):
        """Split data into those to train on and those to validate on.

        A fit that goes on holds out what the fit before it did: else it would validate
        on samples that were trained on.
        """
        if not (goes_on and hasattr(self, "_split_seed")):
            self._split_seed = rng.randint(2**31)
        training, validation = hold_out(
            data.samples.X,
            data.samples.y,
            fraction=self.validation_fraction,
            stratify=self._stratifies(),
            rng=np.random.RandomState(self._split_seed),
        )
        return data.take(training), data.take(validation)

    def _start(self, network, goes_on, partial):
        """Return initial weights, optimizer state, and the generator of the fit."""
        if goes_on:
            weights = self._trained_weights()
            if partial and hasattr(self, "_carried"):
                _, optimizer_state, rng = self._carried
                return weights, optimizer_state, copy.deepcopy(rng)
            return weights, None, local_generator(self.random_state)
        rng = local_generator(self.random_state)
        return network.initial_weights(rng), None, rng

    def _weigh_classes(self, y, weight, *, partial):
        """Return the weights of the samples, times those of their classes."""
        return weight

    def _make_network(self, X, hidden_layer_sizes, *, goes_on):
        n_hidden = len(hidden_layer_sizes)
        output = ALIASES.get(self.out_activation_, self.out_activation_)
        network = Network(
            layer_sizes=(X.shape[1], *hidden_layer_sizes, self.n_outputs_),
            activations=(*as_activations(self.activation, n_hidden), output),
            loss=self._loss_name(),
            dtype=self._network.dtype if goes_on else trained_type(X.dtype),
            input_divisor=(
                self._network.input_divisor if goes_on else self._input_divisor(X)
            ),
            dropout=as_rates(self.dropout, n_hidden),
            batch_norm=self.batch_norm,
            quantile=getattr(self, "quantile", 0.5),
        )
        if self.optimizer == "lbfgs":
            check_lbfgs(network.dropout, network.batch_norm)
        if goes_on:
            check_same_network(network, self._network)
        return network

    def _settings(self, n_samples, partial):
        batch_size = 200 if self.batch_size == "auto" else self.batch_size
        monitor, tol = "loss", self.tol
        if self.early_stopping:
            monitor = "val_loss" if self.monitor == "loss" else "val_score"
            tol = self.tol or 0.0
        batch_size = min(int(batch_size), n_samples)
        optimizer = self.optimizer
        if optimizer != "lbfgs":
            n_steps = -(-n_samples // batch_size) * self.epochs
            optimizer = make_optimizer(
                optimizer, self.learning_rate, self.momentum, n_steps=n_steps
            )
        return Settings(
            optimizer=optimizer,
            alpha=self.alpha,
            batch_size=batch_size,
            epochs=1 if partial else self.epochs,
            shuffle=self.shuffle,
            monitor=monitor,
            tol=None if partial else tol,
            n_iter_no_change=self.n_iter_no_change,
            keep_best=self.early_stopping,
            max_time=self.max_time,
            keep_interrupted=self.on_interrupt == "keep",
            verbose=int(self.verbose),
        )

    def _set_weights(self, network, weights):
        self._network = network
        self.coefs_, self.intercepts_ = network.fold(weights)
        vars(self).pop("_unfolded_weights", None)
        if network.batch_norm:
            self._unfolded_weights = weights

    def _trained_weights(self):
        """Return the weights that training goes on from."""
        if self._network.batch_norm:
            return self._unfolded_weights
        layers = zip(self.coefs_, self.intercepts_, strict=True)
        return [array for layer in layers for array in layer]

    def _keep(self, network, trained, goes_on):
        """Keep what training learned, after what an earlier fit learned."""
        history = trained.history
        self.n_iter_ = len(history["loss"])
        self.best_epoch_ = trained.best_epoch
        if goes_on:
            n_earlier = len(self.loss_curve_)
            self.best_epoch_ += n_earlier
            not_recorded = [np.nan] * n_earlier
            history = {
                key: self.history_.get(key, not_recorded) + values
                for key, values in history.items()
            }
        self._set_weights(network, trained.weights)
        self.n_layers_ = len(network.layer_sizes)
        self.n_parameters_ = network.n_parameters
        self.history_ = history
        self.loss_curve_ = list(history["loss"])
        self.loss_ = self.loss_curve_[-1]
        self.best_loss_ = min(self.loss_curve_)
        self.validation_loss_curve_ = history.get("val_loss")
        self.validation_scores_ = history.get("val_score", history.get("val_accuracy"))

    def _attributes(self, network, trained, goes_on):
        """Return the attributes that there would be if training ended so."""
        fitted = copy.copy(self)
        fitted._keep(network, trained, goes_on)
        return vars(fitted)
