"""Losses: a row for each, with all that training, export and checks ask of it.

A loss is a function of the targets and of the *scores*: what the output layer gives
before its activation. So no logarithm of a probability that rounding put on 0 is ever
taken. It is written for an array namespace ``xp``, which is ``keras.ops`` in training;
:mod:`skmlp._named.array_namespace` computes the same in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

# Options of a loss, such as the quantile, by the name of their parameter.
Options = Mapping[str, float]


@dataclass(frozen=True)
class Loss:
    """A loss that a network can be trained with.

    Attributes
    ----------
    per_sample : callable
        Takes an array namespace, targets, scores and options; returns the loss of each
        sample, of shape (n_samples,).
    output : str
        Activation of the output layer, by Keras' name.
    keras : str or None
        Keras' class of the same loss of targets and outputs; ``None`` if it has none.
    keras_factor : callable
        Takes the number of outputs; returns what Keras' loss is multiplied by to give
        ours.
    keras_name : str
        Name that a saved Keras model can be compiled with.
    is_correct : callable or None
        Takes an array namespace, targets and scores; returns which samples are
        predicted right. ``None`` for losses of numbers.
    least_target : float or None
        The least target that the loss is defined for.
    options : tuple of (str, float)
        The options it takes, and their defaults.
    only_in_training : tuple of str
        Options that have their default where samples are only evaluated.
    keras_options : tuple of (str, str)
        Options that Keras' class takes too, and their names there.
    scores : callable
        Takes an array namespace and outputs; returns scores with the same loss.
    sklearn : str or None
        Name of the same loss in scikit-learn's MLP, which has no options; ``None`` if
        it has none.
    """

    per_sample: Callable[[Any, Any, Any, Options], Any]
    output: str
    keras: str | None
    keras_name: str
    keras_factor: Callable[[int], float] = lambda n_outputs: 1.0
    is_correct: Callable[[Any, Any, Any], Any] | None = None
    least_target: float | None = None
    options: tuple[tuple[str, float], ...] = ()
    only_in_training: tuple[str, ...] = ()
    keras_options: tuple[tuple[str, str], ...] = ()
    scores: Callable[[Any, Any], Any] = lambda xp, outputs: outputs
    sklearn: str | None = None


def _log_loss(xp: Any, y: Any, scores: Any, options: Options) -> Any:
    """Log loss of one label, a share of which is spread over all classes.

    C. Szegedy et al., "Rethinking the Inception Architecture for Computer Vision",
    2016, section 7.
    """
    losses = xp.sparse_categorical_crossentropy(y, scores, from_logits=True)
    smoothing = options["label_smoothing"]
    if not smoothing:
        return losses
    of_all_classes = xp.logsumexp(scores, axis=-1) - xp.mean(scores, axis=-1)
    return (1 - smoothing) * losses + smoothing * of_all_classes


def _binary_log_loss(xp: Any, y: Any, scores: Any, options: Options) -> Any:
    smoothing = options["label_smoothing"]
    if smoothing:
        y = (1 - smoothing) * y + smoothing / 2
    return xp.sum(xp.binary_crossentropy(y, scores, from_logits=True), axis=-1)


def _squared_error(xp: Any, y: Any, scores: Any, options: Options) -> Any:
    """Half the squared error."""
    return xp.mean(xp.square(scores - y), axis=-1) / 2


def _absolute_error(xp: Any, y: Any, scores: Any, options: Options) -> Any:
    return xp.mean(xp.abs(scores - y), axis=-1)


def _poisson(xp: Any, y: Any, scores: Any, options: Options) -> Any:
    """Half the Poisson deviance, y log(y / outputs) - y + outputs."""
    log_y = xp.log(xp.where(y > 0, y, xp.ones_like(y)))  # 0 log(0) is 0
    return xp.mean(y * (log_y - scores) - y + xp.exp(scores), axis=-1)


def _huber(xp: Any, y: Any, scores: Any, options: Options) -> Any:
    """Half the squared error up to an error of 1, and linear beyond."""
    error = xp.abs(scores - y)
    return xp.mean(xp.where(error <= 1, xp.square(error) / 2, error - 0.5), axis=-1)


def _pinball(xp: Any, y: Any, scores: Any, options: Options) -> Any:
    error = y - scores
    quantile = options["quantile"]
    return xp.mean(xp.maximum(quantile * error, (quantile - 1) * error), axis=-1)


_SMOOTHED = (("label_smoothing", 0.0),)

# A probability that rounding put on 0 is at least this, in either type.
_LEAST = 1e-37

LOSSES = {
    "log_loss": Loss(
        _log_loss,
        output="softmax",
        keras="SparseCategoricalCrossentropy",
        keras_name="sparse_categorical_crossentropy",
        options=_SMOOTHED,
        only_in_training=("label_smoothing",),
        scores=lambda xp, outputs: xp.log(xp.maximum(outputs, _LEAST)),
        is_correct=lambda xp, y, scores: xp.equal(xp.argmax(scores, axis=-1), y),
        sklearn="log_loss",
    ),
    "binary_log_loss": Loss(
        _binary_log_loss,
        output="sigmoid",
        keras="BinaryCrossentropy",
        keras_name="binary_crossentropy",
        keras_factor=float,  # Keras averages over several labels
        # A probability above 0.5 is a score above 0.
        is_correct=lambda xp, y, scores: xp.all(xp.equal(scores > 0, y > 0.5), axis=-1),
        options=_SMOOTHED,
        only_in_training=("label_smoothing",),
        keras_options=(("label_smoothing", "label_smoothing"),),
        sklearn="binary_log_loss",
    ),
    "squared_error": Loss(
        _squared_error,
        output="linear",
        keras="MeanSquaredError",
        keras_name="mean_squared_error",
        keras_factor=lambda n_outputs: 0.5,
        sklearn="squared_error",
    ),
    "absolute_error": Loss(
        _absolute_error,
        output="linear",
        keras="MeanAbsoluteError",
        keras_name="mean_absolute_error",
    ),
    "poisson": Loss(
        _poisson,
        output="exponential",
        keras="Poisson",
        keras_name="poisson",
        least_target=0.0,
        sklearn="poisson",
    ),
    "huber": Loss(_huber, output="linear", keras="Huber", keras_name="huber"),
    "quantile": Loss(
        _pinball,
        output="linear",
        keras=None,
        keras_name="mean_absolute_error",
        options=(("quantile", 0.5),),
    ),
}

# The losses among which the regressor's parameter ``loss`` chooses. A classifier's
# follows from its targets.
REGRESSION_LOSSES = {name for name, loss in LOSSES.items() if loss.is_correct is None}
