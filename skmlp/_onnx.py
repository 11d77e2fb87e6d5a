"""A fitted network as an ONNX graph, written with the operators of ONNX alone.

Inputs and outputs have the names and shapes that skl2onnx gives them for scikit-learn's
MLP. The activations are made of operators that onnxruntime has in float64 too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        'to_onnx needs onnx. Install it with: pip install "skmlp[onnx]"'
    ) from error

# Old enough for the runtimes in use, and new enough for every operator below.
_OPSET, _IR_VERSION = 17, 8

Operator = Callable[..., str]


class _Graph:
    """Nodes and constants on their way to an ONNX graph; values go by their names."""

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any) -> str:
        """Add a constant, and return its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def apply(
        self, operator: str, *inputs: Any, output: str = "", **attributes: Any
    ) -> str:
        """Add a node, and return the name of its output; numbers become constants."""
        output = output or f"{operator.lower()}_{len(self.nodes)}"
        names = [
            value if isinstance(value, str) else self.constant(self.dtype.type(value))
            for value in inputs
        ]
        self.nodes.append(helper.make_node(operator, names, [output], **attributes))
        return output


def _softplus(op: Operator, z: str) -> str:
    """Return max(z, 0) + log(1 + exp(-|z|)), which never overflows."""
    small = op("Exp", op("Neg", op("Abs", z)))
    return op("Add", op("Max", z, 0), op("Log", op("Add", 1, small)))


def _elu(op: Operator, z: str) -> str:
    negative = op("Sub", op("Exp", op("Min", z, 0)), 1)
    return op("Where", op("Greater", z, 0), z, negative)


def _selu(op: Operator, z: str) -> str:
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    negative = op("Mul", alpha, op("Sub", op("Exp", op("Min", z, 0)), 1))
    return op("Mul", scale, op("Where", op("Greater", z, 0), z, negative))


def _gelu(op: Operator, z: str) -> str:
    # onnxruntime has Erf in float32 alone.
    single = op("Cast", op("Mul", z, np.sqrt(0.5)), to=TensorProto.FLOAT)
    normal = op("Add", 1, op("CastLike", op("Erf", single), z))
    return op("Mul", op("Mul", z, 0.5), normal)


def _hard_sigmoid(op: Operator, z: str) -> str:
    return op("Clip", op("Add", op("Div", z, 6), 0.5), 0, 1)


def _sparse_plus(op: Operator, z: str) -> str:
    above = op("Add", z, 1)
    curve = op("Div", op("Mul", above, above), 4)
    positive = op("Where", op("Less", z, 1), curve, z)
    return op("Where", op("LessOrEqual", z, -1), 0, positive)


def _squareplus(op: Operator, z: str) -> str:
    return op("Div", op("Add", z, op("Sqrt", op("Add", op("Mul", z, z), 4))), 2)


def _soft_shrink(op: Operator, z: str) -> str:
    return op("Mul", op("Sign", z), op("Max", op("Sub", op("Abs", z), 0.5), 0))


def _silu(op: Operator, z: str) -> str:
    # z * sigmoid(z) becomes one operator in onnxruntime, which lacks it in float64.
    return op("Div", z, op("Add", 1, op("Exp", op("Neg", z))))


def _hard_silu(op: Operator, z: str) -> str:
    return op("Mul", z, _hard_sigmoid(op, z))


# The functions of ``skmlp._forward.ACTIVATIONS``, by the same names.
ACTIVATIONS: dict[str, Callable[[Operator, str], str]] = {
    "celu": _elu,
    "elu": _elu,
    "exponential": lambda op, z: op("Exp", z),
    "gelu": _gelu,
    "hard_shrink": lambda op, z: op("Where", op("Greater", op("Abs", z), 0.5), z, 0),
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": _hard_silu,
    "hard_swish": _hard_silu,
    "hard_tanh": lambda op, z: op("Clip", z, -1, 1),
    "leaky_relu": lambda op, z: op("Where", op("Greater", z, 0), z, op("Mul", z, 0.2)),
    "linear": lambda op, z: z,
    "log_sigmoid": lambda op, z: op("Neg", _softplus(op, op("Neg", z))),
    "log_softmax": lambda op, z: op("LogSoftmax", z, axis=1),
    "mish": lambda op, z: op("Mul", z, op("Tanh", _softplus(op, z))),
    "relu": lambda op, z: op("Relu", z),
    "relu6": lambda op, z: op("Clip", z, 0, 6),
    "selu": _selu,
    "sigmoid": lambda op, z: op("Sigmoid", z),
    "silu": _silu,
    "soft_shrink": _soft_shrink,
    "softmax": lambda op, z: op("Softmax", z, axis=1),
    "softplus": _softplus,
    "softsign": lambda op, z: op("Div", z, op("Add", 1, op("Abs", z))),
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": lambda op, z: op("Clip", op("Div", op("Add", z, 1), 2), 0, 1),
    "squareplus": _squareplus,
    "swish": _silu,
    "tanh": lambda op, z: op("Tanh", z),
    "tanh_shrink": lambda op, z: op("Sub", z, op("Tanh", z)),
}


