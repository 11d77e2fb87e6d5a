"""Validation data on their way through scikit-learn's meta-estimators."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import DenseClassifier


@pytest.fixture(scope="module", autouse=True)
def routing():
    with config_context(enable_metadata_routing=True):
        yield


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:300], y[:300], X[300:500], y[300:500]


def scaled_network(**params):
    net = DenseClassifier((8,), epochs=3, tol=None, random_state=0, **params)
    net.set_fit_request(
        X_val=True, y_val=True, sample_weight=True, sample_weight_val=True
    ).set_score_request(sample_weight=True)
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    pipeline = Pipeline([("scaler", scaler), ("net", net)], transform_input=["X_val"])
    # scikit-learn 1.7 asks the pipeline, later ones ask its last step.
    return pipeline.set_score_request(sample_weight=True)


def check_validated_on(pipeline, X_val, y_val, sample_weight=None):
    """Assert that the losses recorded are those on these data, scaled by the pipeline.

    The scaler of a fold knows the training data of that fold alone, so folds differ.
    """
    net = pipeline[-1]
    expected = log_loss(
        y_val, pipeline.predict_proba(X_val), sample_weight=sample_weight
    )
    assert_allclose(net.validation_loss_curve_[net.best_epoch_ - 1], expected)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_pipeline_leads_validation_data_through_its_scaler(digits, early_stopping):
    X, y, X_val, y_val = digits
    weight = np.linspace(1, 2, len(y_val))

    pipeline = scaled_network(early_stopping=early_stopping).fit(
        X, y, X_val=X_val, y_val=y_val, sample_weight_val=weight
    )

    check_validated_on(pipeline, X_val, y_val, weight)


def test_validation_data_that_were_not_asked_for_are_refused(digits):
    X, y, X_val, y_val = digits
    pipeline = Pipeline([("scaler", StandardScaler()), ("net", DenseClassifier())])

    with pytest.raises(ValueError, match="X_val"):
        pipeline.fit(X, y, X_val=X_val, y_val=y_val)


def test_grid_search_leads_validation_data_to_every_fit(digits):
    X, y, X_val, y_val = digits
    grid = {"net__learning_rate": [1e-3, 1e-2]}

    search = GridSearchCV(scaled_network(early_stopping=True), grid, cv=2)
    search.fit(X, y, X_val=X_val, y_val=y_val, sample_weight=np.ones(len(y)))

    check_validated_on(search.best_estimator_, X_val, y_val)
    assert search.best_params_ == {"net__learning_rate": 1e-2}


def test_cross_validation_leads_validation_data_to_every_fold(digits):
    X, y, X_val, y_val = digits
    weight = np.linspace(1, 2, len(y))

    results = cross_validate(
        scaled_network(),
        X,
        y,
        cv=3,
        params={"X_val": X_val, "y_val": y_val, "sample_weight": weight},
        return_estimator=True,
        return_indices=True,
    )

    for pipeline, rows in zip(
        results["estimator"], results["indices"]["train"], strict=True
    ):
        check_validated_on(pipeline, X_val, y_val)
        alone = scaled_network().fit(X[rows], y[rows], sample_weight=weight[rows])
        assert_array_equal(pipeline[-1].coefs_[0], alone[-1].coefs_[0])


def test_folds_cut_validation_data_that_are_as_long_as_the_training_data(digits):
    """So does scikit-learn with every array that is as long as X."""
    X, y, X_val, y_val = digits
    half = slice(0, 200)

    results = cross_validate(
        scaled_network(),
        X[half],
        y[half],
        cv=2,
        params={"X_val": X_val, "y_val": y_val},
        return_estimator=True,
        return_indices=True,
    )

    pipeline, rows = results["estimator"][0], results["indices"]["train"][0]
    check_validated_on(pipeline, X_val[rows], y_val[rows])
