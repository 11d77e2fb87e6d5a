"""Compare architectures by what they were measured to do."""

from skmlp.model_selection._comparison import (
    ArchitectureComparison,
    compare_architectures,
    fit_architectures,
)
from skmlp.model_selection._result import ArchitectureResult

__all__ = [
    "ArchitectureComparison",
    "ArchitectureResult",
    "compare_architectures",
    "fit_architectures",
]
