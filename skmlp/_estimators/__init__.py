"""The estimators: scikit-learn's contract around a network and its training."""

from skmlp._estimators.classifier import DenseClassifier
from skmlp._estimators.dense import BaseDense
from skmlp._estimators.parameters import OPTIMIZER_NAMES
from skmlp._estimators.regressor import DenseRegressor

__all__ = ["OPTIMIZER_NAMES", "BaseDense", "DenseClassifier", "DenseRegressor"]
