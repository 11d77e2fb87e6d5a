"""Look at how estimators learned, what they learned, and what they get wrong.

Matplotlib is imported when something is drawn: estimators need it for nothing else.
"""

from skmlp.inspection._architecture_comparison import ArchitectureComparisonDisplay
from skmlp.inspection._confident_errors import ConfidentErrorsDisplay
from skmlp.inspection._first_layer import FirstLayerDisplay
from skmlp.inspection._search_results import SearchResultsDisplay
from skmlp.inspection._training_curve import TrainingCurveDisplay

__all__ = [
    "ArchitectureComparisonDisplay",
    "ConfidentErrorsDisplay",
    "FirstLayerDisplay",
    "SearchResultsDisplay",
    "TrainingCurveDisplay",
]
