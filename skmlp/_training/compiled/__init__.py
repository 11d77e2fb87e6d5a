"""The compiled engine: an epoch is one call of a TensorFlow program kept for reuse.

=============  =======================================================================
module         responsible for
=============  =======================================================================
``__init__``   the engine: the state of one training
``program``    compiled functions of one shape, which hold no state
``cache``      the programs that are kept, in a bounded number
``feed``       the samples on the device
=============  =======================================================================
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from skmlp._job import Job, Trained, Weights
from skmlp._job.seeds import EpochOrders
from skmlp._keras.pure import PureOptimizer
from skmlp._keras.start import graph_rewrites_off
from skmlp._training.compiled.cache import PROGRAMS
from skmlp._training.compiled.feed import Feed
from skmlp._training.compiled.program import Given, State, as_array, as_tensors
from skmlp._training.engine import BatchHooks
from skmlp._training.loop import train_by_epochs
from skmlp._training.watch import Logs, Watcher

# From this number of gradient steps on, a search of a dozen fits earns back what
# compiling takes (see "When XLA is used" in docs/performance.rst).
_XLA_STEPS = 500


def train(job: Job) -> Trained:
    """Train a job epoch by epoch."""
    watcher = Watcher(job)
    with graph_rewrites_off():
        return train_by_epochs(job, CompiledEngine(job), watcher)


def pays_to_compile(n_steps: int) -> bool:
    """Return whether XLA saves more than it costs in a fit of so many steps."""
    return n_steps >= _XLA_STEPS


class CompiledEngine:
    """The state of one training on the device, and the program that moves it on."""

    def __init__(self, job: Job) -> None:
        network, recipe = job.network, job.recipe
        self._job = job
        self._optimizer = PureOptimizer(recipe.optimizer, network, job.start.weights)
        self._state = State(
            as_tensors(job.start.weights),
            as_tensors(self._optimizer.first_state(job.start.optimizer_state)),
        )
        self._given = Given.of(job)
        self._program = PROGRAMS.of(job.shape)
        self._xla = pays_to_compile(job.n_steps * recipe.epochs)
        self._orders = EpochOrders(
            job.seeds.order, len(job.samples), shuffle=recipe.shuffle
        )
        # A new program is compiled while large data are copied.
        self._feed = Feed(
            job.samples,
            recipe.batch_size,
            meanwhile=lambda block: self._program.compile_epoch(
                block, self._state, self._given, self._optimizer, xla=self._xla
            ),
        )
        self._validation_feed = None
        if job.validation is not None:
            self._validation_feed = Feed(job.validation, recipe.batch_size)
        self._read: tuple[State, Weights, Weights] | None = None

    @property
    def weights(self) -> Weights:
        """The weights as they are now."""
        return self._read_state()[1]

    @property
    def optimizer_state(self) -> Weights:
        """The values of the optimizer's variables as they are now."""
        return self._read_state()[2]

    def _read_state(self) -> tuple[State, Weights, Weights]:
        if self._read is None or self._read[0] is not self._state:
            weights, optimizer = self._state
            self._read = (
                self._state,
                [as_array(tensor) for tensor in weights],
                [as_array(tensor) for tensor in optimizer],
            )
        return self._read

    def load(self, weights: Weights, optimizer_state: Weights) -> None:
        """Go on from these."""
        self._state = State(as_tensors(weights), as_tensors(optimizer_state))

    def train_epoch(self, epoch: int, hooks: BatchHooks) -> Logs:
        """Train an epoch; return its loss and accuracy."""
        order = self._orders.of(self._job.start.n_epochs + epoch)
        sums = np.zeros(2)
        for block, rows in self._feed.in_order(order):
            block_sums, self._state = self._program.train_epoch(
                block, rows, self._state, self._given, self._optimizer, xla=self._xla
            )
            sums += block_sums
        loss, correct = sums
        return self._program.logs(loss / len(order), correct / self._feed.weight_sum)

    def validate(self, hooks: BatchHooks) -> Logs:
        """Return loss and accuracy on the validation samples."""
        assert self._validation_feed is not None
        return self._program.evaluate(self._validation_feed, self._state.weights)

    def finalize(self) -> None:
        """Take the averages of the weights where the optimizer keeps such."""
        trained = self._program.trained(self._state.weights)
        trained, optimizer = self._optimizer.finalize(trained, self._state.optimizer)
        weights = self._program.with_trained(self._state.weights, trained)
        self._state = State(
            [tf.convert_to_tensor(weight) for weight in weights],
            [tf.convert_to_tensor(value) for value in optimizer],
        )
