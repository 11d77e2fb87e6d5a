import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skmlp import DenseClassifier
from skmlp.inspection import FirstLayerDisplay

pytestmark = pytest.mark.usefixtures("close_figures")

# Three units that look at images of 2 by 3 pixels; the second has the largest weights.
KERNEL = np.array([[1, 0, 0], [0, 9, 2], [0, 0, 0], [0, 0, -3], [0, 0, 0], [1, 5, 0]])


class Kernel(BaseEstimator):
    """An estimator that has learned this kernel."""

    def __init__(self, kernel=KERNEL):
        self.kernel = kernel

    def fit(self, X=None, y=None):
        self.coefs_ = [self.kernel, np.ones((self.kernel.shape[1], 1))]
        return self


def draw(**kwargs):
    kwargs = {"image_shape": (2, 3)} | kwargs
    return FirstLayerDisplay.from_estimator(Kernel().fit(), **kwargs)


def test_units_come_with_the_largest_weights_first():
    display = draw()

    assert_array_equal(display.units, [1, 2, 0])
    assert_array_equal(display.weights[0], [[0, 9, 0], [0, 0, 5]])


def test_units_are_drawn_as_images_with_their_numbers():
    display = draw(units=2)

    assert [ax.get_title() for ax in display.axes_] == ["unit 1", "unit 2"]
    assert_array_equal(display.axes_[1].images[0].get_array(), [[0, 2, 0], [-3, 0, 0]])


def test_units_are_those_that_are_named():
    display = draw(units=[2, 0])

    assert_array_equal(display.units, [2, 0])
    assert_array_equal(display.weights, KERNEL.T[[2, 0]].reshape(2, 2, 3))


def test_images_share_a_scale_with_zero_in_the_middle():
    display = draw()

    images = [ax.images[0] for ax in display.axes_]
    assert {image.get_clim() for image in images} == {(-9, 9)}
    assert (display.colorbar_.vmin, display.colorbar_.vmax) == (-9, 9)


def test_weights_that_are_all_zero_are_drawn():
    network = Kernel(np.zeros((4, 1))).fit()

    display = FirstLayerDisplay.from_estimator(network)

    assert display.axes_[0].images[0].get_clim() == (-1, 1)


@pytest.mark.parametrize(
    "network",
    [DenseClassifier((6,), epochs=1, tol=None), MLPClassifier((6,), tol=100)],
    ids=lambda network: type(network).__name__,
)
def test_images_of_a_network_are_its_first_kernel(network):
    X, y = load_digits(return_X_y=True)
    pipeline = make_pipeline(MinMaxScaler(), network).fit(X[:100], y[:100])

    display = FirstLayerDisplay.from_estimator(pipeline, units=range(6))

    assert display.weights.shape == (6, 8, 8)
    assert_array_equal(display.weights.reshape(6, 64).T, pipeline[-1].coefs_[0])


def test_features_that_make_no_square_need_a_shape():
    with pytest.raises(ValueError, match=r"Got 6 features.*Pass image_shape="):
        draw(image_shape=None)


@pytest.mark.parametrize("image_shape", [(2, 2), (6,), (1, 2, 3)])
def test_shape_of_the_images_fits_the_features(image_shape):
    with pytest.raises(ValueError, match=r"number of features, 6\. Got \("):
        draw(image_shape=image_shape)


def test_number_of_units_is_at_least_one():
    with pytest.raises(ValueError, match=r"at least 1\. Got 0\..*pass \[0\]"):
        draw(units=0)


@pytest.mark.parametrize("units", [[3], [-1, 0]])
def test_units_are_in_the_layer(units):
    with pytest.raises(ValueError, match=r"from 0 to 2, as the first layer has 3\."):
        draw(units=units)


@pytest.mark.parametrize("units", [[], [0.5], [[0]], 1.5])
def test_units_are_whole_numbers(units):
    with pytest.raises(ValueError, match=r"units must be a number of units or a list"):
        draw(units=units)


def test_images_need_a_fitted_network():
    with pytest.raises(NotFittedError):
        FirstLayerDisplay.from_estimator(Kernel())
