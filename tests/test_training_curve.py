import pytest
from matplotlib.colors import to_hex
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectFromModel
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from skmlp import DenseClassifier
from skmlp.inspection import TrainingCurveDisplay

pytestmark = pytest.mark.usefixtures("close_figures")


class Recorded(BaseEstimator):
    """An estimator whose training was recorded before."""

    def __init__(self, history=None, best_epoch=None, early_stopping=False):
        self.history = history
        self.best_epoch = best_epoch
        self.early_stopping = early_stopping

    def fit(self, X=None, y=None):
        self.history_ = self.history
        self.best_epoch_ = self.best_epoch
        return self

    def predict(self, X):
        return [0] * len(X)


LOSSES = {"loss": [0.9, 0.5, 0.4], "val_loss": [0.7, 0.6, 0.6]}
ACCURACIES = {"accuracy": [0.5, 0.7, 0.8], "val_accuracy": [0.6, 0.7, 0.75]}


@pytest.fixture
def estimator():
    return Recorded(LOSSES | ACCURACIES).fit()


def labels(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_curves_show_the_history(estimator, metric):
    display = TrainingCurveDisplay.from_estimator(estimator, metric=metric)

    training, validation = display.lines_
    assert_array_equal(training.get_xdata(), [1, 2, 3])
    assert_array_equal(training.get_ydata(), estimator.history_[metric])
    assert_array_equal(validation.get_ydata(), estimator.history_[f"val_{metric}"])
    assert display.ax_.get_ylabel() == metric.capitalize()
    assert labels(display) == ["Recorded, training", "Recorded, validation"]


def test_curves_of_an_estimator_share_a_color(estimator):
    display = TrainingCurveDisplay.from_estimators({"a": estimator, "b": estimator})

    colors = [to_hex(line.get_color()) for line in display.lines_]
    assert colors[0] == colors[1] != colors[2] == colors[3]
    assert [line.get_linestyle() for line in display.lines_] == ["--", "-"] * 2


def test_curves_without_validation_show_training_alone():
    estimator = Recorded({"loss": [0.9, 0.5]}).fit()

    assert len(TrainingCurveDisplay.from_estimator(estimator).lines_) == 1


def test_curve_of_one_epoch_is_a_point():
    estimator = Recorded({"loss": [0.9], "val_loss": [0.8]}).fit()

    display = TrainingCurveDisplay.from_estimator(estimator)

    assert [line.get_marker() for line in display.lines_] == ["o", "o"]


def test_curves_are_drawn_on_the_given_axes_beside_others(estimator):
    first = TrainingCurveDisplay.from_estimator(estimator, name="first")
    second = TrainingCurveDisplay.from_estimator(estimator, name="second", ax=first.ax_)

    assert second.ax_ is first.ax_
    assert second.figure_ is first.ax_.figure
    assert labels(second)[::2] == ["first, training", "second, training"]


def test_curves_are_those_of_the_last_step_of_a_pipeline(estimator):
    pipeline = make_pipeline(FunctionTransformer(), estimator)

    display = TrainingCurveDisplay.from_estimator(pipeline)

    assert labels(display)[0] == "Recorded, training"


def test_curves_pass_keywords_to_the_lines(estimator):
    display = TrainingCurveDisplay.from_estimator(estimator, ls=":", color="k")

    assert {line.get_linestyle() for line in display.lines_} == {":"}
    assert {line.get_color() for line in display.lines_} == {"k"}


def test_curve_that_was_not_recorded_is_named():
    regressor = Recorded(LOSSES).fit()

    with pytest.raises(ValueError, match=r"one of .* \['loss'\]\. Got 'accuracy'\."):
        TrainingCurveDisplay.from_estimator(regressor, metric="accuracy")


def test_curves_need_a_fitted_estimator():
    with pytest.raises(NotFittedError):
        TrainingCurveDisplay.from_estimator(Recorded())


def test_best_epoch_is_marked_on_the_validation_curve():
    estimator = Recorded(LOSSES, best_epoch=2, early_stopping=True).fit()

    display = TrainingCurveDisplay.from_estimator(estimator, name="net")

    marker = display.markers_["net"]
    assert_array_equal(marker.get_xydata(), [[2, LOSSES["val_loss"][1]]])
    assert marker.get_color() == display.lines_[1].get_color()
    assert labels(display)[-1] == "net, best epoch: 2"


def test_epoch_that_an_interrupt_chose_is_marked():
    estimator = Recorded(LOSSES, best_epoch=2).fit()

    display = TrainingCurveDisplay.from_estimator(estimator)

    assert_array_equal(display.markers_["Recorded"].get_xdata(), [2])


def test_last_epoch_is_not_marked_as_the_best_one():
    estimator = Recorded(LOSSES, best_epoch=3).fit()

    assert TrainingCurveDisplay.from_estimator(estimator).markers_ == {}


def test_best_epoch_of_an_estimator_is_the_one_it_kept():
    X, y = load_iris(return_X_y=True)
    clf = DenseClassifier(early_stopping=True, epochs=8, tol=None).fit(X, y)

    display = TrainingCurveDisplay.from_estimator(clf)

    (marked,) = display.markers_["DenseClassifier"].get_xdata()
    assert (
        marked
        == clf.best_epoch_
        == 1 + min(range(clf.n_iter_), key=clf.validation_loss_curve_.__getitem__)
    )


def test_score_is_the_accuracy_unless_another_was_watched(estimator):
    display = TrainingCurveDisplay.from_estimator(estimator, metric="score")

    training, validation = display.lines_
    assert_array_equal(training.get_ydata(), ACCURACIES["accuracy"])
    assert_array_equal(validation.get_ydata(), ACCURACIES["val_accuracy"])


def test_score_that_is_watched_has_no_training_curve():
    history = LOSSES | ACCURACIES | {"val_score": [0.1, 0.3, 0.2]}
    estimator = Recorded(history, best_epoch=2, early_stopping=True).fit()

    display = TrainingCurveDisplay.from_estimator(estimator, metric="score", name="net")

    (line,) = display.lines_
    assert_array_equal(line.get_ydata(), [0.1, 0.3, 0.2])
    assert_array_equal(display.markers_["net"].get_ydata(), [0.3])
    assert labels(display) == ["net, validation", "net, best epoch: 2"]


def test_estimators_without_names_are_named_by_class(estimator):
    pipeline = make_pipeline(FunctionTransformer(), estimator)

    display = TrainingCurveDisplay.from_estimators([estimator, pipeline])

    assert list(display.curves) == ["Recorded 1", "Recorded 2"]


def test_curves_of_scikit_learns_network_are_drawn_beside():
    X, y = load_iris(return_X_y=True)
    mlp = MLPClassifier((4,), early_stopping=True, n_iter_no_change=2).fit(X, y)

    (loss,) = TrainingCurveDisplay.from_estimator(mlp).lines_
    display = TrainingCurveDisplay.from_estimator(mlp, metric="score")
    (score,) = display.lines_
    (marker,) = display.markers_.values()

    assert_array_equal(loss.get_ydata(), mlp.loss_curve_)
    assert_array_equal(score.get_ydata(), mlp.validation_scores_)
    # The marker stands at the epoch whose weights scikit-learn has kept.
    assert marker.get_ydata() == [mlp.best_validation_score_]


@pytest.mark.parametrize(
    "wrap",
    [
        lambda estimator: GridSearchCV(
            estimator, {"best_epoch": [None]}, cv=2, scoring=lambda *args: 0.0
        ),
        lambda estimator: TransformedTargetRegressor(estimator, check_inverse=False),
        lambda estimator: SelectFromModel(estimator, importance_getter=len),
    ],
    ids=["search", "transformed target", "estimator_"],
)
def test_curves_are_those_of_the_estimator_inside(wrap):
    estimator = wrap(Recorded(LOSSES)).fit([[0.0], [1.0]], [0.0, 1.0])

    assert list(TrainingCurveDisplay.from_estimator(estimator).curves) == ["Recorded"]


def test_ensemble_is_not_taken_for_what_its_members_were_made_from():
    bagging = BaggingClassifier(DecisionTreeClassifier(), n_estimators=2)
    bagging.fit([[0], [1]], [0, 1])

    with pytest.raises(ValueError, match="Got BaggingClassifier, which has neither"):
        TrainingCurveDisplay.from_estimator(bagging)


def test_curves_need_an_estimator_that_records_its_epochs():
    tree = DecisionTreeClassifier().fit([[0], [1]], [0, 1])

    with pytest.raises(ValueError, match=r"Got DecisionTreeClassifier, which has neit"):
        TrainingCurveDisplay.from_estimator(tree)
