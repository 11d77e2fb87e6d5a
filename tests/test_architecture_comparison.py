import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVR

from skmlp import DenseClassifier
from skmlp.inspection import ArchitectureComparisonDisplay
from skmlp.model_selection import compare_architectures

pytestmark = pytest.mark.usefixtures("close_figures")


@pytest.fixture(scope="module")
def comparison():
    X, y = load_iris(return_X_y=True)
    return compare_architectures(
        DenseClassifier(epochs=3, tol=None, random_state=0),
        [(2,), (16, 8)],
        X[::2],
        y[::2],
        X[1::2],
        y[1::2],
    )


def points(container):
    """Where the points stand, and how far their bars reach from them."""
    line, _, bars = container.lines
    reach = [
        np.ptp(segment[:, 0]) / 2 for bar in bars for segment in bar.get_segments()
    ]
    return line.get_xydata(), reach


def test_accuracies_stand_below_each_other_with_their_errors(comparison):
    display = ArchitectureComparisonDisplay.from_comparison(comparison)

    for part, container in [("training", display.training_), ("test", display.test_)]:
        measured = [getattr(result, part) for result in comparison]
        places, reach = points(container)
        assert_array_equal(places[:, 0], [m.accuracy for m in measured])
        assert_array_equal(places[:, 1], [0, 1])
        errors = [m.accuracy_estimate.standard_error for m in measured]
        assert_allclose(reach, 2 * np.array(errors))


def test_losses_have_no_errors(comparison):
    display = ArchitectureComparisonDisplay.from_comparison(comparison, metric="loss")

    places, reach = points(display.test_)
    assert_array_equal(places[:, 0], [result.test.loss for result in comparison])
    assert reach == []
    assert display.ax_.get_xlabel() == "Loss (nats)"


def test_gap_reaches_from_training_to_test(comparison):
    display = ArchitectureComparisonDisplay.from_comparison(comparison)

    for result, segment in zip(comparison, display.gaps_.get_segments(), strict=True):
        assert_array_equal(
            segment[:, 0], [result.training.accuracy, result.test.accuracy]
        )


def test_architectures_have_names_and_sizes_the_first_on_top(comparison):
    display = ArchitectureComparisonDisplay.from_comparison(comparison)

    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert names == ["2\n19 parameters", "16-8\n243 parameters"]
    assert display.ax_.yaxis_inverted()


def test_legend_tells_the_sets_apart(comparison):
    display = ArchitectureComparisonDisplay.from_comparison(comparison)

    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == ["training set", "test set"]
    assert display.training_.lines[0].get_color() != display.test_.lines[0].get_color()


def test_results_may_be_a_list(comparison):
    display = ArchitectureComparisonDisplay.from_comparison(iter(comparison[:1]))

    assert display.names == ["2"]


def accuracy(estimator, X, y):
    return (estimator.predict(X) == y).mean()


def log_likelihood(estimator, X, y):
    return np.log(estimator.predict_proba(X)[np.arange(len(y)), y]).mean()


@pytest.mark.parametrize(
    ("scoring", "expected", "label"),
    [
        (None, accuracy, "Score"),
        ("accuracy", accuracy, "Accuracy"),
        ("neg_log_loss", log_likelihood, "Neg log loss"),
        (log_likelihood, log_likelihood, "Score"),
    ],
    ids=["own score", "accuracy", "log loss", "function"],
)
def test_fitted_estimators_stand_at_their_scores(scoring, expected, label):
    X, y = load_iris(return_X_y=True)
    estimators = {
        "network": DenseClassifier((4,), epochs=2, tol=None),
        "pipeline": make_pipeline(StandardScaler(), MLPClassifier((5,), tol=1.0)),
        "linear": LogisticRegression(max_iter=1000),
    }
    for estimator in estimators.values():
        estimator.fit(X[::2], y[::2])

    display = ArchitectureComparisonDisplay.from_estimators(
        estimators, X[::2], y[::2], X[1::2], y[1::2], scoring=scoring
    )

    for start, container in [(0, display.training_), (1, display.test_)]:
        places, reach = points(container)
        scores = [expected(e, X[start::2], y[start::2]) for e in estimators.values()]
        assert_allclose(places[:, 0], scores, rtol=1e-5)
        assert_array_equal(places[:, 1], [0, 1, 2])
        assert reach == []
    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert names == ["network\n35 parameters", "pipeline\n43 parameters", "linear"]
    assert display.ax_.get_xlabel() == label


def test_estimators_without_names_are_named_after_their_classes():
    X, y = load_diabetes(return_X_y=True)
    estimators = [Ridge().fit(X, y), Ridge(9.0).fit(X, y), LinearSVR().fit(X, y)]

    display = ArchitectureComparisonDisplay.from_estimators(estimators, X, y, X, y)

    names = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert names == ["Ridge 1", "Ridge 2", "LinearSVR"]
    assert display.ax_.get_xlabel() == "Score"
    assert display.training == [estimator.score(X, y) for estimator in estimators]


def test_metric_is_one_that_was_measured(comparison):
    with pytest.raises(ValueError, match=r"one of 'accuracy', 'loss'\. Got 'f1'\."):
        ArchitectureComparisonDisplay.from_comparison(comparison, metric="f1")
