import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
)
from sklearn.pipeline import Pipeline

from skmlp.inspection import SearchResultsDisplay

pytestmark = pytest.mark.usefixtures("close_figures")


class Formula(BaseEstimator):
    """An estimator whose score is known: the layers' mean plus rate and epochs."""

    def __init__(self, hidden_layer_sizes=(1,), rate=0.0, epochs=1, batch_size=1):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.rate = rate
        self.epochs = epochs
        self.batch_size = batch_size

    def fit(self, X, y):
        self.is_fitted_ = True
        return self

    def score(self, X, y):
        units = np.sum(self.hidden_layer_sizes)
        return float(units + self.rate + self.epochs - self.batch_size)


X, Y = np.zeros((20, 1)), np.arange(20.0)
LAYERS = [(4, 2), (), (10,)]
GRID = {"hidden_layer_sizes": LAYERS, "rate": [0.5, 0.1]}


def grid_search(grid=GRID, **kwargs):
    return GridSearchCV(Formula(), grid, cv=2, **kwargs).fit(X, Y)


def labels(display):
    ax = display.ax_
    return [
        [label.get_text() for label in axis.get_ticklabels()]
        for axis in (ax.yaxis, ax.xaxis)
    ]


def test_cells_are_the_scores_of_the_search_in_order():
    display = SearchResultsDisplay.from_estimator(grid_search())

    expected = np.add.outer([0, 6, 10], [0.1, 0.5])
    assert_allclose(display.im_.get_array(), expected)
    assert labels(display) == [["linear", "4-2", "10"], ["0.1", "0.5"]]
    assert display.ax_.get_ylabel() == "hidden_layer_sizes"
    assert display.ax_.get_xlabel() == "rate"
    assert display.colorbar_.ax.get_ylabel() == "Mean test score"


def test_cells_say_their_scores():
    display = SearchResultsDisplay.from_estimator(grid_search(), values_format=".1f")

    texts = [[text.get_text() for text in row] for row in display.text_]
    assert texts == [["0.1", "0.5"], ["6.1", "6.5"], ["10.1", "10.5"]]
    assert display.text_[2, 1].get_position() == (1, 2)


def test_cells_say_nothing_if_so_asked():
    display = SearchResultsDisplay.from_estimator(grid_search(), include_values=False)

    assert list(display.ax_.texts) == []


def test_values_are_written_in_the_color_that_is_seen():
    display = SearchResultsDisplay.from_estimator(grid_search(), cmap="gray")

    assert display.text_[0, 0].get_color() == "white"
    assert display.text_[2, 1].get_color() == "black"


def test_frame_is_around_the_candidate_that_was_chosen():
    display = SearchResultsDisplay.from_estimator(grid_search())

    assert display.chosen == (2, 1)
    assert display.frame_.get_bbox().bounds == (0.5, 1.5, 1, 1)


def test_search_that_chooses_nothing_has_no_frame():
    search = grid_search(scoring={"a": Formula.score, "b": Formula.score}, refit=False)

    display = SearchResultsDisplay.from_estimator(search, metric="a")

    assert display.frame_ is None


def test_cells_are_the_best_over_other_parameters():
    search = grid_search({**GRID, "batch_size": [3, 1, 2], "epochs": [1]})

    display = SearchResultsDisplay.from_estimator(
        search, params=("hidden_layer_sizes", "rate")
    )

    assert_allclose(display.scores, np.add.outer([0, 6, 10], [0.1, 0.5]))
    assert display.colorbar_.ax.get_ylabel() == (
        "Mean test score,\nbest over batch_size"
    )


def test_params_are_drawn_as_they_are_named():
    search = grid_search()

    display = SearchResultsDisplay.from_estimator(
        search, params=("rate", "hidden_layer_sizes")
    )

    assert labels(display) == [["0.1", "0.5"], ["linear", "4-2", "10"]]
    assert_allclose(display.scores, np.add.outer([0.1, 0.5], [0, 6, 10]))


def test_longer_labels_stand_at_the_rows():
    grid = {"batch_size": [1, 2], "hidden_layer_sizes": [(100, 100), (200, 200)]}

    display = SearchResultsDisplay.from_estimator(grid_search(grid))

    assert display.params == ("hidden_layer_sizes", "batch_size")


def test_long_labels_below_columns_are_slanted():
    grid = {"batch_size": [1, 2], "hidden_layer_sizes": [(100, 100), (200, 200)]}

    display = SearchResultsDisplay.from_estimator(
        grid_search(grid), params=("batch_size", "hidden_layer_sizes")
    )

    assert {label.get_rotation() for label in display.ax_.get_xticklabels()} == {30}
    assert {label.get_rotation() for label in display.ax_.get_yticklabels()} == {0}


