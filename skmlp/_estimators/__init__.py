"""The estimators: scikit-learn's contract around a network and its training.

=======================  =============================================================
module                   responsible for
=======================  =============================================================
``parameters``           the constructor parameters: a row each
``dense``                ``fit``, and what it keeps
``classifier``           labels and probabilities
``regressor``            numbers
``fitted``               what a fitted network can be asked
``prepare``              from an estimator and data to a job
``layers``               parameters of the layers
``features``             features and sample weights, in the type of the training
``targets``              what targets tell, and how they are encoded
``validation_split``     the samples that early stopping holds out
``validation_score``     the score that ``monitor`` names
``continuing``           warm starts and ``partial_fit``
``ineffective``          the warning of parameters without effect
``divergence``           why training diverged, and what to do
``constant_prediction``  the loss of a constant, to compare a fit with
``outcome``              the error or the warnings at the end of training
``conversions``          to and from Keras, scikit-learn and ONNX
``persistence``          versions and checksums of saved estimators
``representation``       the table of layers in notebooks
``sklearn_callbacks``    scikit-learn's callbacks
``suggestions``          "Did you mean …?"
``aliases``              what parameters and methods are called elsewhere
``advice``               advice on arguments and attributes that there are not
``transaction``          an estimator that is as it was when a fit fails
``user_warnings``        warnings that point at the user's line
=======================  =============================================================
"""

from skmlp._estimators.classifier import DenseClassifier
from skmlp._estimators.dense import BaseDense
from skmlp._estimators.regressor import DenseRegressor

__all__ = ["BaseDense", "DenseClassifier", "DenseRegressor"]
