"""From an estimator and data to a job: every check before training, and no training.

Nothing is written into the estimator but what scikit-learn's ``validate_data`` writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_array, validate_data

from skmlp._compat import check_sample_weight
from skmlp._estimators.continuing import Continuation, check_same_network
from skmlp._estimators.features import (
    as_numbers,
    check_dense,
    check_range,
    explained,
    trained_type,
    weights_in_type,
    without_weightless,
)
from skmlp._estimators.ineffective import warn_of_ineffective_parameters
from skmlp._estimators.layers import (
    as_activations,
    as_rates,
    as_sizes,
    check_no_class,
)
from skmlp._estimators.parameters import KERAS_CALLBACK, loss_options
from skmlp._estimators.sklearn_callbacks import FitTask
from skmlp._estimators.targets import Targets, plain_targets
from skmlp._estimators.user_warnings import warn
from skmlp._estimators.validation_score import ScoredSamples, ValidationScore
from skmlp._estimators.validation_split import hold_out
from skmlp._job import (
    Job,
    Network,
    OptimizerSpecification,
    Recipe,
    Samples,
    Seeds,
    Start,
    Stopping,
)
from skmlp._job.seeds import generator
from skmlp._keras.quirks import backend_is_tensorflow
from skmlp._keras.start import check_context, has_gpu, import_keras
from skmlp._named.losses import LOSSES
from skmlp._named.optimizers import takes_steps


@dataclass(frozen=True, eq=False, kw_only=True)
class Prepared(Job):
    """A job, with what only the estimator needs to know about it.

    Attributes
    ----------
    targets : Targets
        What was learned of the targets.
    learned : dict
        Fitted attributes that are known before training.
    continues : bool
        Whether training goes on from an earlier fit.
    is_partial : bool
        Whether it is a call of ``partial_fit``.
    """

    targets: Targets
    learned: dict[str, Any] = field(default_factory=dict)
    continues: bool = False
    is_partial: bool = False


def prepare(
    estimator: Any,
    X: Any,
    y: Any,
    sample_weight: Any = None,
    X_val: Any = None,
    y_val: Any = None,
    sample_weight_val: Any = None,
    *,
    is_partial: bool = False,
    announced: Targets | None = None,
) -> Prepared:
    """Check parameters and data, encode them, and return the job to train.

    Parameters
    ----------
    estimator : estimator instance
        Whose parameters say how to train, and whose weights an earlier fit left.
    X, y, sample_weight, X_val, y_val, sample_weight_val : array-like
        What the caller gave.
    is_partial : bool, default=False
        Whether to train a single epoch on data that need not be all there is.
    announced : Targets, default=None
        What the first call of ``partial_fit`` was told of the targets.
    """
    given, given_validation = (X, y, sample_weight), (X_val, y_val, sample_weight_val)
    check_no_class(estimator)
    estimator._validate_params()
    is_fitted = hasattr(estimator, "coefs_")
    continues = is_fitted and (is_partial or estimator.warm_start)
    hidden_layer_sizes = as_sizes(estimator.hidden_layer_sizes)
    callbacks = as_callbacks(estimator.callbacks)
    # Before data are looked at, so that it is said of a fit that fails, too.
    if not (is_partial and continues):  # once in a series of calls
        has_validation = any(value is not None for value in given_validation)
        warn_of_ineffective_parameters(estimator, has_validation=has_validation)

    X, y, weight = _validated(estimator, *given, continues=continues)
    targets = estimator._learn_targets(
        y, continues=continues, is_partial=is_partial, announced=announced
    )
    divisor, of_features = estimator._learn_features(X, continues=continues)
    sizes = X.shape[1], *hidden_layer_sizes
    network = make_network(estimator, targets, sizes, X.dtype, divisor)
    network = _checked_network(estimator, network, continues=continues)
    data = _weighed(
        estimator, network, targets, X, y, weight, sample_weight, is_partial=is_partial
    )
    validation_data = _given_validation(
        estimator, network, targets, of_features, *given_validation
    )

    # After all that reads data, since a RandomState is moved on.
    seeds, start = _begin(estimator, network, continues=continues, partial=is_partial)
    if estimator.early_stopping and validation_data is None:
        training, validation = hold_out(
            data.samples.X,
            data.samples.y,
            fraction=estimator.validation_fraction,
            stratify=targets.stratifies,
            rng=generator(seeds.split),
        )
        data, validation_data = data.take(training), data.take(validation)

    recipe = _recipe(estimator, len(data.samples), is_partial=is_partial)
    if start.optimizer_state is not None:
        Continuation.from_dict(estimator._continuation).check_optimizer(
            recipe.optimizer
        )
    learned = {**targets.attributes(), **of_features}
    return Prepared(
        network=network,
        recipe=recipe,
        samples=data.samples,
        seeds=seeds,
        start=start,
        stopping=_stopping(estimator, is_partial=is_partial),
        validation=validation_data.samples if validation_data else None,
        score=ValidationScore.if_needed(estimator, learned, network, validation_data),
        callbacks=callbacks,
        observer=FitTask.if_needed(
            estimator,
            given,
            name="partial_fit" if is_partial else "fit",
            n_epochs=recipe.epochs,
        ),
        verbose=int(estimator.verbose),
        targets=targets,
        learned=learned,
        continues=continues,
        is_partial=is_partial,
    )


def _validated(
    estimator: Any, X: Any, y: Any, sample_weight: Any, *, continues: bool
) -> tuple[Any, np.ndarray, np.ndarray]:
    """Return features, targets and weights as arrays; features may be sparse."""
    check_dense(y, "y")
    X, y = estimator._as_rows(X), plain_targets(y)
    with explained(X, estimator=estimator if continues else None):
        X, y = validate_data(
            estimator,
            X,
            y,
            accept_sparse="csr",
            multi_output=True,
            reset=not continues,
        )
        X = as_numbers(X, "X")
    weight = check_sample_weight(sample_weight, X, dtype=np.float64)
    # Before targets are looked at: a label of weight zero is no class.
    return without_weightless(X, y, weight)


def _checked_network(estimator: Any, network: Network, *, continues: bool) -> Network:
    """Return the network to train, where this process and an earlier fit allow it."""
    # Not before data were looked at: what is wrong with them needs no start of Keras.
    check_context()
    if not takes_steps(estimator.optimizer):
        _check_full_batch(estimator, network)
    if continues:
        # Data of another type are trained in that of the network: no other network.
        network = replace(network, dtype=estimator._network.dtype)
        # What features are divided by may have been left open until now.
        fitted = replace(estimator._network, input_divisor=network.input_divisor)
        check_same_network(network, fitted)
    _warn_of_slow_type(network.dtype)
    return network


def _weighed(
    estimator: Any,
    network: Network,
    targets: Targets,
    X: Any,
    y: np.ndarray,
    weight: np.ndarray,
    sample_weight: Any,
    *,
    is_partial: bool,
) -> ScoredSamples:
    """Return encoded samples with the weights of their classes multiplied in."""
    by_class = getattr(estimator, "class_weight", None) is not None
    # In float64, since balanced weights of classes may be far apart; then in the type
    # that is trained in, where a tiny weight becomes zero and its sample is dropped.
    weight = estimator._weigh_classes(targets, y, weight, is_partial=is_partial)
    name = f"sample_weight{' times class_weight' if by_class else ''}"
    weight = weights_in_type(weight, network.dtype, name)
    X, y, weight = without_weightless(X, y, weight)
    is_weighted = sample_weight is not None or by_class
    return _encoded(network, targets, X, y, weight, is_weighted=is_weighted)


def _encoded(
    network: Network,
    targets: Targets,
    X: Any,
    y: np.ndarray,
    weight: np.ndarray,
    *,
    is_weighted: bool,
) -> ScoredSamples:
    check_range(X, network.dtype, "X")
    encoded = targets.encode(y, network.dtype)
    return ScoredSamples(Samples(X, encoded, weight), targets.as_scored(y), is_weighted)


def _given_validation(
    estimator: Any,
    network: Network,
    targets: Targets,
    of_features: dict[str, Any],
    X_val: Any,
    y_val: Any,
    sample_weight_val: Any,
) -> ScoredSamples | None:
    """Return the caller's validation data, if any."""
    if X_val is None and y_val is None and sample_weight_val is None:
        return None
    if X_val is None or y_val is None:
        missing = "X_val" if X_val is None else "y_val"
        raise ValueError(
            f"X_val and y_val go together. Got {missing}=None. Pass both or none."
        )
    X_val = estimator._validate_X(X_val, "X_val", **of_features)
    check_range(X_val, network.dtype, "X_val")
    check_dense(y_val, "y_val")
    y_val = plain_targets(y_val, "y_val")
    y_val = check_array(y_val, ensure_2d=False, dtype=None, input_name="y_val")
    check_consistent_length(X_val, y_val)
    weight = check_sample_weight(sample_weight_val, X_val, dtype=np.float64)
    weight = weights_in_type(weight, network.dtype, "sample_weight_val")
    is_weighted = sample_weight_val is not None
    return _encoded(network, targets, X_val, y_val, weight, is_weighted=is_weighted)


