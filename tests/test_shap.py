"""SHAP's model-agnostic explainers explain the probabilities of a classifier."""

import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from skmlp import DenseClassifier

pytestmark = [
    pytest.mark.slow,
    # Importing SHAP 0.51 makes colours in a way that Matplotlib 3.11 warns of.
    pytest.mark.filterwarnings("ignore:The set_:PendingDeprecationWarning"),
]


@pytest.mark.parametrize(
    "name", ["Explainer", "ExactExplainer", "PermutationExplainer", "KernelExplainer"]
)
def test_explanations_add_up_to_the_prediction(name):
    import shap

    X, y = load_iris(return_X_y=True)
    X = scale(X)
    clf = DenseClassifier((8,), epochs=20, tol=None, random_state=0).fit(X, y)
    background, samples = X[::10], X[3::50]

    explanation = getattr(shap, name)(clf.predict_proba, background)(samples)

    assert explanation.values.shape == (len(samples), 4, 3)
    total = explanation.base_values + explanation.values.sum(axis=1)
    assert_allclose(total, clf.predict_proba(samples), atol=1e-6)
