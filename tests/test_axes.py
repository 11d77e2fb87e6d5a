"""Where the displays draw, and what they leave as it was."""

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot

from skmlp.inspection import (
    ArchitectureComparisonDisplay,
    ConfidentErrorsDisplay,
    FirstLayerDisplay,
    SearchResultsDisplay,
    TrainingCurveDisplay,
)

pytestmark = pytest.mark.usefixtures("close_figures")

DISPLAYS = [
    ArchitectureComparisonDisplay(["a", "b"], [0.9, 0.95], [0.8, 0.9]),
    ConfidentErrorsDisplay(np.ones((7, 2, 2)), np.zeros(7), np.ones(7), np.ones(7)),
    FirstLayerDisplay(np.ones((7, 2, 2)), np.arange(7)),
    SearchResultsDisplay(np.eye(2), ["a", "b"], ["c", "d"]),
    TrainingCurveDisplay({"net": ([0.9, 0.5], None)}),
]
DIVIDING = [
    display
    for display in DISPLAYS
    if isinstance(display, ConfidentErrorsDisplay | FirstLayerDisplay)
]


def name(display):
    return type(display).__name__


@pytest.mark.parametrize("display", DISPLAYS, ids=name)
def test_display_makes_one_figure_of_its_own(display):
    display.plot()

    assert [pyplot.figure(number) for number in pyplot.get_fignums()] == [
        display.figure_
    ]


@pytest.mark.parametrize("display", DISPLAYS, ids=name)
def test_display_makes_no_figure_where_it_is_given_axes(display):
    figure, axes = pyplot.subplots(1, 2)

    assert display.plot(ax=axes[1]) is display

    assert display.figure_ is figure
    assert pyplot.get_fignums() == [figure.number]
    assert not axes[0].has_data()


@pytest.mark.parametrize("display", DISPLAYS, ids=name)
def test_display_leaves_the_settings_of_matplotlib_alone(display):
    before = dict(matplotlib.rcParams)

    display.plot()

    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("display", DISPLAYS, ids=name)
def test_display_can_be_drawn_outside_of_pyplot(display):
    figure = matplotlib.figure.Figure()

    display.plot(ax=figure.subplots())
    figure.draw_without_rendering()

    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("display", DIVIDING, ids=name)
def test_images_stay_within_the_place_of_their_axes(display):
    figure, (left, right) = pyplot.subplots(1, 2, layout="constrained")

    display.plot(ax=right)
    figure.draw_without_rendering()

    assert len(display.axes_) == 7
    assert min(ax.get_position().x0 for ax in display.axes_) > left.get_position().x1


@pytest.mark.parametrize("display", DIVIDING, ids=name)
def test_axes_outside_of_a_grid_cannot_be_divided(display):
    ax = pyplot.figure().add_axes((0, 0, 1, 1))

    with pytest.raises(ValueError, match=r"ax must stand in a grid.*pyplot\.subplots"):
        display.plot(ax=ax)
