"""A loop written by hand in JAX: the yardstick, which does nothing but the arithmetic.

An epoch is one compiled call: ``lax.scan`` over the batches, each gathered from the
data by the epoch's permutation, then one step on the rows that are left over. Nothing
is validated, recorded or encoded. Gathering the whole epoch first, or taking the
label's logit by a gather instead of a product, was measured to be slower.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


def start() -> None:
    """Start JAX."""
    jax.block_until_ready(jnp.zeros(1))


def make_estimator(hidden_layer_sizes, *, epochs, batch_size, learning_rate):
    """Return the loop as an object."""
    return JaxLoop(hidden_layer_sizes, epochs, batch_size, learning_rate)


def logits(layers, X):
    """Return the logits of the network for X."""
    *hidden, (kernel, bias) = layers
    for kernel_in, bias_in in hidden:
        X = jax.nn.relu(X @ kernel_in + bias_in)
    return X @ kernel + bias


def log_loss(layers, X, y):
    """Return the mean log loss."""
    z = logits(layers, X)
    of_label = jnp.sum(z * jax.nn.one_hot(y, z.shape[1]), axis=1)
    return jnp.mean(jax.nn.logsumexp(z, axis=1) - of_label)


@partial(jax.jit, static_argnames="batch_size", donate_argnames="layers")
def train_epoch(layers, X, y, order, learning_rate, batch_size):
    """Take the gradient steps of one epoch."""

    def step(layers, rows):
        loss, slopes = jax.value_and_grad(log_loss)(layers, X[rows], y[rows])
        return jax.tree.map(lambda w, g: w - learning_rate * g, layers, slopes), loss

    n_batches = len(order) // batch_size
    whole = order[: n_batches * batch_size].reshape(n_batches, batch_size)
    layers, losses = lax.scan(step, layers, whole, unroll=4)
    if len(order) % batch_size:
        layers, _ = step(layers, order[n_batches * batch_size :])
    return layers, losses.mean()


@jax.jit
def probabilities(layers, X):
    """Return the probability of each class."""
    return jax.nn.softmax(logits(layers, X))


class JaxLoop:
    """The loop, as an object with ``fit`` and ``predict_proba``."""

    def __init__(self, hidden_layer_sizes, epochs, batch_size, learning_rate):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate

    def fit(self, X, y):
        """Draw weights, put the data on the device, and train."""
        rng = np.random.RandomState(0)
        layers = []
        for n_in, n_out in pairwise(
            (X.shape[1], *self.hidden_layer_sizes, y.max() + 1)
        ):
            bound = np.sqrt(6 / (n_in + n_out))
            kernel = rng.uniform(-bound, bound, (n_in, n_out)).astype(np.float32)
            layers.append((jnp.asarray(kernel), jnp.zeros(n_out, jnp.float32)))
        X, y = jax.device_put(X), jax.device_put(y.astype(np.int32))
        for _ in range(self.epochs):
            order = rng.permutation(np.int32(len(y))).astype(np.int32)
            layers, _ = train_epoch(
                layers, X, y, order, self.learning_rate, self.batch_size
            )
        self.layers = jax.block_until_ready(layers)
        return self

    def predict_proba(self, X):
        """Return the probability of each class."""
        return np.asarray(probabilities(self.layers, X))
