"""A fitted network as an ONNX graph, written with the operators of ONNX alone.

Inputs and outputs have the names and shapes that skl2onnx gives them for scikit-learn's
MLP.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skmlp._named.activations import ACTIVATIONS

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        'to_onnx needs onnx. Install it with: pip install "skmlp[onnx]"'
    ) from error

# Old enough for the runtimes in use, and new enough for every operator in use.
_OPSET, _IR_VERSION = 17, 8


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
    return ACTIVATIONS[activation].onnx(graph.apply, z)


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
