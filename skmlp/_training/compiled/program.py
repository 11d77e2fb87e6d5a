"""Compiled functions of one shape: values in, values out, nothing held between calls.

What does not shape the graph comes in as an argument: weights, the optimizer's state,
rates, the penalty, the seeds of dropout, the data and their exact number.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from skmlp._job import Job, Shape, Weights
from skmlp._keras import functional
from skmlp._keras.pure import PureOptimizer
from skmlp._keras.quirks import quick_call
from skmlp._training.compiled.feed import Block, Feed
from skmlp._training.watch import Logs

# Rows of the validation set that are evaluated at a time.
_EVALUATION_ROWS = 1024

Tensors = list[tf.Tensor]


class State(NamedTuple):
    """What changes from step to step.

    Attributes
    ----------
    weights : list of tensor
        All weights of the network.
    optimizer : list of tensor
        The optimizer's state, whose first value is the number of the step.
    """

    weights: Tensors
    optimizer: Tensors


class Given(NamedTuple):
    """What is given for a whole fit.

    Attributes
    ----------
    alpha : tensor
        Strength of the penalty.
    rate : tensor of shape (2,)
        Rate and number of steps of a schedule by name.
    dropout_seeds : tensor of int32 of shape (n_hidden_layers,)
        A seed for each hidden layer.
    """

    alpha: tf.Tensor
    rate: tf.Tensor
    dropout_seeds: tf.Tensor

    @classmethod
    def of(cls, job: Job) -> Given:
        """Return what is given for a job."""
        optimizer = job.recipe.optimizer
        n_steps = optimizer.schedule.n_steps if optimizer.schedule else 0
        return cls(
            tf.constant(job.recipe.alpha, job.network.dtype),
            tf.constant([optimizer.rate or 0.0, n_steps], tf.float32),
            tf.constant(job.seeds.dropout_of_layers(job.network.n_hidden)),
        )


def as_tensors(arrays: Weights) -> Tensors:
    """Return tensors with copies of the arrays."""
    return [tf.constant(array) for array in arrays]


def as_array(tensor: tf.Tensor) -> NDArray:
    """Return a copy of a tensor."""
    return np.array(tensor)


class Program:
    """The compiled functions of one shape. It serves any number of threads at once."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.network = shape.network
        self._is_trained = shape.network.is_trained()
        self._compiling = threading.Lock()
        self._compiled: dict[Hashable, Callable[..., Any]] = {}

    def trained(self, weights: Sequence[Any]) -> list[Any]:
        """Return the weights that follow the gradient."""
        pairs = zip(weights, self._is_trained, strict=True)
        return [weight for weight, is_trained in pairs if is_trained]

    def with_trained(self, weights: Sequence[Any], trained: Sequence[Any]) -> list[Any]:
        """Return all weights, those that follow the gradient replaced."""
        rest = iter(trained)
        pairs = zip(weights, self._is_trained, strict=True)
        return [next(rest) if is_trained else weight for weight, is_trained in pairs]

    def logs(self, loss: float, accuracy: float) -> Logs:
        """Return loss and accuracy as Keras' logs."""
        if self.network.loss_row.is_correct is None:
            return {"loss": float(loss)}
        return {"accuracy": float(accuracy), "loss": float(loss)}

    # Training

    def compile_epoch(
        self,
        block: Block,
        state: State,
        given: Given,
        optimizer: PureOptimizer,
        *,
        xla: bool,
    ) -> None:
        """Compile the epoch of a new program, by one of no samples."""
        if not self._compiled:
            no_rows = np.empty(0, np.int32)
            self.train_epoch(block, no_rows, state, given, optimizer, xla=xla)

    def train_epoch(
        self,
        block: Block,
        rows: NDArray,
        state: State,
        given: Given,
        optimizer: PureOptimizer,
        *,
        xla: bool,
    ) -> tuple[NDArray, State]:
        """Train on rows of a block in this order.

        Returns sums over the samples of the loss and of the correct weight, and the new
        state.
        """
        shape = self.shape
        # What is over points at a row of weight zero.
        indices = np.full(
            (shape.max_batches, shape.batch_size), shape.n_rows - 1, np.int32
        )
        indices.ravel()[: len(rows)] = rows
        n_weights = len(state.weights)

        def epoch(*tensors: tf.Tensor) -> list[tf.Tensor]:
            X, y, weight, indices, n_samples, *rest = tensors
            given, rest = Given(*rest[:3]), rest[3:]
            state = State(rest[:n_weights], rest[n_weights:])
            data = X, y, weight, indices, n_samples
            return self._epoch(data, state, given, optimizer)

        data = *block, tf.constant(indices), tf.constant(len(rows))
        outputs = self._call(
            epoch, [*data, *given, *state.weights, *state.optimizer], xla=xla
        )
        sums = np.array([float(outputs[0]), float(outputs[1])])
        end = 2 + n_weights
        return sums, State(outputs[2:end], outputs[end:])

    def _epoch(
        self,
        data: tuple[tf.Tensor, ...],
        state: State,
        given: Given,
        optimizer: PureOptimizer,
    ) -> list[tf.Tensor]:
        X, y, weight, indices, n_samples = data
        batch_size = self.shape.batch_size
        zero = tf.zeros((), self.network.dtype)

        def step(
            i: tf.Tensor, loss_sum: Any, correct_sum: Any, weights: Any, optimized: Any
        ) -> tuple[Any, ...]:
            rows = indices[i]
            y_batch = tf.gather(y, rows)
            n_rows = tf.minimum(n_samples - i * batch_size, batch_size)
            w_batch, w_sum = self._batch_weights(weight, rows, n_rows)
            trained = self.trained(weights)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(trained)
                weights = self.with_trained(weights, trained)
                scores, weights = functional.scores_of(
                    self.network,
                    weights,
                    tf.gather(X, rows),  # (batch_size, n_features)
                    training=True,
                    weight=w_batch,
                    step=optimized[0],
                    dropout_seeds=given.dropout_seeds,
                )
                loss = functional.objective(
                    self.network,
                    weights,
                    y_batch,
                    scores,
                    w_batch,
                    w_sum,
                    given.alpha if self.shape.penalised else None,
                )
                scaled_loss = optimizer.scale_loss(loss)
            gradients = tape.gradient(scaled_loss, trained)
            trained, optimized = optimizer.apply(
                gradients, trained, optimized, given.rate
            )
            return (
                i + 1,
                loss_sum + loss * tf.cast(n_rows, loss.dtype),
                correct_sum + self._n_correct(y_batch, scores, w_batch),
                self.with_trained(weights, trained),
                optimized,
            )

        # XLA would compile a loop over tf.range anew for each number of batches.
        start = (tf.constant(0), zero, zero, list(state.weights), list(state.optimizer))
        # Without XLA, batches of further iterations would be gathered ahead, and take
        # their memory: parallel_iterations is 10 unless one says otherwise.
        _, loss, correct, weights, optimized = tf.while_loop(
            lambda i, *_: i * batch_size < n_samples, step, start, parallel_iterations=1
        )
        return [loss, correct, *weights, *optimized]

    def _batch_weights(
        self, weight: tf.Tensor, rows: tf.Tensor, n_rows: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the weights of a batch, and their sum."""
        if self.shape.weighted:
            w_batch = tf.gather(weight, rows)
            return w_batch, tf.reduce_sum(w_batch)
        # 1 for a sample, 0 for padding: nothing to gather and to sum in each step.
        w_batch = tf.cast(tf.range(self.shape.batch_size) < n_rows, weight.dtype)
        return w_batch, tf.cast(n_rows, weight.dtype)

    # Evaluation

    def evaluate(self, feed: Feed, weights: Tensors) -> Logs:
        """Return loss and accuracy, weighted, as Keras' logs.

        To evaluate is to multiply large matrices, which XLA makes no faster.
        """
        sums = np.zeros(2)
        for block, n_samples in feed.as_stored():
            outputs = self._call(
                self._evaluation, [*block, tf.constant(n_samples), *weights]
            )
            sums += [float(output) for output in outputs]
        loss, correct = sums / feed.weight_sum
        return self.logs(loss, correct)

    def _evaluation(
        self,
        X: tf.Tensor,
        y: tf.Tensor,
        weight: tf.Tensor,
        n_samples: tf.Tensor,
        *weights: tf.Tensor,
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
            scores, _ = functional.scores_of(
                self.network, list(weights), X[i], training=False
            )
            return (
                i + 1,
                loss_sum + self._loss_sum(y[i], scores, weight[i], training=False),
                correct_sum + self._n_correct(y[i], scores, weight[i]),
            )

        start = (tf.constant(0), zero, zero)
        _, *sums = tf.while_loop(
            lambda i, *_: i * rows_at_a_time < n_samples, step, start
        )
        return tuple(sums)

    # L-BFGS

    def loss_and_gradient(self, feed: Feed, point: NDArray) -> tuple[Logs, NDArray]:
        """Return Keras' logs and the gradient at a point, all weights in one vector.

        Both are of all samples, and without a penalty.
        """
        sums = np.zeros(2)
        gradient = np.zeros(len(point))
        weights = tf.constant(point, self.network.dtype)
        for block, _ in feed.as_stored():
            loss, correct, block_gradient = self._call(
                self._loss_and_gradient, [*block, weights]
            )
            sums += float(loss), float(correct)
            gradient += block_gradient.numpy()
        loss, correct = sums / feed.weight_sum
        return self.logs(loss, correct), gradient / feed.weight_sum

    def _loss_and_gradient(
        self, X: tf.Tensor, y: tf.Tensor, weight: tf.Tensor, point: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        """Sum losses and correct weight at a point, and give the gradient."""
        weights = self._reshaped(point)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(weights)
            scores, _ = functional.scores_of(self.network, weights, X, training=False)
            loss = self._loss_sum(y, scores, weight, training=True)
        gradients = [tf.reshape(g, [-1]) for g in tape.gradient(loss, weights)]
        return loss, self._n_correct(y, scores, weight), tf.concat(gradients, axis=0)

    def _reshaped(self, point: tf.Tensor) -> Tensors:
        sizes = self.network.layer_sizes
        shapes: list[tuple[int, ...]] = []
        for n_in, n_out in itertools.pairwise(sizes):
            shapes += [(n_in, n_out), (n_out,)]
        parts = tf.split(point, [math.prod(shape) for shape in shapes])
        return [
            tf.reshape(part, shape) for part, shape in zip(parts, shapes, strict=True)
        ]

    # What these share

    def _loss_sum(
        self, y: tf.Tensor, scores: tf.Tensor, weight: Any, *, training: bool
    ) -> tf.Tensor:
        losses = functional.losses_of(self.network, y, scores, training=training)
        return tf.reduce_sum(losses * weight)

    def _n_correct(self, y: tf.Tensor, scores: tf.Tensor, weight: Any) -> tf.Tensor:
        correct = functional.are_correct(self.network, y, scores)
        if correct is None:
            return tf.zeros((), self.network.dtype)
        return tf.reduce_sum(correct * weight)

    def _call(self, function: Callable, tensors: Tensors, *, xla: bool = False) -> Any:
        """Call a function that is compiled once for each shape of its first tensor.

        The shapes of the others follow from that of the program.
        """
        X = tensors[0]
        key = (function.__name__, xla, X.shape, X.dtype)
        if key not in self._compiled:
            with self._compiling:  # other threads wait for the one that compiles
                if key not in self._compiled:
                    traced = tf.function(function, jit_compile=xla, autograph=False)
                    specs = [tf.TensorSpec.from_tensor(tensor) for tensor in tensors]
                    concrete = traced.get_concrete_function(*specs)
                    self._compiled[key] = quick_call(concrete)
        return self._compiled[key](*tensors)
