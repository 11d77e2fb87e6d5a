"""The estimators work inside scikit-learn's own tools, a test for each tool."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import loguniform
from sklearn import config_context
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import (
    DecisionBoundaryDisplay,
    PartialDependenceDisplay,
    permutation_importance,
)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    log_loss,
    roc_auc_score,
)
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
    cross_validate,
    learning_curve,
    validation_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, scale
from sklearn.semi_supervised import SelfTrainingClassifier

from skmlp import DenseClassifier, DenseRegressor

FAST = {
    "learning_rate": 0.05,
    "batch_size": 32,
    "epochs": 10,
    "tol": None,
    "random_state": 0,
}

# Candidates of which the second learns and the first does not.
RATES = {"learning_rate": [1e-6, 0.05]}


@pytest.fixture
def net():
    return DenseClassifier((8,), **FAST)


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X).astype(np.float32), np.array(["setosa", "versicolor", "virginica"])[
        y
    ]


@pytest.fixture(scope="module")
def two_classes(iris):
    """Two kinds of iris that are hard to tell apart, one of them rare."""
    X, y = iris
    kept = np.r_[50:100, 100:115]
    return X[kept], y[kept]


@pytest.fixture(scope="module")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return scale(X).astype(np.float32), y


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


# Compositions


def test_pipeline(net):
    X, y = load_breast_cancer(return_X_y=True)

    pipeline = make_pipeline(StandardScaler(), net).fit(X, y)

    assert pipeline.score(X, y) > 0.95
    assert_array_equal(pipeline.classes_, [0, 1])
    assert pipeline.predict_proba(X[:3]).shape == (3, 2)


def test_column_transformer(net, iris):
    X, y = iris
    table = pd.DataFrame({"length": X[:, 2], "width": X[:, 3], "colour": y})
    columns = make_column_transformer(
        (OneHotEncoder(), ["colour"]), (StandardScaler(), ["length", "width"])
    )

    pipeline = make_pipeline(columns, net).fit(table, y)

    assert pipeline[-1].n_features_in_ == 3 + 2
    assert pipeline.score(table, y) == 1


# Cross-validation and searches


def test_cross_validate(net, iris):
    result = cross_validate(
        net, *iris, cv=3, scoring=["accuracy", "neg_log_loss"], return_estimator=True
    )

    # The labels are sorted: folds that are not stratified would lack a class.
    assert all(len(fitted.classes_) == 3 for fitted in result["estimator"])
    assert result["test_accuracy"].min() > 0.85
    assert (result["test_neg_log_loss"] < 0).all()


def test_grid_search(net, iris):
    search = GridSearchCV(net, RATES, cv=2).fit(*iris)

    assert search.best_params_ == {"learning_rate": 0.05}
    assert search.score(*iris) > 0.9
    assert_array_equal(search.classes_, np.unique(iris[1]))


@pytest.mark.slow
def test_grid_search_with_two_workers_gives_the_same_bits(net, iris):
    one, two = (
        GridSearchCV(net, RATES, cv=2, scoring="neg_log_loss", n_jobs=n).fit(*iris)
        for n in (1, 2)
    )

    for result in "split0_test_score", "split1_test_score":
        assert_array_equal(one.cv_results_[result], two.cv_results_[result])
    assert_array_equal(one.predict_proba(iris[0]), two.predict_proba(iris[0]))


@pytest.mark.parametrize(
    ("scoring", "expected"),
    [
        ("roc_auc_ovr", lambda y, p: roc_auc_score(y, p, multi_class="ovr")),
        ("neg_log_loss", lambda y, p: -log_loss(y, p)),
    ],
)
def test_grid_search_scores_probabilities(scoring, expected, net, iris):
    X, y = iris
    halves = [(np.arange(0, 150, 2), np.arange(1, 150, 2))]

    search = GridSearchCV(net, RATES, cv=halves, scoring=scoring).fit(X, y)

    proba = (
        net.set_params(learning_rate=0.05).fit(X[::2], y[::2]).predict_proba(X[1::2])
    )
    assert search.best_score_ == pytest.approx(expected(y[1::2], proba))


def test_grid_search_with_several_metrics_refits_as_a_function_says(net, iris):
    search = GridSearchCV(
        net,
        RATES,
        cv=2,
        scoring=["accuracy", "neg_log_loss"],
        refit=lambda results: results["rank_test_neg_log_loss"].argmax(),
    ).fit(*iris)

    assert search.best_params_ == {"learning_rate": 1e-6}  # the worst, as asked for
    assert search.best_estimator_.learning_rate == 1e-6
    assert search.cv_results_["mean_test_accuracy"].argmax() == 1


def test_grid_search_routes_sample_weight_to_fit_and_score(iris):
    X, y = iris
    false = np.arange(150) % 5 < 2
    y = np.where(false, "setosa", y)
    weight = np.where(false, 0.0, 1.0)

    with config_context(enable_metadata_routing=True):
        net = DenseClassifier((8,), **FAST).set_fit_request(sample_weight=True)
        net.set_score_request(sample_weight=True)
        search = GridSearchCV(net, RATES, cv=2).fit(X, y, sample_weight=weight)
        untold = net.set_fit_request(sample_weight=False)
        blind = GridSearchCV(untold, RATES, cv=2).fit(X, y, sample_weight=weight)

    assert search.best_score_ > 0.85 > blind.best_score_ + 0.1


@pytest.mark.slow
def test_randomized_search(net, iris):
    search = RandomizedSearchCV(
        net,
        {"learning_rate": loguniform(1e-6, 0.1), "hidden_layer_sizes": [(4,), (8, 4)]},
        n_iter=3,
        cv=2,
        random_state=0,
    ).fit(*iris)

    assert len(search.cv_results_["params"]) == 3
    assert search.best_score_ == max(search.cv_results_["mean_test_score"])
    assert search.best_estimator_.n_layers_ == (
        2 + len(search.best_params_["hidden_layer_sizes"])
    )


def test_halving_grid_search_over_epochs(net, iris):
    search = HalvingGridSearchCV(
        net,
        {"learning_rate": [1e-6, 1e-5, 0.05]},
        resource="epochs",
        min_resources=2,
        max_resources=18,
        factor=3,
        cv=2,
        random_state=0,
    ).fit(*iris)

    assert search.n_resources_ == [2, 6]
    assert search.best_params_ == {"learning_rate": 0.05, "epochs": 6}
    assert search.best_estimator_.n_iter_ == 6


def test_learning_curve(net, iris):
    sizes, _, scores = learning_curve(
        net, *iris, train_sizes=[10, 70], cv=2, shuffle=True, random_state=0
    )

    assert sizes.tolist() == [10, 70]
    assert scores[1].mean() > scores[0].mean()


def test_learning_curve_by_partial_fit(net, iris):
    _, scores, _ = learning_curve(
        net,
        *iris,
        train_sizes=[15, 30, 45, 60, 75],
        cv=2,
        exploit_incremental_learning=True,
        shuffle=True,
        random_state=0,
    )

    assert scores.shape == (5, 2)
    assert scores[4].mean() > scores[0].mean()


def test_validation_curve(net, iris):
    scores, _ = validation_curve(
        net, *iris, param_name="epochs", param_range=[1, 20], cv=2
    )

    assert scores[1].mean() > scores[0].mean() + 0.1


# Classifiers around classifiers


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibrated_classifier(method, net, iris):
    X, y = iris
    net.set_params(epochs=1)  # too few to be sure of what it says
    base = log_loss(y, net.fit(X, y).predict_proba(X))

    calibrated = CalibratedClassifierCV(net, method=method, cv=3).fit(X, y)

    assert len(calibrated.calibrated_classifiers_) == 3
    proba = calibrated.predict_proba(X)
    assert_allclose(proba.sum(axis=1), 1, rtol=1e-5)
    assert log_loss(y, proba.astype(float)) < base - 0.1


def test_soft_voting_classifier(net, iris):
    X, y = iris
    voting = VotingClassifier(
        [("net", net), ("lr", LogisticRegression())], voting="soft"
    ).fit(X, y)

    members = [member.predict_proba(X) for member in voting.estimators_]
    assert_allclose(voting.predict_proba(X), np.mean(members, axis=0), rtol=1e-6)
    assert voting.score(X, y) > 0.9


def test_stacking_classifier(net, iris):
    X, y = iris
    stacking = StackingClassifier(
        [("net", net), ("lr", LogisticRegression())], cv=2
    ).fit(X, y)

    assert stacking.stack_method_ == ["predict_proba", "predict_proba"]
    assert stacking.final_estimator_.n_features_in_ == 2 * 3
    assert stacking.score(X, y) > 0.9


def test_bagging_classifier(net, iris):
    X, y = iris
    bagging = BaggingClassifier(net, 3, max_features=3, random_state=0).fit(X, y)

    first, second, _ = (member.coefs_[0] for member in bagging.estimators_)
    assert first.shape == (3, 8)
    assert not np.array_equal(first, second)
    members = [
        member.predict_proba(X[:, columns])
        for member, columns in zip(
            bagging.estimators_, bagging.estimators_features_, strict=True
        )
    ]
    assert_allclose(bagging.predict_proba(X), np.mean(members, axis=0), rtol=1e-6)
    assert bagging.score(X, y) > 0.85


def test_ada_boost_classifier(net, iris):
    X, y = iris
    net.set_params(epochs=5)
    boosted = AdaBoostClassifier(net, n_estimators=3, random_state=0).fit(X, y)

    first, *others = boosted.estimators_
    wrong = first.predict(X) != y
    weight = np.full(150, 1 / 150)
    assert boosted.estimator_errors_[0] == pytest.approx(weight[wrong].sum())
    # The second is trained on what the first got wrong.
    weight[wrong] *= np.exp(boosted.estimator_weights_[0])
    again = net.set_params(random_state=others[0].random_state)
    expected = again.fit(X, y, weight / weight.sum()).predict(X)
    assert_array_equal(others[0].predict(X), expected)
    assert boosted.score(X, y) > first.score(X, y)


def test_one_vs_rest_classifier(net, iris):
    X, y = iris
    ovr = OneVsRestClassifier(net).fit(X, y)

    assert [member.n_outputs_ for member in ovr.estimators_] == [1, 1, 1]
    assert_allclose(ovr.predict_proba(X).sum(axis=1), 1, rtol=1e-6)
    assert ovr.score(X, y) > 0.85


def test_multi_output_classifier(net, iris):
    X, y = iris
    targets = np.c_[y, np.where(X[:, 0] > 0, "long", "short")]
    multi = MultiOutputClassifier(net).fit(X, targets)

    assert [len(classes) for classes in multi.classes_] == [3, 2]
    assert [proba.shape[1] for proba in multi.predict_proba(X)] == [3, 2]
    assert (multi.predict(X) == targets).mean(axis=0).min() > 0.9


def test_multi_output_classifier_routes_sample_weight_to_partial_fit(iris):
    X, y = iris
    targets = np.c_[y, y[::-1]]
    classes = [np.unique(y)] * 2
    weight = np.linspace(1, 3, 150)
    net = DenseClassifier((8,), **FAST)

    with config_context(enable_metadata_routing=True):
        multi = MultiOutputClassifier(net.set_partial_fit_request(sample_weight=True))
        multi.partial_fit(X, targets, classes=classes, sample_weight=weight)

    expected = net.partial_fit(X, y, weight, classes=classes[0])
    assert_array_equal(multi.estimators_[0].predict_proba(X), expected.predict_proba(X))


def test_classifier_chain(net, iris):
    X, y = iris
    targets = np.c_[y == "setosa", y != "virginica"].astype(int)
    chain = ClassifierChain(net, order=[1, 0]).fit(X, targets)

    assert [member.n_features_in_ for member in chain.estimators_] == [4, 5]
    assert chain.predict_proba(X).shape == (150, 2)
    assert (chain.predict(X) == targets).mean() > 0.9


def test_self_training_classifier(net, iris):
    X, y = iris
    is_setosa = (y == "setosa").astype(int)
    known = np.where(np.arange(150) % 5 == 0, is_setosa, -1)

    trained = SelfTrainingClassifier(net, threshold=0.9).fit(X, known)

    added = (known == -1) & (trained.transduction_ != -1)
    assert added.sum() > 60
    assert accuracy_score(is_setosa[added], trained.transduction_[added]) > 0.95
    assert trained.score(X, is_setosa) > 0.95


def test_tuned_threshold_classifier(two_classes):
    X, y = two_classes
    # So strong a penalty that no sample seems to be of the rare class.
    net = DenseClassifier((), optimizer="lbfgs", alpha=30.0, epochs=100)
    assert balanced_accuracy_score(y, net.fit(X, y).predict(X)) == 0.5

    tuned = TunedThresholdClassifierCV(net, cv=3, random_state=0).fit(X, y)

    assert 0 < tuned.best_threshold_ < 0.5
    is_rare = tuned.predict_proba(X)[:, 1] >= tuned.best_threshold_
    assert_array_equal(tuned.predict(X), tuned.classes_[is_rare.astype(int)])
    assert balanced_accuracy_score(y, tuned.predict(X)) > 0.8


def test_frozen_estimator(net, two_classes):
    X, y = two_classes
    frozen = FrozenEstimator(net.fit(X, y))

    calibrated = CalibratedClassifierCV(frozen).fit(X, y)

    (member,) = calibrated.calibrated_classifiers_
    assert member.estimator.estimator is net
    assert_array_equal(frozen.fit(X, y[::-1]).predict(X), net.predict(X))
    assert (calibrated.predict_proba(X) != net.predict_proba(X)).any()


# Regressors


def test_transformed_target_regressor(diabetes):
    X, y = diabetes
    reg = DenseRegressor((8,), **(FAST | {"epochs": 3}))

    transformed = TransformedTargetRegressor(reg, transformer=StandardScaler()).fit(
        X, y
    )

    assert transformed.score(X, y) > 0.4 > reg.fit(X, y).score(X, y)
    inner = transformed.regressor_.predict(X)
    assert_allclose(transformed.predict(X), inner * y.std() + y.mean(), rtol=1e-5)


# Inspection


def test_permutation_importance(net, iris):
    X, y = iris
    noise = np.random.RandomState(0).randn(150, 1).astype(np.float32)
    X = np.hstack([X[:, 2:], noise])

    importance = permutation_importance(net.fit(X, y), X, y, random_state=0)

    assert importance.importances_mean[:2].min() > importance.importances_mean[2] + 0.05


def test_partial_dependence_display(diabetes):
    X, y = diabetes
    reg = DenseRegressor((), optimizer="lbfgs", alpha=0.0, epochs=200).fit(X, scale(y))

    display = PartialDependenceDisplay.from_estimator(reg, X, [2], grid_resolution=5)

    # A linear model: the slope of the line is the coefficient.
    ((bunch,),) = [display.pd_results]
    slope = np.diff(bunch["average"][0]) / np.diff(bunch["grid_values"][0])
    assert_allclose(slope, reg.coefs_[0][2, 0], rtol=1e-3)


def test_partial_dependence_display_of_a_class(net, iris):
    X, y = iris

    display = PartialDependenceDisplay.from_estimator(
        net.fit(X, y), X, [2], target="virginica", kind="both", grid_resolution=5
    )

    assert display.target_idx == 2
    assert display.lines_.shape == (1, 1, 150 + 1)  # the samples, and their mean
    mean = display.lines_[0, 0, -1].get_ydata()
    assert_allclose(mean, display.pd_results[0]["average"][2])
    assert mean[-1] > mean[0] + 0.4  # long petals: virginica


def test_decision_boundary_display(net, iris):
    X, y = iris
    X = X[:, 2:]

    display = DecisionBoundaryDisplay.from_estimator(
        net.fit(X, y), X, grid_resolution=10, response_method="predict_proba"
    )

    assert display.response.shape == (10, 10, 3)
    assert display.response[0, 0].argmax() == 0  # short petals: setosa
    assert display.response[-1, -1].argmax() == 2
