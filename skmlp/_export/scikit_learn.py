"""Equivalents in scikit-learn's own multi-layer perceptrons, out and back in.

Both sides describe a network and its training by parameters, and keep the same arrays.
What the other side lacks is refused, or named as lost.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier

from skmlp._compat import mlp_optimizer_state, set_mlp_state
from skmlp._job import Network, Trained, Weights
from skmlp._keras.start import import_keras
from skmlp._named.activations import ACTIVATIONS
from skmlp._named.optimizers import OPTIMIZERS, takes_steps

# Keras' names of scikit-learn's activations of hidden layers, and its own.
_ACTIVATIONS = {name: row.sklearn for name, row in ACTIVATIONS.items() if row.sklearn}

# Our name → scikit-learn's, where they differ.
_RENAMED = {"learning_rate": "learning_rate_init", "nesterov": "nesterovs_momentum"}

_SHARED = ("alpha", "batch_size", "shuffle", "warm_start")

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Curves:
    """What is remembered of a training.

    Attributes
    ----------
    n_iter : int
        Epochs of the last fit.
    losses : list of float
        Training loss of each epoch.
    validation_scores : list of float or None
        Validation score of each epoch.
    """

    n_iter: int
    losses: list[float]
    validation_scores: list[float] | None


def mlp_class_for(*, is_classifier: bool) -> type:
    """Return scikit-learn's class."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    return MLPClassifier if is_classifier else MLPRegressor


def to_mlp(
    network: Network,
    coefs: Weights,
    intercepts: Weights,
    parameters: Parameters,
    *,
    classes: NDArray | None,
    curves: Curves,
) -> tuple[Any, list[str]]:
    """Return the MLP that predicts the same, and the parameters that are lost.

    Parameters
    ----------
    network : Network
        The network.
    coefs, intercepts : list of ndarray
        Its weights, without normalisations.
    parameters : mapping
        Parameters of the estimator, by name.
    classes : ndarray of shape (n_classes,) or None
        Labels of a classifier.
    curves : Curves
        What is remembered of the training.
    """
    row = network.loss_row
    _check_options(network)
    mlp_parameters, lost = _as_mlp_parameters(network, parameters, classes is not None)
    if classes is None and row.sklearn is not None:
        mlp_parameters["loss"] = row.sklearn
    mlp = mlp_class_for(is_classifier=classes is not None)(
        hidden_layer_sizes=network.layer_sizes[1:-1],
        activation=_common_activation(network.activations[:-1]),
        **mlp_parameters,
    )
    n_outputs = network.layer_sizes[-1]
    labels = classes
    if network.loss == "binary_log_loss" and n_outputs > 1:
        labels = np.eye(n_outputs, dtype=int)  # several labels
    first = (coefs[0] / network.input_divisor).astype(network.dtype)
    set_mlp_state(
        mlp,
        [first, *(coef.copy() for coef in coefs[1:])],
        [intercept.copy() for intercept in intercepts],
        labels,
        n_features_in_=network.layer_sizes[0],
        n_layers_=len(network.layer_sizes),
        n_outputs_=n_outputs,
        out_activation_=_OUT_ACTIVATIONS[row.output],
        t_=0,  # samples seen since
        **_as_mlp_curves(curves, early_stopping=mlp.early_stopping),
    )
    return mlp, lost


def _check_options(network: Network) -> None:
    """Refuse options of a loss that scikit-learn has without them."""
    if network.loss_row.sklearn is None:  # the loss as a whole is lost
        return
    for name, default in network.loss_row.options:
        value = network.options()[name]
        if value != default:
            raise ValueError(
                "to_sklearn needs a loss that scikit-learn has, with nothing added. "
                f"Got {name}={value}. Fit with {name}={default}, or use to_onnx."
            )


# Keras' names of output activations, and scikit-learn's.
_OUT_ACTIVATIONS = {
    "exponential": "exp",
    "linear": "identity",
    "sigmoid": "logistic",
    "softmax": "softmax",
}


def from_mlp(mlp: Any) -> tuple[dict[str, Any], Trained]:
    """Return parameters of an estimator, and what training gave, of a fitted MLP."""
    return _from_mlp_parameters(mlp), _training_of(mlp)


def _common_activation(activations: tuple) -> str:
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


