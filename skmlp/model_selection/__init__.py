"""Compare architectures by what they were measured to do."""

from skmlp.model_selection._comparison import (
    ArchitectureComparison,
    compare_architectures,
    fit_architectures,
)
from skmlp.model_selection._result import ArchitectureResult
from skmlp.model_selection._verdict import Verdict

__all__ = [
    "ArchitectureComparison",
    "ArchitectureResult",
    "Verdict",
    "compare_architectures",
    "fit_architectures",
]
