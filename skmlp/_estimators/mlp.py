"""Equivalents in scikit-learn's own multi-layer perceptrons, out and back in.

Both sides describe a network and its training by parameters, and keep the same arrays.
What the other side lacks is refused, or named in a warning.
"""

from __future__ import annotations

import copy
import math
import warnings
from numbers import Real

import numpy as np
from sklearn.base import ClassifierMixin, is_classifier
from sklearn.utils.validation import check_is_fitted

from skmlp._compat import import_keras, mlp_optimizer_state, set_mlp_weights
from skmlp._estimators.checks import as_sizes, local_generator
from skmlp._named.activations import ACTIVATIONS
from skmlp._training.contract import Trained

# Keras' names of scikit-learn's activations of hidden layers, and its own.
_ACTIVATIONS = {name: row.sklearn for name, row in ACTIVATIONS.items() if row.sklearn}

# What Keras' optimizers are made with by name, of what scikit-learn has too. Importing
# Keras takes seconds, so it is written down here, and a test compares the two.
OPTIMIZERS = {
    "sgd": {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False},
    "adam": {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
}
_CLASS_NAMES = {"sgd": "SGD", "adam": "Adam"}

# Names in scikit-learn of what is called otherwise here.
_RENAMED = {"learning_rate": "learning_rate_init", "nesterov": "nesterovs_momentum"}

_SHARED = ("alpha", "batch_size", "shuffle", "warm_start")


def to_mlp(estimator):
    """Return the ``MLPClassifier`` or ``MLPRegressor`` that predicts the same."""
    mlp_class = _mlp_class(type(estimator))
    network = estimator._network
    structure = {
        "hidden_layer_sizes": network.layer_sizes[1:-1],
        "activation": _common_activation(network.activations[:-1]),
    }
    if network.loss == "poisson":
        structure["loss"] = "poisson"
    parameters, lost = _as_mlp_parameters(estimator)
    if lost:
        warnings.warn(
            f"{mlp_class.__name__} has no equivalent of {', '.join(lost)}. It predicts "
            "the same, and would train further without.",
            UserWarning,
            stacklevel=3,
        )
    # One epoch on any data makes all that a fitted one has; the weights come after.
    mlp = mlp_class(**structure, random_state=0)
    y = _some_targets(estimator)
    X = np.zeros((len(y), estimator.n_features_in_), network.dtype)
    classes = [estimator.classes_] if is_classifier(estimator) else []
    mlp.partial_fit(X, y, None, *classes).set_params(**parameters)
    first = (estimator.coefs_[0] / network.input_divisor).astype(network.dtype)
    set_mlp_weights(
        mlp,
        [first, *(coef.copy() for coef in estimator.coefs_[1:])],
        [intercept.copy() for intercept in estimator.intercepts_],
    )
    _set_curves(mlp, estimator)
    _copy_names(estimator, mlp)
    return mlp


def from_mlp(estimator_class, mlp):
    """Return a fitted estimator that predicts the same as scikit-learn's MLP."""
    mlp_class = _mlp_class(estimator_class)
    if not isinstance(mlp, mlp_class):
        raise TypeError(
            f"{estimator_class.__name__}.from_sklearn needs an {mlp_class.__name__}. "
            f"Got {mlp!r}. Pass the fitted network itself, out of a pipeline or search."
        )
    check_is_fitted(mlp)
    estimator = estimator_class(**_from_mlp_parameters(mlp))
    estimator._learn_targets(_some_targets(mlp), goes_on=False, partial=False)
    if (estimator.out_activation_, estimator.n_outputs_) != (
        mlp.out_activation_,
        mlp.n_outputs_,
    ):
        raise ValueError(
            f"{estimator_class.__name__} takes one label per sample. Got an "
            f"{mlp_class.__name__} of {mlp.n_outputs_} labels. Use "
            "DenseClassifier.from_sklearn."
        )
    estimator.n_features_in_ = mlp.n_features_in_
    _copy_names(mlp, estimator)
    # Features of zeros are in no need of scaling.
    X = np.zeros((1, mlp.n_features_in_), mlp.coefs_[0].dtype)
    sizes = as_sizes(mlp.hidden_layer_sizes)
    network = estimator._make_network(X, sizes, goes_on=False)
    trained = _training_of(mlp)
    estimator._keep(network, trained, goes_on=False)
    estimator.n_iter_ = mlp.n_iter_
    if trained.optimizer_state:
        kind = _CLASS_NAMES[mlp.solver], False  # no schedule
        rng = local_generator(estimator.random_state)
        estimator._carried = kind, trained.optimizer_state, rng
    return estimator


def _mlp_class(estimator_class):
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    is_for_labels = issubclass(estimator_class, ClassifierMixin)
    return MLPClassifier if is_for_labels else MLPRegressor


def _some_targets(fitted):
    """Return targets of the kind that either side was fitted to."""
    n_outputs = fitted.n_outputs_
    if not is_classifier(fitted):
        return np.zeros((2, n_outputs) if n_outputs > 1 else 2)
    if fitted.out_activation_ == "logistic" and n_outputs > 1:
        return np.eye(n_outputs, dtype=int)  # several labels
    return np.repeat(fitted.classes_, 2)


def _copy_names(fitted, other):
    if hasattr(fitted, "feature_names_in_"):
        other.feature_names_in_ = fitted.feature_names_in_.copy()


def _common_activation(activations):
    """Return scikit-learn's name of the activation of all hidden layers."""
    if not activations:
        return "relu"
    first = activations[0]
    if first not in _ACTIVATIONS or any(other != first for other in activations):
        raise ValueError(
            "to_sklearn needs one activation for all hidden layers, out of "
            f"{sorted(_ACTIVATIONS.values())}. Got {list(activations)}. Fit with one "
            "of them, or use to_onnx."
        )
    return _ACTIVATIONS[first]


def _as_mlp_parameters(estimator):
    """Return the parameters of scikit-learn, and those that it has no equivalent of."""
    network = estimator._network
    epochs = {"tol": estimator.tol, "n_iter_no_change": estimator.n_iter_no_change}
    if estimator.tol is None:
        epochs["tol"] = 0.0
        if not estimator.early_stopping:
            epochs["n_iter_no_change"] = math.inf  # all epochs
    optimizer, lost = _as_mlp_optimizer(estimator)
    parameters = {
        **{name: getattr(estimator, name) for name in _SHARED},
        **epochs,
        **optimizer,
        "max_iter": estimator.epochs,
        "early_stopping": estimator.early_stopping,
        "validation_fraction": estimator.validation_fraction,
        "verbose": bool(estimator.verbose),
        "random_state": copy.deepcopy(estimator.random_state),
    }
    lacks = {
        "dropout": any(network.dropout),
        "batch_norm": network.batch_norm,
        "loss": network.loss in ("absolute_error", "huber", "quantile"),
        "monitor": estimator.early_stopping
        and estimator.monitor != _monitor(estimator),
        "class_weight": getattr(estimator, "class_weight", None) is not None,
        "max_time": estimator.max_time is not None,
        "callbacks": estimator.callbacks is not None,
    }
    lost += [name for name, is_lost in lacks.items() if is_lost]
    return parameters, [f"{name}={getattr(estimator, name)!r}" for name in lost]


def _monitor(fitted):
    """Return what scikit-learn's early stopping watches."""
    return "accuracy" if is_classifier(fitted) else "r2"


def _as_mlp_optimizer(estimator):
    """Return scikit-learn's optimizer, and the names of what is lost."""
    optimizer = estimator.optimizer
    if optimizer == "lbfgs":
        return {"solver": "lbfgs"}, []
    solver = optimizer if isinstance(optimizer, str) else type(optimizer).__name__
    solver = solver.lower()
    if solver not in OPTIMIZERS:
        return {}, ["optimizer"]
    config = OPTIMIZERS[solver]
    has_more = False
    if not isinstance(optimizer, str):
        given, default = optimizer.get_config(), type(optimizer)().get_config()
        rest = given.keys() - {*config, "name"}
        has_more = any(given[key] != default[key] for key in rest)
        config = config | {key: given[key] for key in config}
    if estimator.learning_rate != "auto":
        config = config | {"learning_rate": estimator.learning_rate}
    if estimator.momentum != "auto" and "momentum" in config:
        config = config | {"momentum": estimator.momentum}
    has_schedule = not isinstance(config["learning_rate"], Real)
    is_own = estimator.learning_rate == "auto"  # the optimizer's, not the parameter
    lost = {
        "optimizer": has_more or (has_schedule and is_own),
        "learning_rate": has_schedule and not is_own,
    }
    named = {
        _RENAMED.get(key, key): value
        for key, value in config.items()
        if not (has_schedule and key == "learning_rate")
    }
    return {"solver": solver, **named}, [name for name in lost if lost[name]]


def _from_mlp_parameters(mlp):
    """Return parameters of an estimator that trains as scikit-learn's MLP does."""
    parameters = {
        "hidden_layer_sizes": mlp.hidden_layer_sizes,
        "activation": mlp.activation,
        "alpha": mlp.alpha,
        "epochs": mlp.max_iter,
        "warm_start": mlp.warm_start,
        "verbose": 2 if mlp.verbose else 0,
        "random_state": copy.deepcopy(mlp.random_state),
        "tol": mlp.tol,
    }
    if mlp.n_iter_no_change == math.inf:
        parameters["tol"] = None
    else:
        parameters["n_iter_no_change"] = mlp.n_iter_no_change
    if not is_classifier(mlp):
        parameters["loss"] = mlp.loss
    if mlp.solver == "lbfgs":
        return parameters | {"optimizer": "lbfgs"}
    if mlp.early_stopping:
        parameters |= {
            "early_stopping": True,
            "validation_fraction": mlp.validation_fraction,
            "monitor": _monitor(mlp),
        }
    return parameters | {
        "batch_size": mlp.batch_size,
        "shuffle": mlp.shuffle,
        **_from_mlp_optimizer(mlp),
    }


def _from_mlp_optimizer(mlp):
    """Return the optimizer, by name where Keras' defaults are scikit-learn's values."""
    if mlp.solver == "sgd" and mlp.learning_rate != "constant":
        raise ValueError(
            "from_sklearn needs learning_rate='constant'. Got "
            f"{mlp.learning_rate!r}. Set it, and pass a schedule of Keras to the "
            "estimator."
        )
    defaults = OPTIMIZERS[mlp.solver]
    config = {key: getattr(mlp, _RENAMED.get(key, key)) for key in defaults}
    if not config.get("momentum"):
        config = {key: config[key] for key in config if key != "nesterov"}
    named = {
        key: config.pop(key) for key in ("learning_rate", "momentum") if key in config
    }
    if all(config[key] == defaults[key] for key in config):
        return {"optimizer": mlp.solver, **named}
    optimizer = getattr(import_keras().optimizers, _CLASS_NAMES[mlp.solver])
    return {"optimizer": optimizer(**named, **config)}


def _set_curves(mlp, estimator):
    """Set what scikit-learn remembers of the training."""
    mlp.n_iter_ = estimator.n_iter_
    mlp.t_ = 0  # samples seen since
    mlp.loss_curve_ = list(estimator.loss_curve_)
    mlp.loss_ = estimator.loss_
    mlp.best_loss_ = estimator.best_loss_
    if estimator.early_stopping and estimator.validation_scores_:
        mlp.best_loss_ = None
        mlp.validation_scores_ = list(estimator.validation_scores_)
        # NaN stands for epochs of an earlier fit without validation data.
        mlp.best_validation_score_ = float(np.nanmax(mlp.validation_scores_))


def _training_of(mlp):
    """Return what training gave scikit-learn's MLP."""
    losses = [float(loss) for loss in getattr(mlp, "loss_curve_", [mlp.loss_])]
    history, best_epoch = {"loss": losses}, len(losses)
    if scores := getattr(mlp, "validation_scores_", None):
        history["val_score"] = [float(score) for score in scores]
        best_epoch = int(np.argmax(scores)) + 1
    layers = zip(mlp.coefs_, mlp.intercepts_, strict=True)
    return Trained(
        weights=[array.copy() for layer in layers for array in layer],
        history=history,
        ending="stopped",
        best_epoch=best_epoch,
        optimizer_state=mlp_optimizer_state(mlp),
    )