def _as_mlp_parameters(
    network: Network, parameters: Parameters, is_for_labels: bool
) -> tuple[dict[str, Any], list[str]]:
    """Return the parameters of scikit-learn, and those that it has no equivalent of."""
    epochs = {name: parameters[name] for name in ("tol", "n_iter_no_change")}
    if parameters["tol"] is None:
        epochs["tol"] = 0.0
        if not parameters["early_stopping"]:
            epochs["n_iter_no_change"] = math.inf  # all epochs
    optimizer, lost = _as_mlp_optimizer(parameters)
    translated = {
        **{name: parameters[name] for name in _SHARED},
        **epochs,
        **optimizer,
        "max_iter": parameters["epochs"],
        "early_stopping": parameters["early_stopping"],
        "validation_fraction": parameters["validation_fraction"],
        "verbose": bool(parameters["verbose"]),
        "random_state": copy.deepcopy(parameters["random_state"]),
    }
    lacks = {
        "dropout": any(network.dropout),
        "batch_norm": network.normalization is not None,
        "loss": network.loss_row.sklearn is None,
        "monitor": parameters["early_stopping"]
        and parameters["monitor"] != _monitor(is_for_labels),
        "class_weight": parameters.get("class_weight") is not None,
        "max_time": parameters["max_time"] is not None,
        "callbacks": parameters["callbacks"] is not None,
    }
    lost += [name for name, is_lost in lacks.items() if is_lost]
    return translated, [f"{name}={parameters[name]!r}" for name in lost]


def _monitor(is_for_labels: bool) -> str:
    """Return what scikit-learn's early stopping watches."""
    return "accuracy" if is_for_labels else "r2"


def _as_mlp_optimizer(parameters: Parameters) -> tuple[dict[str, Any], list[str]]:
    """Return scikit-learn's optimizer, and the names of what is lost."""
    optimizer = parameters["optimizer"]
    if not takes_steps(optimizer):
        return {"solver": optimizer}, []
    solver = optimizer if isinstance(optimizer, str) else type(optimizer).__name__
    solver = solver.lower()
    defaults = OPTIMIZERS[solver].sklearn if solver in OPTIMIZERS else None
    if defaults is None:
        return {}, ["optimizer"]
    config = dict(defaults)
    has_more = False
    if not isinstance(optimizer, str):
        given, default = optimizer.get_config(), type(optimizer)().get_config()
        rest = given.keys() - {*config, "name"}
        has_more = any(given[key] != default[key] for key in rest)
        config |= {key: given[key] for key in config}
    if parameters["learning_rate"] != "auto":
        config["learning_rate"] = parameters["learning_rate"]
    if parameters["momentum"] != "auto" and "momentum" in config:
        config["momentum"] = parameters["momentum"]
    has_schedule = not isinstance(config["learning_rate"], Real)
    is_own = parameters["learning_rate"] == "auto"  # the optimizer's
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


def _from_mlp_parameters(mlp: Any) -> dict[str, Any]:
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
    if not takes_steps(mlp.solver):
        return parameters | {"optimizer": mlp.solver}
    if mlp.early_stopping:
        parameters |= {
            "early_stopping": True,
            "validation_fraction": mlp.validation_fraction,
            "monitor": _monitor(is_classifier(mlp)),
        }
    return parameters | {
        "batch_size": mlp.batch_size,
        "shuffle": mlp.shuffle,
        **_from_mlp_optimizer(mlp),
    }


def _from_mlp_optimizer(mlp: Any) -> dict[str, Any]:
    """Return the optimizer, by name where Keras' defaults are scikit-learn's values."""
    if mlp.solver == "sgd" and mlp.learning_rate != "constant":
        raise ValueError(
            "from_sklearn needs learning_rate='constant'. Got "
            f"{mlp.learning_rate!r}. Set it, and pass a schedule of Keras to the "
            "estimator."
        )
    row = OPTIMIZERS[mlp.solver]
    assert row.keras is not None
    assert row.sklearn is not None
    defaults = row.sklearn
    config = {key: getattr(mlp, _RENAMED.get(key, key)) for key in defaults}
    if not config.get("momentum"):
        config = {key: config[key] for key in config if key != "nesterov"}
    named: dict[str, Any] = {
        key: config.pop(key) for key in ("learning_rate", "momentum") if key in config
    }
    if all(config[key] == defaults[key] for key in config):
        return {"optimizer": mlp.solver, **named}
    optimizer = getattr(import_keras().optimizers, row.keras)
    return {"optimizer": optimizer(**named, **config)}


def _as_mlp_curves(curves: Curves, *, early_stopping: bool) -> dict[str, Any]:
    """Return what scikit-learn remembers of the training."""
    learned = {
        "n_iter_": curves.n_iter,
        "loss_curve_": list(curves.losses),
        "loss_": curves.losses[-1],
        "best_loss_": min(curves.losses),
        "validation_scores_": None,
        "best_validation_score_": None,
    }
    if early_stopping and curves.validation_scores:
        scores = list(curves.validation_scores)
        learned |= {
            "best_loss_": None,
            "validation_scores_": scores,
            # NaN stands for epochs of an earlier fit without validation data.
            "best_validation_score_": float(np.nanmax(scores)),
        }
    return learned


def _training_of(mlp: Any) -> Trained:
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
        n_iter=mlp.n_iter_,  # with L-BFGS there is no loss of each
    )