def make_network(
    estimator: Any,
    targets: Targets,
    sizes: tuple[int, ...],
    x_dtype: np.dtype,
    divisor: float,
) -> Network:
    """Return the network of an estimator's parameters for features and targets.

    ``sizes`` are those of the features and the hidden layers.
    """
    n_hidden = len(sizes) - 1
    row = LOSSES[targets.loss]
    network = Network(
        layer_sizes=(*sizes, targets.n_outputs),
        activations=(*as_activations(estimator.activation, n_hidden), row.output),
        loss=targets.loss,
        dtype=trained_type(x_dtype),
        input_divisor=divisor,
        dropout=as_rates(estimator.dropout, n_hidden),
        normalization="batch" if estimator.batch_norm else None,
        loss_options=loss_options(estimator, row),
    )
    return network


def _check_full_batch(estimator: Any, network: Network) -> None:
    """Refuse what an optimizer of all samples at once cannot train."""
    name = f"optimizer={estimator.optimizer!r}"
    if not backend_is_tensorflow():
        raise ValueError(
            f"{name} needs TensorFlow as the backend of Keras. Got "
            f"{import_keras().config.backend()!r}. Use another optimizer."
        )
    if any(network.dropout) or network.normalization is not None:
        raise ValueError(
            f"{name} needs an objective that is the same at each evaluation. Got "
            f"dropout={network.dropout}, batch_norm={estimator.batch_norm}. Turn them "
            "off, or use another optimizer."
        )


