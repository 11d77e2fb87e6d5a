"""scikit-learn's own checks, strictly, on every public estimator in several settings.

No check is expected to fail.
"""

import pytest
from sklearn import config_context
from sklearn.datasets import make_blobs
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor

# Enough to pass the checks of scores in few epochs.
FAST = {"hidden_layer_sizes": (10,), "epochs": 25, "tol": None}
ADAM = {"optimizer": "adam", "learning_rate": 0.03, "batch_size": "auto", **FAST}
EARLY_STOPPING = {"early_stopping": True, "validation_fraction": 0.3, **ADAM}
DROPOUT = {"dropout": 0.1, **ADAM, "hidden_layer_sizes": (30,), "epochs": 50}
LBFGS = {**FAST, "optimizer": "lbfgs", "epochs": 15}

SETTINGS = [
    DenseClassifier((), optimizer="sgd", learning_rate=0.1, momentum=0.9),
    DenseClassifier(**EARLY_STOPPING),
    DenseRegressor(**EARLY_STOPPING),
    DenseClassifier(**DROPOUT),
    DenseRegressor(**DROPOUT),
    DenseMNISTClassifier(batch_norm=True, **{**EARLY_STOPPING, **DROPOUT}),
    DenseClassifier(**LBFGS),
    DenseRegressor(**LBFGS),
    DenseMNISTClassifier(**LBFGS),
]


class Validated:
    """An estimator that is given validation data in every fit: the training data."""

    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
    ):
        if X_val is None:
            X_val, y_val, sample_weight_val = X, y, sample_weight
        super().fit(
            X,
            y,
            sample_weight,
            X_val=X_val,
            y_val=y_val,
            sample_weight_val=sample_weight_val,
        )
        assert len(self.validation_loss_curve_) == self.n_iter_
        return self


class ValidatedClassifier(Validated, DenseClassifier):
    pass


class ValidatedMNISTClassifier(Validated, DenseMNISTClassifier):
    pass


class ValidatedRegressor(Validated, DenseRegressor):
    pass


VALIDATED = [
    ValidatedClassifier(batch_norm=True, **ADAM),
    ValidatedRegressor(batch_norm=True, **ADAM),
    ValidatedMNISTClassifier(batch_norm=True, **ADAM),
]


pytestmark = [
    # The checks fit small data with the default parameters, which use up all epochs now
    # and then; scikit-learn ignores its own ConvergenceWarning there as well.
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # check_class_weight_classifiers sets it on every classifier that has it.
    pytest.mark.filterwarnings("ignore:n_iter_no_change has an effect:UserWarning"),
]


@parametrize_with_checks([DenseMNISTClassifier()])
def test_mnist_classifier_keeps_the_contract(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([DenseClassifier(), DenseRegressor()])
def test_classifier_and_regressor_keep_the_contract(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(SETTINGS)
def test_estimator_keeps_the_contract_in_other_settings(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(VALIDATED)
def test_estimator_keeps_the_contract_with_validation_data_and_routing(
    estimator, check
):
    with config_context(enable_metadata_routing=True):
        estimator.set_fit_request(X_val=True, y_val=True, sample_weight_val=True)
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
