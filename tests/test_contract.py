"""scikit-learn's own checks, strictly, on every public estimator."""

import pytest
from sklearn import config_context
from sklearn.datasets import make_blobs
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor

ESTIMATORS = [
    DenseClassifier(),
    DenseRegressor(),
    DenseMNISTClassifier(),
    DenseClassifier((), optimizer="sgd", learning_rate=0.1, momentum=0.9),
]


# scikit-learn's checks fit small data with the default parameters, which use up all
# epochs now and then; scikit-learn ignores its own ConvergenceWarning there as well.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS)
def test_estimator_keeps_the_scikit_learn_contract(estimator, check):
    check(estimator)


def test_mnist_classifier_scores_well_on_blobs_given_enough_steps():
    """Its ``poor_score`` tag speaks of the default number of steps alone."""
    X, y = make_blobs(n_samples=300, random_state=0)
    X = StandardScaler().fit_transform(X)
    clf = DenseMNISTClassifier(learning_rate=0.1, epochs=100, random_state=0)

    assert clf.fit(X, y).score(X, y) > 0.83


def test_tags_tell_what_each_estimator_takes():
    assert get_tags(DenseRegressor()).target_tags.multi_output
    assert get_tags(DenseMNISTClassifier()).input_tags.three_d_array
    assert not get_tags(DenseClassifier()).classifier_tags.poor_score


@pytest.mark.parametrize(
    ("estimator", "announced"),
    [(DenseClassifier(), {"classes"}), (DenseRegressor(), set())],
)
def test_metadata_requests_name_every_argument_of_the_methods(estimator, announced):
    with config_context(enable_metadata_routing=True):
        requests = estimator.get_metadata_routing()

    assert set(requests.fit.requests) == {
        "sample_weight",
        "X_val",
        "y_val",
        "sample_weight_val",
    }
    assert set(requests.partial_fit.requests) == {"sample_weight"} | announced
    assert set(requests.score.requests) == {"sample_weight"}
    assert requests.transform.requests == {}