def test_candidates_that_were_not_drawn_leave_cells_blank():
    search = RandomizedSearchCV(Formula(), GRID, n_iter=3, cv=2, random_state=0)

    display = SearchResultsDisplay.from_estimator(search.fit(X, Y))

    blank = np.isnan(display.scores)
    assert (~blank).sum() == 3
    assert [text is None for text in display.text_[blank]] == [True] * blank.sum()
    assert display.scores[display.chosen] == search.best_score_


def test_candidates_without_one_of_the_parameters_are_left_out():
    grids = [GRID, {"batch_size": [5]}]

    display = SearchResultsDisplay.from_estimator(grid_search(grids))

    assert display.scores.shape == (3, 2)


def test_search_that_halves_shows_who_came_furthest():
    search = HalvingGridSearchCV(
        Formula(), GRID, resource="epochs", max_resources=9, min_resources=1, cv=2
    ).fit(X, Y)

    display = SearchResultsDisplay.from_estimator(search, values_format=".1f")

    texts = [[text.get_text() for text in row] for row in display.text_]
    assert texts == [
        ["0.1\nepochs: 1", "0.5\nepochs: 1"],
        ["6.1\nepochs: 1", "6.5\nepochs: 1"],
        ["12.1\nepochs: 3", "12.5\nepochs: 3"],
    ]
    assert display.colorbar_.ax.get_ylabel() == "Mean test score"


def test_search_that_halves_samples_says_their_number():
    search = HalvingGridSearchCV(Formula(), GRID, min_resources=4, cv=2).fit(X, Y)

    display = SearchResultsDisplay.from_estimator(search)

    assert display.text_[0, 0].get_text().endswith("\nsamples: 4")


def test_score_is_the_one_that_is_named():
    scoring = {"up": Formula.score, "down": lambda *args: -Formula.score(*args)}
    search = grid_search(scoring=scoring, refit="up")

    display = SearchResultsDisplay.from_estimator(search, metric="down")

    assert_allclose(display.scores, -np.add.outer([0, 6, 10], [0.1, 0.5]))
    assert display.colorbar_.ax.get_ylabel() == "Mean test down"
    with pytest.raises(ValueError, match=r"\['up', 'down'\]\. Got 'score'\."):
        SearchResultsDisplay.from_estimator(search)


def test_names_of_steps_are_left_out():
    pipeline = Pipeline([("net", Formula())])
    grid = {f"net__{name}": values for name, values in GRID.items()}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, Y)

    assert SearchResultsDisplay.from_estimator(search).params == (
        "hidden_layer_sizes",
        "rate",
    )


def test_names_of_steps_stay_where_they_tell_two_apart():
    search = GridSearchCV(Formula(), GRID, cv=2).fit(X, Y)
    search.cv_results_["params"] = [
        {"a__rate": n % 2, "b__rate": n // 2} for n in range(6)
    ]

    assert SearchResultsDisplay.from_estimator(search).params == ("a__rate", "b__rate")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1e-05, 0.25], ["1e-05", "0.25"]),
        ([20000, 100], ["100", "20000"]),
        ([True, False], ["False", "True"]),
        (["sgd", "adam"], ["adam", "sgd"]),
        ([None, 0.001], ["None", "0.001"]),
        ([[0.5, 0.25], [0.0, 0.5]], ["0, 0.5", "0.5, 0.25"]),
        ([np.array([1, 2]), np.array([0, 1])], ["0, 1", "1, 2"]),
        ([np.tanh, np.abs], ["tanh", "absolute"]),
        (["a" * 40, "b"], [29 * "a" + "…", "b"]),
    ],
)
def test_values_are_sorted_and_readable(values, expected):
    def constant(estimator, X, y):
        return 0.0

    search = grid_search({"batch_size": values, "rate": [1, 2]}, scoring=constant)

    display = SearchResultsDisplay.from_estimator(search, params=("batch_size", "rate"))

    assert display.row_labels == expected


def test_scores_that_failed_leave_cells_blank():
    def fails_at_once(estimator, X, y):
        return np.nan if estimator.rate == 0.1 else 1.0

    with pytest.warns(UserWarning, match="non-finite"):
        search = grid_search(scoring=fails_at_once)

    display = SearchResultsDisplay.from_estimator(search)

    assert_array_equal(np.isnan(display.scores), [[True, False]] * 3)


def test_heat_map_needs_two_parameters():
    search = grid_search({"rate": [1, 2], "epochs": [1]})

    with pytest.raises(ValueError, match=r"needs two parameters.*Got \['rate'\]\."):
        SearchResultsDisplay.from_estimator(search)


@pytest.mark.parametrize("params", [("rate",), ("rate", "alpha"), ("rate", "rate")])
def test_params_are_two_of_the_search(params):
    with pytest.raises(ValueError, match=r"must name two .*'rate'\]\. Got \('rate',"):
        SearchResultsDisplay.from_estimator(grid_search(), params=params)


def test_heat_map_needs_a_fitted_search():
    with pytest.raises(NotFittedError):
        SearchResultsDisplay.from_estimator(GridSearchCV(Formula(), GRID))
