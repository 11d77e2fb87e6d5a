"""Dense neural networks for scikit-learn, trained on Keras and TensorFlow.

Importing this package imports nothing heavy: scikit-learn comes with the first
estimator, and TensorFlow with the first ``fit``.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "DenseClassifier": "skmlp._estimators",
    "DenseRegressor": "skmlp._estimators",
    "DenseMNISTClassifier": "skmlp._mnist",
    "MNIST_ARCHITECTURES": "skmlp._mnist",
    "datasets": "skmlp.datasets",
    "inspection": "skmlp.inspection",
    "model_selection": "skmlp.model_selection",
}

__all__ = [
    "MNIST_ARCHITECTURES",
    "DenseClassifier",
    "DenseMNISTClassifier",
    "DenseRegressor",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(_HOMES[name])
    return module if _HOMES[name] == f"{__name__}.{name}" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
