"""Keras' own ``Model.fit``, through scikeras' wrapper: an epoch is one call of it.

It runs on every Keras backend, tells callbacks of each batch, and reads one batch of
the data at a time. scikeras is archived since April 2026. This is the only module that
uses it, and all it uses is ``BaseWrapper`` (its ``partial_fit`` and ``history_``):
replacing it is a day's work.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from skmlp._forward import as_dense
from skmlp._job import Job, Network, Samples, Trained, Weights
from skmlp._job.seeds import EpochOrders
from skmlp._keras import functional
from skmlp._keras.optimizers import (
    as_array,
    first_state,
    load_state,
    make_optimizer,
    make_variables,
    mend_for_tensorflow,
    read_state,
    step_of,
)
from skmlp._keras.quirks import import_scikeras_wrapper
from skmlp._keras.start import graph_rewrites_off, use_first_generator_quietly
from skmlp._training.callbacks import need_batches
from skmlp._training.engine import BatchHooks
from skmlp._training.loop import train_by_epochs
from skmlp._training.watch import Logs, Watcher

BaseWrapper = import_scikeras_wrapper()

# Compiling a step on jax takes as long as some seventy steps operation by operation.
_JIT_STEPS = 64


def train(job: Job) -> Trained:
    """Train a job epoch by epoch."""
    watcher = Watcher(job)
    use_first_generator_quietly()
    with graph_rewrites_off():
        return train_by_epochs(job, KerasFitEngine(job), watcher)


def pays_to_jit(n_steps: int) -> bool:
    """Return whether a compiled step saves more than it costs in so many steps.

    On TensorFlow Keras traces the step in any case, and what is worth compiling goes to
    the other engine; torch runs it as it is.
    """
    return keras.config.backend() == "jax" and n_steps >= _JIT_STEPS


class TrainedModel(keras.Model):
    """The functions of :mod:`skmlp._keras.functional` as a model that Keras trains.

    Its output are scores. Nobody sees it: callbacks have a model of plain layers.
    """

    def __init__(self, job: Job) -> None:
        super().__init__(dtype=job.network.dtype, name="network")
        self._network = job.network
        self._alpha = job.recipe.alpha if job.recipe.alpha > 0 else None
        self._arrays = make_variables(job.network, job.start.weights)
        self._dropout_seeds = ops.convert_to_tensor(
            job.seeds.dropout_of_layers(job.network.n_hidden)
        )
        self._step = keras.Variable(0, dtype="int32", trainable=False, name="step")
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the scores; ``inputs`` are features and sample weights (n, 1)."""
        X, weight = inputs
        scores, moved = functional.scores_of(
            self._network,
            [variable.value for variable in self._arrays],
            X,
            training=training,
            weight=weight[:, 0],
            step=self._step.value,
            dropout_seeds=self._dropout_seeds,
        )
        if training:
            self._step.assign(self._step + 1)
            for variable, value in zip(self._arrays, moved, strict=True):
                if not variable.trainable:
                    variable.assign(value)
        return scores

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the objective in training, the mean weighted loss in validation."""
        if not training:
            # The weights are of mean 1: Keras averages over the samples.
            losses = functional.losses_of(self._network, y, y_pred, training=False)
            return ops.mean(losses * sample_weight)
        return functional.objective(
            self._network,
            [variable.value for variable in self._arrays],
            y,
            y_pred,
            sample_weight,
            ops.sum(sample_weight),
            self._alpha,
        )

    @property
    def arrays(self) -> list[keras.Variable]:
        """The variables of the network's weights, in its order."""
        return self._arrays

    @property
    def step(self) -> keras.Variable:
        """The number of the gradient step."""
        return self._step