def _warn_of_slow_type(dtype: str) -> None:
    if dtype == "float64" and has_gpu():
        warn(
            "float64 is slow on most GPUs. Got X in float64, which is trained in it. "
            "Pass X.astype('float32') if single precision will do."
        )


def _begin(
    estimator: Any, network: Network, *, continues: bool, partial: bool
) -> tuple[Seeds, Start]:
    """Return the seeds of a fit, and where it begins."""
    if not continues:
        seeds = Seeds.draw(estimator.random_state)
        return seeds, Start(network.initial_weights(generator(seeds.weights)))
    # Somebody may have set weights of another type, or as lists.
    weights = [
        np.asarray(weight, network.dtype) for weight in estimator._trained_weights()
    ]
    kept = getattr(estimator, "_continuation", None)
    if partial and kept is not None:
        continuation = Continuation.from_dict(kept)
        return continuation.seeds, continuation.start(weights)
    seeds = Seeds.draw(estimator.random_state)
    # Another split would validate on samples that were trained on.
    seeds = replace(seeds, split=getattr(estimator, "_split_seed", seeds.split))
    return seeds, Start(weights)


def specify_optimizer(
    estimator: Any, learning_rate: Any, n_steps: int = 0
) -> OptimizerSpecification:
    """Return the specification of an estimator's optimizer at a learning rate.

    ``n_steps`` are the gradient steps of the whole fit, for a schedule by name.
    """
    import_keras()
    from skmlp._keras.optimizers import specify

    return specify(
        estimator.optimizer, learning_rate, estimator.momentum, n_steps=n_steps
    )


def _recipe(estimator: Any, n_samples: int, *, is_partial: bool) -> Recipe:
    batch_size = min(batch_size_of(estimator), n_samples)
    n_steps = -(-n_samples // batch_size) * estimator.epochs
    return Recipe(
        optimizer=specify_optimizer(estimator, estimator.learning_rate, n_steps),
        alpha=float(estimator.alpha),
        batch_size=batch_size,
        epochs=1 if is_partial else int(estimator.epochs),
        shuffle=bool(estimator.shuffle),
    )


def batch_size_of(estimator: Any) -> int:
    """Return the samples of a gradient step, where there are as many."""
    return 200 if estimator.batch_size == "auto" else int(estimator.batch_size)


def _stopping(estimator: Any, *, is_partial: bool) -> Stopping:
    monitor, tol = "loss", estimator.tol
    gradient_tol = tol or 0.0
    if estimator.early_stopping:
        monitor = "val_loss" if estimator.monitor == "loss" else "val_score"
        tol = tol or 0.0
    elif is_partial or not takes_steps(estimator.optimizer):
        tol = None  # L-BFGS ends by the gradient
    return Stopping(
        tol=tol,
        gradient_tol=gradient_tol,
        n_iter_no_change=estimator.n_iter_no_change,
        monitor=monitor,
        keep_best=estimator.early_stopping,
        max_time=estimator.max_time,
        keep_interrupted=estimator.on_interrupt == "keep",
    )


def as_callbacks(callbacks: Any) -> tuple:
    """Return the callbacks as a tuple of Keras' instances."""
    if callbacks is None:
        return ()
    given = callbacks if isinstance(callbacks, list | tuple) else [callbacks]
    for callback in given:
        if not isinstance(callback, KERAS_CALLBACK):
            remedy = "Pass instances, not classes or functions."
            if hasattr(callback, "on_fit_task_end"):
                remedy = "Pass scikit-learn's callbacks to set_callbacks."
            raise TypeError(
                "callbacks needs instances of keras.callbacks.Callback. Got "
                f"{callback!r}. {remedy}"
            )
    return tuple(given)