def write(
    path: str | os.PathLike,
    coefs: Sequence[NDArray],
    intercepts: Sequence[NDArray],
    activations: Sequence[str | Callable],
    *,
    divisor: float = 1.0,
    classes: NDArray | None = None,
    multilabel: bool = False,
) -> None:
    """Write the network to a file.

    Parameters
    ----------
    path : str or path-like
        The file.
    coefs : sequence of ndarray of shape (n_in, n_out)
        The kernel of each layer.
    intercepts : sequence of ndarray of shape (n_out,)
        The bias of each layer.
    activations : sequence of str or callable
        The activation of each layer, the output layer's last; functions are refused.
    divisor : float, default=1.0
        What the inputs are divided by first.
    classes : ndarray of shape (n_classes,), default=None
        The labels of a classifier; ``None`` writes a regressor.
    multilabel : bool, default=False
        Whether a sample may have several labels.
    """
    dtype = coefs[0].dtype
    graph = _Graph(dtype)
    logits = _add_layers(graph, coefs, intercepts, activations, divisor)
    n_features, n_outputs = coefs[0].shape[0], coefs[-1].shape[1]
    number = helper.np_dtype_to_tensor_dtype(dtype)
    if classes is None:
        output = _activate(graph, activations[-1], logits)
        graph.apply("Identity", output, output="variable")
        outputs = [_value("variable", number, n_outputs)]
    elif multilabel:
        outputs = _add_indicators(graph, logits, number, n_outputs)
    else:
        outputs = _add_label(graph, logits, number, classes)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "network",
            [_value("X", number, n_features)],
            outputs,
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="skmlp",
    )
    onnx.checker.check_model(model)
    onnx.save_model(model, os.fspath(path))


def _value(name: str, number: int, *columns: int) -> Any:
    return helper.make_tensor_value_info(name, number, ["n_samples", *columns])


def _activate(graph: _Graph, activation: str | Callable, z: str) -> str:
    if callable(activation):
        raise ValueError(
            "to_onnx needs activations by name. Got the function "
            f"{activation!r}. Fit with one of {sorted(ACTIVATIONS)}."
        )
    return ACTIVATIONS[activation](graph.apply, z)


def _add_layers(
    graph: _Graph,
    coefs: Sequence[NDArray],
    intercepts: Sequence[NDArray],
    activations: Sequence[str | Callable],
    divisor: float,
) -> str:
    """Add everything but the activation of the last layer."""
    hidden = "X" if divisor == 1 else graph.apply("Div", "X", divisor)
    last = len(coefs) - 1
    for i, (kernel, bias) in enumerate(zip(coefs, intercepts, strict=True)):
        names = graph.constant(kernel), graph.constant(bias)
        hidden = graph.apply("Gemm", hidden, *names)
        if i < last:
            hidden = _activate(graph, activations[i], hidden)
    return hidden


def _add_indicators(graph: _Graph, logits: str, number: int, n_labels: int) -> list:
    probabilities = graph.apply("Sigmoid", logits, output="probabilities")
    above = graph.apply("Greater", probabilities, 0.5)
    graph.apply("Cast", above, to=TensorProto.INT64, output="label")
    return [
        _value("label", TensorProto.INT64, n_labels),
        _value("probabilities", number, n_labels),
    ]


def _add_label(graph: _Graph, logits: str, number: int, classes: NDArray) -> list:
    if len(classes) == 2:  # one output: its logit is that of the second class
        both = graph.apply("Concat", graph.apply("Neg", logits), logits, axis=1)
        probabilities = graph.apply("Sigmoid", both, output="probabilities")
    else:
        probabilities = graph.apply("Softmax", logits, axis=1, output="probabilities")
    likeliest = graph.apply("ArgMax", probabilities, axis=1, keepdims=0)
    labels = _as_labels(classes)
    graph.apply("Gather", graph.constant(labels), likeliest, output="label")
    kind = helper.np_dtype_to_tensor_dtype(labels.dtype)
    return [
        _value("label", kind),
        _value("probabilities", number, len(classes)),
    ]


def _as_labels(classes: NDArray) -> NDArray:
    """Return labels of a type that ONNX has."""
    if all(isinstance(label, str) for label in classes):
        return classes.astype(object)
    if classes.dtype.kind in "iu":
        return classes.astype(np.int64)
    if classes.dtype.kind in "bf":
        return classes
    raise ValueError(
        "to_onnx needs labels that are strings or numbers. Got "
        f"{classes.tolist()}. Fit with one of these."
    )
