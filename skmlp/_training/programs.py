"""Compiled programs, and the bounded cache that lends them to one fit at a time.

A program is a network, an optimizer and a compiled epoch. Compiling costs from a third
of a second to a second, and what XLA compiled stays for as long as the process lives.
So a program is kept and used again by every fit that needs the same graph. What does
not shape the graph (initial weights, learning rate, a positive ``alpha``, the data and
their exact number) is loaded into it, not compiled into it.
"""

from __future__ import annotations

import contextlib
import json
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from skmlp._compat import schedule_of
from skmlp._network import Network, Weights
from skmlp._training.blocks import Shapes
from skmlp._training.contract import Settings, make_optimizer
from skmlp._training.feed import Block, Feed
from skmlp._training.layers import model_inputs, seed_dropout
from skmlp._training.objective import LOSSES, load_state, trainable
from skmlp._training.schedules import NamedSchedule

# Rows of the validation set that are evaluated at a time.
_EVALUATION_ROWS = 1024

# From this number of gradient steps on, a search of a dozen fits earns back what
# compiling takes (see "When XLA is used" in docs/performance.rst).
_XLA_STEPS = 500


class Program:
    """A network and an optimizer with their own variables, and a compiled epoch."""

    def __init__(
        self,
        network: Network,
        optimizer: keras.optimizers.Optimizer,
        shapes: Shapes,
        *,
        penalised: bool = True,
        weighted: bool = True,
        xla: bool,
    ) -> None:
        self.network = network
        self.shapes = shapes
        self.model, self.alpha, self._scores, self._batch_objective = trainable(
            network, make_optimizer(optimizer), penalised=penalised
        )
        self.model.optimizer.build(self.model.trainable_variables)
        self._weighted = weighted
        self._xla = xla
        self._concrete: dict[Hashable, Callable[..., tuple[tf.Tensor, ...]]] = {}

    @property
    def n_bytes(self) -> int:
        """Memory of the variables."""
        variables = self.model.variables + self.model.optimizer.variables
        return sum(np.prod(v.shape) * np.dtype(v.dtype).itemsize for v in variables)

    def load(
        self,
        weights: Weights,
        settings: Settings,
        optimizer_state: Weights | None,
        rng: np.random.RandomState,
    ) -> None:
        """Make the program as new: these weights, this penalty, this optimizer state.

        Without a state, the optimizer starts afresh.
        """
        seed_dropout(self.model, rng)
        self.model.set_weights(weights)
        self.model.stop_training = False
        self.alpha.assign(settings.alpha)
        optimizer = self.model.optimizer
        fresh = make_optimizer(settings.optimizer)
        fresh.build(self.model.trainable_variables)
        for variable, value in zip(optimizer.variables, fresh.variables, strict=True):
            variable.assign(value)
        schedule = schedule_of(optimizer)
        if isinstance(schedule, NamedSchedule):
            schedule.assign(schedule_of(fresh))
        if optimizer_state is not None:
            load_state(optimizer, optimizer_state)

    def compile_epoch(self, block: Block) -> None:
        """Trace and compile the epoch of a new program, by one of no samples."""
        if self._concrete:
            return
        shapes = self.shapes
        indices = tf.zeros((shapes.max_batches, shapes.batch_size), tf.int32)
        self._sums(self._epoch, *block, indices, tf.constant(0), xla=self._xla)

    def train_epoch(self, feed: Feed, order: NDArray) -> dict:
        """Train on samples in this order; return Keras' logs of the epoch."""
        shapes = self.shapes
        sums = np.zeros(2)
        for block, rows in feed.in_order(order):
            # What is over points at a row of weight zero.
            indices = np.full(
                (shapes.max_batches, shapes.batch_size), shapes.n_rows - 1, np.int32
            )
            indices.ravel()[: len(rows)] = rows
            n_samples = tf.constant(len(rows))
            sums += self._sums(
                self._epoch, *block, tf.constant(indices), n_samples, xla=self._xla
            )
        loss, correct = sums
        return self._logs(loss / len(order), correct / feed.weight_sum)

    def evaluate(self, feed: Feed) -> dict:
        """Return loss and accuracy, weighted, as Keras' logs.

        To evaluate is to multiply large matrices, which XLA makes no faster.
        """
        sums = np.zeros(2)
        for block, n_samples in feed.as_stored():
            sums += self._sums(self._evaluation, *block, tf.constant(n_samples))
        loss, correct = sums / feed.weight_sum
        return self._logs(loss, correct)

    def validate(self, feed: Feed, hooks: keras.callbacks.CallbackList) -> dict:
        """Evaluate as Keras' ``fit`` does after an epoch; return its logs for that."""
        hooks.on_test_begin()
        logs = self.evaluate(feed)
        hooks.on_test_end(logs)
        return {f"val_{name}": value for name, value in logs.items()}

    def loss_and_gradient(self, feed: Feed, point: NDArray) -> tuple[dict, NDArray]:
        """Move the weights to a point; return Keras' logs and the gradient there.

        Both are of all samples, and without a penalty.
        """
        sums = np.zeros(2)
        gradient = np.zeros(len(point))
        weights = tf.constant(point, self.network.dtype)
        for block, _ in feed.as_stored():
            loss, correct, block_gradient = self._run(self._objective, *block, weights)
            sums += float(loss), float(correct)
            gradient += block_gradient.numpy()
        loss, correct = sums / feed.weight_sum
        return self._logs(loss, correct), gradient / feed.weight_sum

    def _sums(
        self, function: Callable, *tensors: tf.Tensor, xla: bool = False
    ) -> NDArray:
        return np.array(
            [float(sum_) for sum_ in self._run(function, *tensors, xla=xla)]
        )

    def _run(
        self, function: Callable, *tensors: tf.Tensor, xla: bool = False
    ) -> tuple[tf.Tensor, ...]:
        """Call a function that is traced once for each combination of shapes."""
        specs = tuple(tf.TensorSpec.from_tensor(tensor) for tensor in tensors)
        key = (function.__name__, specs)
        if key not in self._concrete:
            traced = tf.function(function, jit_compile=xla, autograph=False)
            self._concrete[key] = traced.get_concrete_function(*specs)
        return self._concrete[key](*tensors)

    def _logs(self, loss: float, accuracy: float) -> dict:
        if LOSSES[self.network.loss].is_correct is None:
            return {"loss": loss}
        return {"accuracy": accuracy, "loss": loss}

    def _inputs(self, X: tf.Tensor) -> tf.Tensor:
        X = tf.cast(X, self.network.dtype)
        divisor = self.network.input_divisor
        return X if divisor == 1 else X / tf.constant(divisor, X.dtype)

    def _n_correct(self, y: tf.Tensor, scores: tf.Tensor, weight: Any) -> tf.Tensor:
        is_correct = LOSSES[self.network.loss].is_correct
        if is_correct is None:
            return tf.zeros((), self.network.dtype)
        correct = tf.cast(is_correct(y, scores), self.network.dtype)
        return tf.reduce_sum(correct * weight)

    def _losses(self, y: tf.Tensor, scores: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
        losses = LOSSES[self.network.loss].per_sample(self.network, y, scores)
        return tf.reduce_sum(losses * weight)

    def _epoch(
        self,
        X: tf.Tensor,
        y: tf.Tensor,
        weight: tf.Tensor,
        indices: tf.Tensor,
        n_samples: tf.Tensor,
    ) -> tuple[tf.Tensor, ...]:
        """Run one epoch: sums over samples of the loss and of the correct weight."""
        model = self.model
        batch_size = self.shapes.batch_size
        zero = tf.zeros((), self.network.dtype)

        def step(i: tf.Tensor, loss_sum: Any, correct_sum: Any) -> tuple[Any, ...]:
            rows = indices[i]
            X_batch = self._inputs(tf.gather(X, rows))  # (batch_size, n_features)
            y_batch = tf.gather(y, rows)
            n_rows = tf.minimum(n_samples - i * batch_size, batch_size)
            w_batch, w_sum = self._batch_weights(weight, rows, n_rows)
            with tf.GradientTape() as tape:
                inputs = model_inputs(self.network, X_batch, w_batch)
                scores = self._scores(model(inputs, training=True))
                loss = self._batch_objective(y_batch, scores, w_batch, w_sum)
                scaled_loss = model.optimizer.scale_loss(loss)
            gradients = tape.gradient(scaled_loss, model.trainable_variables)
            model.optimizer.apply(gradients, model.trainable_variables)
            return (
                i + 1,
                loss_sum + loss * tf.cast(n_rows, loss.dtype),
                correct_sum + self._n_correct(y_batch, scores, w_batch),
            )

        # XLA would compile a loop over tf.range anew for each number of batches.
        start = (tf.constant(0), zero, zero)
        return tf.while_loop(lambda i, *_: i * batch_size < n_samples, step, start)[1:]

    def _batch_weights(
        self, weight: tf.Tensor, rows: tf.Tensor, n_rows: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the weights of a batch, and their sum."""
        if self._weighted:
            w_batch = tf.gather(weight, rows)
            return w_batch, tf.reduce_sum(w_batch)
        # 1 for a sample, 0 for padding: nothing to gather and to sum in each step.
        w_batch = tf.cast(tf.range(self.shapes.batch_size) < n_rows, weight.dtype)
        return w_batch, tf.cast(n_rows, weight.dtype)

    def _evaluation(
        self, X: tf.Tensor, y: tf.Tensor, weight: tf.Tensor, n_samples: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        """Sum the weighted losses and the correct weight."""
        zero = tf.zeros((), self.network.dtype)
        n_rows, n_features = X.shape
        rows_at_a_time = min(_EVALUATION_ROWS, n_rows)
        # The quotient is exact: both are bucket sizes.
        chunks = (n_rows // rows_at_a_time, rows_at_a_time)
        X = tf.reshape(X, (*chunks, n_features))
        y = tf.reshape(y, chunks + y.shape[1:])
        weight = tf.reshape(weight, chunks)

        def step(i: tf.Tensor, loss_sum: Any, correct_sum: Any) -> tuple[Any, ...]:
            X_batch, y_batch, w_batch = self._inputs(X[i]), y[i], weight[i]
            inputs = model_inputs(self.network, X_batch, w_batch)
            scores = self._scores(self.model(inputs, training=False))
            return (
                i + 1,
                loss_sum + self._losses(y_batch, scores, w_batch),
                correct_sum + self._n_correct(y_batch, scores, w_batch),
            )

        start = (tf.constant(0), zero, zero)
        _, *sums = tf.while_loop(
            lambda i, *_: i * rows_at_a_time < n_samples, step, start
        )
        return tuple(sums)

    def _objective(
        self, X: tf.Tensor, y: tf.Tensor, weight: tf.Tensor, point: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        """Move the weights; sum losses and correct weight there, and give the gradient.

        All in one call: to assign a variable from outside takes as long as the rest.
        """
        variables = self.model.trainable_variables
        sizes = [math.prod(variable.shape) for variable in variables]
        for variable, part in zip(variables, tf.split(point, sizes), strict=True):
            variable.assign(tf.reshape(part, variable.shape))
        with tf.GradientTape() as tape:
            scores = self._scores(self.model(self._inputs(X), training=True))
            loss = self._losses(y, scores, weight)
        gradients = [tf.reshape(g, [-1]) for g in tape.gradient(loss, variables)]
        return loss, self._n_correct(y, scores, weight), tf.concat(gradients, axis=0)


class ProgramCache:
    """Programs by what shapes their graph, each lent to one fit at a time.

    Two fits that need the same graph at once get a program each. The programs used
    longest ago are dropped when there are more than ``max_programs``, or when their
    variables take more than ``max_bytes`` (the last one used always stays).
    """

    def __init__(self, max_programs: int, max_bytes: int) -> None:
        self.max_programs = max_programs
        self.max_bytes = max_bytes
        self._lock = threading.Lock()
        self._idle: OrderedDict[int, tuple[Hashable, Program]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._idle)

    @contextlib.contextmanager
    def lend(
        self,
        network: Network,
        optimizer: keras.optimizers.Optimizer,
        shapes: Shapes,
        *,
        penalised: bool = True,
        weighted: bool = True,
        xla: bool,
    ) -> Iterator[Program]:
        """Lend a program; one whose fit failed is not kept."""
        variant = {"penalised": penalised, "weighted": weighted, "xla": xla}
        key = (network, optimizer_key(optimizer), shapes, *variant.values())
        program = self._take(key) or Program(network, optimizer, shapes, **variant)
        yield program
        self._give_back(key, program)

    def _take(self, key: Hashable) -> Program | None:
        with self._lock:
            for number, (kept, _) in reversed(self._idle.items()):
                if kept == key:
                    return self._idle.pop(number)[1]
        return None

    def _give_back(self, key: Hashable, program: Program) -> None:
        with self._lock:
            self._idle[id(program)] = (key, program)
            while len(self._idle) > 1 and (
                len(self._idle) > self.max_programs
                or sum(kept.n_bytes for _, kept in self._idle.values()) > self.max_bytes
            ):
                self._idle.popitem(last=False)


def optimizer_key(optimizer: keras.optimizers.Optimizer) -> Hashable:
    """Return what of an optimizer shapes the graph.

    Neither its name does, nor a rate that is constant or follows a schedule by name.
    """
    config = optimizer.get_config()
    del config["name"]
    schedule = schedule_of(optimizer)
    if schedule is None or isinstance(schedule, NamedSchedule):
        config.pop("learning_rate", None)
    else:
        config["learning_rate"] = schedule.get_config()
    values = json.dumps(config, sort_keys=True, default=str)
    return type(optimizer), type(schedule), values


PROGRAMS = ProgramCache(max_programs=32, max_bytes=256 * 2**20)


def pays_to_compile(n_steps: int) -> bool:
    """Return whether XLA saves more than it costs in a fit of so many steps."""
    return n_steps >= _XLA_STEPS