class KerasFitEngine:
    """A model that Keras trains, an epoch at a time."""

    def __init__(self, job: Job) -> None:
        self._job = job
        specification = job.recipe.optimizer
        self._batches = Batches(job.samples, job.network, job.recipe.batch_size)
        self._model = TrainedModel(job)
        optimizer = make_optimizer(specification)
        mend_for_tensorflow(optimizer)
        # Keras would do at the end of each epoch what is for the end of training.
        optimizer.finalize_variable_values = _do_nothing
        self._model.compile(
            optimizer=optimizer,
            loss=job.network.loss_row.keras_name,  # which compute_loss replaces
            weighted_metrics=_metrics(job.network),
            jit_compile=pays_to_jit(job.n_steps * job.recipe.epochs),
            auto_scale_loss=False,  # whatever the policy of the process is
        )
        # Keras would build it while tracing a step, where ScheduleFreeAdamW's copy of
        # the initial weights is lost.
        optimizer.build(self._model.trainable_variables)
        state = first_state(optimizer, specification, job.start.optimizer_state)
        load_state(optimizer, state)
        self._model.step.assign(step_of(optimizer))

        self._told = TellBatches(self) if need_batches(job.callbacks) else None
        told = [] if self._told is None else [self._told]
        self._wrapper = _Wrapper(
            self._model, epochs=1, verbose=0, callbacks=told, shuffle=False
        )
        self._validation = None
        if job.validation is not None:
            self._validation = Batches(
                job.validation.of_mean_weight_one(),
                job.network,
                job.recipe.batch_size,
            )
        self._orders = EpochOrders(
            job.seeds.order, len(job.samples), shuffle=job.recipe.shuffle
        )
        self._read: tuple[Weights, Weights] | None = None

    @property
    def weights(self) -> Weights:
        """The weights as they are now."""
        return self._read_state()[0]

    @property
    def optimizer_state(self) -> Weights:
        """The values of the optimizer's variables as they are now."""
        return self._read_state()[1]

    def _read_state(self) -> tuple[Weights, Weights]:
        if self._read is None:
            weights = [as_array(variable) for variable in self._model.arrays]
            self._read = weights, read_state(self._model.optimizer)
        return self._read

    def load(self, weights: Weights, optimizer_state: Weights) -> None:
        """Go on from these."""
        for variable, value in zip(self._model.arrays, weights, strict=True):
            variable.assign(value)
        load_state(self._model.optimizer, optimizer_state)
        self._model.step.assign(step_of(self._model.optimizer))
        self._read = None

    def train_epoch(self, epoch: int, hooks: BatchHooks) -> Logs:
        """Train an epoch; return its loss and accuracy."""
        order = self._orders.of(self._job.start.n_epochs + epoch)
        self._batches.put_in_order(order)
        if self._told is not None:
            self._told.hooks = hooks
        self._wrapper.partial_fit(self._batches, None)
        self._read = None
        return {name: values[-1] for name, values in self._wrapper.history_.items()}

    def validate(self, hooks: BatchHooks) -> Logs:
        """Return loss and accuracy on the validation samples."""
        told = []
        if self._told is not None:
            self._told.hooks = hooks
            told = [self._told]
        logs = self._model.evaluate(
            self._validation, return_dict=True, verbose=0, callbacks=told
        )
        return {name: float(value) for name, value in sorted(logs.items())}

    def batch_ended(self) -> None:
        """Read the weights anew: they changed within an epoch."""
        self._read = None

    def finalize(self) -> None:
        """Take the averages of the weights where the optimizer keeps such."""
        optimizer = self._model.optimizer
        type(optimizer).finalize_variable_values(
            optimizer, self._model.trainable_variables
        )
        self._read = None


def _do_nothing(variables: Any) -> None:
    """Stand for a method that is called at another time."""


class TellBatches(keras.callbacks.Callback):
    """Tell the user's callbacks of each batch, in Keras' own ``fit``."""

    def __init__(self, engine: KerasFitEngine) -> None:
        super().__init__()
        self._engine = engine
        self.hooks: BatchHooks | None = None

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Pass it on."""
        assert self.hooks is not None
        self.hooks.batch_begins(batch)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Pass it on, and end the epoch if that is wanted."""
        assert self.hooks is not None
        model = self.model  # on jax, to ask for it writes the weights into it
        self._engine.batch_ended()
        self.hooks.batch_ends(batch, logs or {})
        if self.hooks.stop_training:
            model.stop_training = True

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Pass it on."""
        assert self.hooks is not None
        self.hooks.test_batch_begins(batch)

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Pass it on."""
        assert self.hooks is not None
        self.hooks.test_batch_ends(batch, logs or {})


class Batches(keras.utils.PyDataset):
    """The batches of an epoch, in an order that is set before it."""

    def __init__(self, samples: Samples, network: Network, batch_size: int) -> None:
        super().__init__()
        self._samples = samples
        self._dtype = network.dtype
        self._batch_size = batch_size
        self._order: NDArray = np.arange(len(samples))

    def put_in_order(self, order: NDArray) -> None:
        """Take the samples in this order."""
        self._order = order

    def __len__(self) -> int:
        return -(-len(self._order) // self._batch_size)

    def __getitem__(self, index: int) -> tuple[Any, NDArray, NDArray]:
        start = index * self._batch_size
        rows = self._order[start : start + self._batch_size]
        X = as_dense(self._samples.features(rows)).astype(self._dtype, copy=False)
        weight = self._samples.weight[rows]
        return (X, weight[:, np.newaxis]), self._samples.y[rows], weight


class _Wrapper(BaseWrapper):  # type: ignore[misc, valid-type]
    """scikeras' wrapper, given data that are validated and batches that are cut."""

    def _validate_data(self, X: Any = None, y: Any = None, **_: Any) -> tuple[Any, Any]:
        return X, y


def _metrics(network: Network) -> list[Any] | None:
    if network.loss_row.is_correct is None:
        return None

    def accuracy(y: Any, scores: Any) -> Any:
        return functional.are_correct(network, y, scores)

    return [accuracy]
