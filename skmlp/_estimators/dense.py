"""What all estimators share: ``fit``, and what it keeps.

A fit is a value on its way: ``prepare`` makes a job of the estimator and the data,
``train`` makes weights and curves of it, and ``_keep`` is the one place that writes
what was learned. What differs between classifiers and regressors is how targets are
encoded and outputs are read.
"""

from __future__ import annotations

import numpy as np

from skmlp._compat import (
    CallbackSupportMixin,
    InvalidParameterError,
    callbacks_managed,
)
from skmlp._estimators.advice import (
    advising,
    check_no_validation_data,
    check_set,
    on_attribute,
)
from skmlp._estimators.continuing import Continuation
from skmlp._estimators.conversions import Conversions
from skmlp._estimators.fitted import FittedNetwork
from skmlp._estimators.outcome import check_finite, check_monitor, warn_of_ending
from skmlp._estimators.persistence import CheckedState
from skmlp._estimators.prepare import prepare
from skmlp._estimators.suggestions import with_few_names
from skmlp._estimators.transaction import unchanged_on_failure
from skmlp._training import train


class BaseDense(CallbackSupportMixin, FittedNetwork, Conversions, CheckedState):
    """Training that all estimators share."""

    # Attributes that one fit leaves and another does not.
    _OPTIONAL = ("_unfolded_weights", "_continuation")

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
        check_set(params, self)
        return super().set_params(**params)

    def __getattr__(self, name):
        """Refuse a name as ever, and say what other libraries' names are here."""
        try:
            # A property that failed has its own error, which this raises again.
            return object.__getattribute__(self, name)
        except AttributeError as error:
            advice = on_attribute(name)
            if not advice:
                raise
            raise AttributeError(f"{error}. {advice}", name=name, obj=self) from None

    @advising
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
            or with L-BFGS while the gradient was not yet small: raise ``epochs``, or
            ``learning_rate``. Or the loss is far above that of a constant prediction:
            scale ``X`` or ``y``, as the message says.
        UserWarning
            A parameter that was set has no effect, given the others; ``X`` in float64
            is trained on a GPU, which is slow; or Ctrl-C ended training with
            ``on_interrupt="keep"``.
        """
        check_no_validation_data(sample_weight)
        with unchanged_on_failure(self), callbacks_managed(self):
            job = prepare(self, X, y, sample_weight, X_val, y_val, sample_weight_val)
            (trained,) = train([job])
            self._keep(job, trained)
        return self

    def _partial_fit(self, X, y, sample_weight, announced=None):
        """Train one epoch more, with the optimizer and the streams as they are."""
        with unchanged_on_failure(self), callbacks_managed(self):
            job = prepare(
                self, X, y, sample_weight, is_partial=True, announced=announced
            )
            (trained,) = train([job])
            self._keep(job, trained)
        return self

    def _keep(self, job, trained):
        """Write all that was learned, or refuse it."""
        # All that may raise comes first: a warning may be an error.
        check_finite(job, trained)
        if not job.is_partial:
            check_monitor(self, job, trained)
            warn_of_ending(self, job, trained)
        learned = self._learned(job, trained)
        vars(self).update(learned)
        for name in self._OPTIONAL:
            if name not in learned:
                vars(self).pop(name, None)
        if job.observer is not None:
            job.observer.ends()

    def _learned(self, job, trained):
        """Return the attributes that training gives, after those of an earlier fit."""
        history = trained.history
        n_earlier = len(self.loss_curve_) if job.continues else 0
        not_recorded = [np.nan] * n_earlier
        earlier = self.history_ if job.continues else {}
        history = {
            name: earlier.get(name, not_recorded) + values
            for name, values in history.items()
        }
        learned = {
            **job.learned,
            **self._learned_weights(job.network, trained.weights),
            "n_layers_": len(job.network.layer_sizes),
            "n_parameters_": job.network.n_parameters,
            "n_iter_": trained.n_iter or len(trained.history["loss"]),
            "best_epoch_": n_earlier + trained.best_epoch,
            "history_": history,
            "loss_curve_": list(history["loss"]),
            "loss_": history["loss"][-1],
            "best_loss_": min(history["loss"]),
            "validation_loss_curve_": history.get("val_loss"),
            "validation_scores_": history.get("val_score", history.get("val_accuracy")),
            # A warm start holds out the same samples.
            "_split_seed": job.seeds.split,
        }
        if job.is_partial:
            learned["_continuation"] = Continuation.after(job, trained).as_dict()
        return learned

    def _learned_weights(self, network, weights):
        """Return the attributes that hold the network and its weights."""
        coefs, intercepts = network.fold(weights)
        learned = {"_network": network, "coefs_": coefs, "intercepts_": intercepts}
        if network.normalization is not None:  # to continue training
            learned["_unfolded_weights"] = weights
        return learned

    def _trained_weights(self):
        """Return the weights that training goes on from."""
        if self._network.normalization is not None:
            return self._unfolded_weights
        layers = zip(self.coefs_, self.intercepts_, strict=True)
        return [array for layer in layers for array in layer]

    def _validate_params(self):
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            message = with_few_names(str(error), self.get_params(deep=False))
            raise InvalidParameterError(message) from None

    def _learn_features(self, X, *, continues):
        """Return what the features are divided by, and attributes that say so."""
        return 1.0, {}

    def _features_of_mlp(self):
        """Return the same of an MLP, which takes features as they are."""
        return 1.0, {}

    def _weigh_classes(self, targets, y, weight, *, is_partial):
        """Return the weights of the samples, times those of their classes."""
        return weight
