import numpy as np
import pytest
from matplotlib import pyplot
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin

from skmlp.inspection import ConfidentErrorsDisplay

pytestmark = pytest.mark.usefixtures("close_figures")

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
