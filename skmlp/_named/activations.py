"""Activations: a row for each, with all that anybody asks of it.

To add one, add a row to ``ACTIVATIONS``. The key is Keras' name, and each function
computes what Keras computes under that name. The operators of ONNX are given as a
function of ``op``, which adds a node and returns the name of its output, and of the
input's name. They are operators that onnxruntime has in float64 too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, expit, log_expit

Array = NDArray[np.floating]
Function = Callable[[Array], Array]
Operator = Callable[..., str]

# The constants of Keras' selu.
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805

# TensorProto.FLOAT of onnx, an extra that need not be installed.
_ONNX_FLOAT32 = 1


@dataclass(frozen=True)
class Activation:
    """An activation in NumPy, in ONNX and in scikit-learn.

    Attributes
    ----------
    numpy : callable
        The function of an array of shape (n_samples, n_units). It keeps the type, and
        may return its argument or write into it.
    onnx : callable
        The function of ``op`` and the input's name that adds the operators to a graph
        and returns the output's name.
    sklearn : str or None
        scikit-learn's name, where its MLP has the activation for hidden layers.
    aliases : tuple of str
        Further names that a user may write.
    """

    numpy: Function
    onnx: Callable[[Operator, str], str]
    sklearn: str | None = None
    aliases: tuple[str, ...] = ()


# The functions that take more than a line, each followed by its operators in ONNX.


def _relu(z: Array) -> Array:
    return np.maximum(z, 0, out=z)


def _exponential(z: Array) -> Array:
    with np.errstate(over="ignore"):  # infinite, as in Keras
        return np.exp(z)


def _elu(z: Array) -> Array:
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


def _elu_onnx(op: Operator, z: str) -> str:
    negative = op("Sub", op("Exp", op("Min", z, 0)), 1)
    return op("Where", op("Greater", z, 0), z, negative)


def _selu(z: Array) -> Array:
    negative = _SELU_ALPHA * np.expm1(np.minimum(z, 0))
    return (_SELU_SCALE * np.where(z > 0, z, negative)).astype(z.dtype, copy=False)


def _selu_onnx(op: Operator, z: str) -> str:
    negative = op("Mul", _SELU_ALPHA, op("Sub", op("Exp", op("Min", z, 0)), 1))
    return op("Mul", _SELU_SCALE, op("Where", op("Greater", z, 0), z, negative))


def _leaky_relu(z: Array) -> Array:
    return np.where(z > 0, z, z * z.dtype.type(0.2))


def _leaky_relu_onnx(op: Operator, z: str) -> str:
    return op("Where", op("Greater", z, 0), z, op("Mul", z, 0.2))


def _softplus(z: Array) -> Array:
    return np.logaddexp(z, z.dtype.type(0))


def _softplus_onnx(op: Operator, z: str) -> str:
    """Return max(z, 0) + log(1 + exp(-|z|)), which never overflows."""
    small = op("Exp", op("Neg", op("Abs", z)))
    return op("Add", op("Max", z, 0), op("Log", op("Add", 1, small)))


def _silu(z: Array) -> Array:
    return z * expit(z)


def _silu_onnx(op: Operator, z: str) -> str:
    # z * sigmoid(z) becomes one operator in onnxruntime, which lacks it in float64.
    return op("Div", z, op("Add", 1, op("Exp", op("Neg", z))))


def _gelu(z: Array) -> Array:
    return z * z.dtype.type(0.5) * (1 + erf(z * z.dtype.type(np.sqrt(0.5))))


def _gelu_onnx(op: Operator, z: str) -> str:
    # onnxruntime has Erf in float32 alone.
    single = op("Cast", op("Mul", z, np.sqrt(0.5)), to=_ONNX_FLOAT32)
    normal = op("Add", 1, op("CastLike", op("Erf", single), z))
    return op("Mul", op("Mul", z, 0.5), normal)


def _hard_sigmoid(z: Array) -> Array:
    return np.clip(z / 6 + z.dtype.type(0.5), 0, 1)


def _hard_sigmoid_onnx(op: Operator, z: str) -> str:
    return op("Clip", op("Add", op("Div", z, 6), 0.5), 0, 1)


def _hard_silu(z: Array) -> Array:
    return z * _hard_sigmoid(z)


def _hard_silu_onnx(op: Operator, z: str) -> str:
    return op("Mul", z, _hard_sigmoid_onnx(op, z))


def _hard_shrink(z: Array) -> Array:
    return np.where(np.abs(z) > 0.5, z, z.dtype.type(0))


def _hard_shrink_onnx(op: Operator, z: str) -> str:
    return op("Where", op("Greater", op("Abs", z), 0.5), z, 0)


def _soft_shrink(z: Array) -> Array:
    return np.sign(z) * np.maximum(np.abs(z) - z.dtype.type(0.5), 0)


def _soft_shrink_onnx(op: Operator, z: str) -> str:
    return op("Mul", op("Sign", z), op("Max", op("Sub", op("Abs", z), 0.5), 0))


def _sparse_plus(z: Array) -> Array:
    curve = np.square(z + 1) / 4
    return np.where(z <= -1, z.dtype.type(0), np.where(z < 1, curve, z))


def _sparse_plus_onnx(op: Operator, z: str) -> str:
    above = op("Add", z, 1)
    curve = op("Div", op("Mul", above, above), 4)
    positive = op("Where", op("Less", z, 1), curve, z)
    return op("Where", op("LessOrEqual", z, -1), 0, positive)


def _sparse_sigmoid(z: Array) -> Array:
    return np.clip((z + 1) / 2, 0, 1)


def _sparse_sigmoid_onnx(op: Operator, z: str) -> str:
    return op("Clip", op("Div", op("Add", z, 1), 2), 0, 1)


def _squareplus(z: Array) -> Array:
    return (z + np.sqrt(np.square(z) + 4)) / 2


def _squareplus_onnx(op: Operator, z: str) -> str:
    return op("Div", op("Add", z, op("Sqrt", op("Add", op("Mul", z, z), 4))), 2)


def _softmax(z: Array) -> Array:
    z = z - z.max(axis=1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=1, keepdims=True)
    return z


def _log_softmax(z: Array) -> Array:
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


ACTIVATIONS: dict[str, Activation] = {
    # Keras' celu has alpha=1, where it equals elu.
    "celu": Activation(_elu, _elu_onnx),
    "elu": Activation(_elu, _elu_onnx),
    "exponential": Activation(
        _exponential, lambda op, z: op("Exp", z), aliases=("exp",)
    ),
    "gelu": Activation(_gelu, _gelu_onnx),
    "hard_shrink": Activation(_hard_shrink, _hard_shrink_onnx),
    "hard_sigmoid": Activation(_hard_sigmoid, _hard_sigmoid_onnx),
    "hard_silu": Activation(_hard_silu, _hard_silu_onnx),
    "hard_swish": Activation(_hard_silu, _hard_silu_onnx),
    "hard_tanh": Activation(
        lambda z: np.clip(z, -1, 1), lambda op, z: op("Clip", z, -1, 1)
    ),
    "leaky_relu": Activation(_leaky_relu, _leaky_relu_onnx),
    "linear": Activation(
        lambda z: z, lambda op, z: z, sklearn="identity", aliases=("identity",)
    ),
    "log_sigmoid": Activation(
        log_expit, lambda op, z: op("Neg", _softplus_onnx(op, op("Neg", z)))
    ),
    "log_softmax": Activation(_log_softmax, lambda op, z: op("LogSoftmax", z, axis=1)),
    "mish": Activation(
        lambda z: z * np.tanh(_softplus(z)),
        lambda op, z: op("Mul", z, op("Tanh", _softplus_onnx(op, z))),
    ),
    "relu": Activation(_relu, lambda op, z: op("Relu", z), sklearn="relu"),
    "relu6": Activation(lambda z: np.clip(z, 0, 6), lambda op, z: op("Clip", z, 0, 6)),
    "selu": Activation(_selu, _selu_onnx),
    "sigmoid": Activation(
        expit,
        lambda op, z: op("Sigmoid", z),
        sklearn="logistic",
        aliases=("logistic",),
    ),
    "silu": Activation(_silu, _silu_onnx),
    "soft_shrink": Activation(_soft_shrink, _soft_shrink_onnx),
    "softmax": Activation(_softmax, lambda op, z: op("Softmax", z, axis=1)),
    "softplus": Activation(_softplus, _softplus_onnx),
    "softsign": Activation(
        lambda z: z / (1 + np.abs(z)),
        lambda op, z: op("Div", z, op("Add", 1, op("Abs", z))),
    ),
    "sparse_plus": Activation(_sparse_plus, _sparse_plus_onnx),
    "sparse_sigmoid": Activation(_sparse_sigmoid, _sparse_sigmoid_onnx),
    "squareplus": Activation(_squareplus, _squareplus_onnx),
    "swish": Activation(_silu, _silu_onnx),
    "tanh": Activation(np.tanh, lambda op, z: op("Tanh", z), sklearn="tanh"),
    "tanh_shrink": Activation(
        lambda z: z - np.tanh(z), lambda op, z: op("Sub", z, op("Tanh", z))
    ),
}

# Keras' other activations, and why they have no row.
LEFT_OUT = {
    "glu": "halves the number of units",
    "sparsemax": "is not the projection onto the simplex in Keras 3.15",
    "threshold": "has parameters without defaults",
}

# Alias → Keras' name.
ALIASES = {alias: name for name, row in ACTIVATIONS.items() for alias in row.aliases}

# Every name that a user may write.
NAMES = frozenset({*ACTIVATIONS, *ALIASES})


def numpy_function(activation: str | Callable) -> Function:
    """Return the function of a name or an alias; a function is returned as it is."""
    if callable(activation):
        return activation
    return ACTIVATIONS[ALIASES.get(activation, activation)].numpy
