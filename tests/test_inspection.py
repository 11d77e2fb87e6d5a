import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skmlp.inspection import ConfidentErrorsDisplay, TrainingCurveDisplay


@pytest.fixture(autouse=True)
def close_figures():
    yield
    pyplot.close("all")


class Recorded(BaseEstimator):
    """An estimator whose training was recorded before."""

    def __init__(self, history=None):
        self.history = history

    def fit(self, X=None, y=None):
        self.history_ = self.history
        return self


LOSSES = {"loss": [0.9, 0.5, 0.4], "val_loss": [0.7, 0.6, 0.6]}
ACCURACIES = {"accuracy": [0.5, 0.7, 0.8], "val_accuracy": [0.6, 0.7, 0.75]}


@pytest.fixture
def estimator():
    return Recorded(LOSSES | ACCURACIES).fit()


def labels(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


# TrainingCurveDisplay


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
    display = TrainingCurveDisplay.from_estimator(estimator, linestyle=":", color="k")

    assert {line.get_linestyle() for line in display.lines_} == {":"}
    assert {line.get_color() for line in display.lines_} == {"k"}


def test_curve_that_was_not_recorded_is_named():
    regressor = Recorded(LOSSES).fit()

    with pytest.raises(ValueError, match=r"one of .* \['loss'\]\. Got 'accuracy'\."):
        TrainingCurveDisplay.from_estimator(regressor, metric="accuracy")


def test_curves_need_a_fitted_estimator():
    with pytest.raises(NotFittedError):
        TrainingCurveDisplay.from_estimator(Recorded())


# ConfidentErrorsDisplay

# Four images of 2 by 2 pixels; the last three are taken for another class.
X = np.arange(16).reshape(4, 4)
Y_TRUE = np.array(["a", "a", "b", "b"])
Y_PROBA = np.array([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4], [0.95, 0.05]])


class Fixed(ClassifierMixin, BaseEstimator):
    """A classifier that knows these four images."""

    def __init__(self):
        self.classes_ = np.array(["a", "b"])

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        return Y_PROBA


def test_errors_come_with_the_most_confident_first():
    display = ConfidentErrorsDisplay.from_estimator(
        Fixed(), X, Y_TRUE, image_shape=(2, 2)
    )

    assert_array_equal(display.confidence, [0.95, 0.7, 0.6])
    assert_array_equal(display.y_true, ["b", "a", "b"])
    assert_array_equal(display.y_pred, ["a", "b", "a"])
    assert_array_equal(display.images[0], [[12, 13], [14, 15]])


def test_errors_are_drawn_with_prediction_truth_and_confidence():
    display = ConfidentErrorsDisplay.from_estimator(
        Fixed(), X, Y_TRUE, image_shape=(2, 2)
    )

    titles = [ax.get_title() for ax in display.axes_]
    assert titles == ["a, not b\n95.0 %", "b, not a\n70.0 %", "a, not b\n60.0 %"]
    assert_array_equal(display.axes_[1].images[0].get_array(), [[4, 5], [6, 7]])


def test_errors_stop_at_n_images():
    display = ConfidentErrorsDisplay.from_estimator(
        Fixed(), X, Y_TRUE, image_shape=(2, 2), n_images=1
    )

    assert len(display.axes_) == 1


def test_errors_take_images_as_they_take_rows():
    classes = ["a", "b"]
    images = X.reshape(4, 2, 2)

    display = ConfidentErrorsDisplay.from_predictions(
        images, Y_TRUE, Y_PROBA, classes=classes, image_shape=(2, 2)
    )

    assert_array_equal(display.images[0], [[12, 13], [14, 15]])


def test_errors_take_the_place_of_the_given_axes():
    figure, (left, right) = pyplot.subplots(1, 2)

    display = ConfidentErrorsDisplay.from_estimator(
        Fixed(), X, Y_TRUE, image_shape=(2, 2), ax=right
    )

    assert display.figure_ is figure
    assert all(ax.get_position().x0 >= right.get_position().x0 for ax in display.axes_)
    assert left.axison
    assert not right.axison


def test_classifier_without_errors_has_none_to_show():
    display = ConfidentErrorsDisplay.from_predictions(
        X, [0, 1, 0, 0], Y_PROBA, image_shape=(2, 2)
    )

    assert display.axes_ == []
    assert display.figure_.axes[0].texts[0].get_text() == "No errors"
