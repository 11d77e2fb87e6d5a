"""A fitted network as a Keras model of plain layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skmlp._job import Network, OptimizerSpecification, Weights
from skmlp._keras.start import import_keras

if TYPE_CHECKING:
    import keras


def to_keras(
    network: Network,
    coefs: Weights,
    intercepts: Weights,
    *,
    optimizer: OptimizerSpecification | None = None,
    l2: float = 0.0,
) -> keras.Model:
    """Return the model, compiled where an optimizer is given.

    Parameters
    ----------
    network : Network
        The network.
    coefs, intercepts : list of ndarray
        Its weights, without normalisations.
    optimizer : OptimizerSpecification, default=None
        What to train further with.
    l2 : float, default=0.0
        Keras' penalty on the kernels: it adds ``l2 * sum(W**2)`` to each loss.
    """
    import_keras()
    from skmlp._keras.models import compile_model, keras_model

    layers = zip(coefs, intercepts, strict=True)
    model = keras_model(network, [array for layer in layers for array in layer], l2=l2)
    if optimizer is not None:
        compile_model(model, network, optimizer)
    return model
