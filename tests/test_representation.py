"""What notebooks show of a network."""

import re
from html import unescape

import pytest
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor
from skmlp.datasets import load_mnist

pytestmark = pytest.mark.skipif(
    not hasattr(BaseEstimator, "_get_fitted_attr_html"), reason="scikit-learn 1.9"
)


def squashed(x):
    return x / (1 + abs(x))


squashed.__name__ = "<script>x & y</script>"


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def layers_in(html):
    """Return the rows of the table of layers, without its head."""
    table = html.partition("<summary>Layers")[2].partition("</table>")[0]
    rows = re.findall('<tr class="default">(.*?)</tr>', table)
    return [list(map(unescape, re.findall("<td>(.*?)</td>", row))) for row in rows]


def test_table_lists_the_layers(iris):
    clf = DenseClassifier(
        (1200, 8), activation=["gelu", "tanh"], dropout=[0.25, 0], epochs=1, tol=None
    ).fit(*iris)

    html = clf._repr_html_()

    assert f"Layers: {clf.n_parameters_:,} parameters" in html
    assert layers_in(html) == [
        ["features", "4", "", "", "", ""],
        ["hidden 1", "1,200", "", "gelu", "0.25", "6,000"],
        ["hidden 2", "8", "", "tanh", "", "9,608"],
        ["output", "3", "", "softmax", "", "27"],
    ]


def test_table_of_a_regressor_lists_normalised_layers(iris):
    X, _ = iris
    reg = DenseRegressor((8,), batch_norm=True, epochs=1, tol=None).fit(X, X[:, :2])

    assert layers_in(reg._repr_html_()) == [
        ["features", "4", "", "", "", ""],
        ["hidden 1", "8", "by batch", "relu", "", "40"],
        ["output", "2", "", "linear", "", "18"],
    ]


def test_table_tells_the_scale_of_pixels():
    X, y = load_mnist(return_X_y=True)
    clf = DenseMNISTClassifier((), epochs=1).fit(X[:100], y[:100])

    assert layers_in(clf._repr_html_()) == [
        ["features / 255", "784", "", "", "", ""],
        ["output", "10", "", "softmax", "", "7,850"],
    ]


def test_parameters_and_fitted_attributes_are_shown_beside_the_layers(iris):
    html = DenseClassifier((3,), epochs=1, tol=None).fit(*iris)._repr_html_()

    places = [html.index(f"<summary>{s}") for s in ("Parameters", "Layers", "Fitted")]
    assert places == sorted(places)
    assert "hidden_layer_sizes" in html
    assert "loss_curve_" in html
    assert "model_" not in html  # which would have started Keras


def test_names_are_escaped(iris):
    clf = DenseClassifier((3,), activation=squashed, epochs=1, tol=None).fit(*iris)

    html = clf._repr_html_()

    assert layers_in(html)[1][3] == squashed.__name__
    assert squashed.__name__ not in html


def test_unfitted_network_has_no_layers_to_show():
    assert "<summary>Layers" not in DenseClassifier()._repr_html_()


def test_member_that_was_cloned_before_the_fit_has_no_layers_to_show(iris):
    members = [("net", DenseClassifier((3,), epochs=1, tol=None))]
    voting = VotingClassifier(members).fit(*iris)

    html = voting._repr_html_()

    assert "DenseClassifier" in html
    assert "<summary>Layers" not in html


def test_layers_are_shown_inside_compositions(iris):
    pipeline = make_pipeline(
        StandardScaler(), DenseClassifier((3,), epochs=1, tol=None)
    )
    search = GridSearchCV(pipeline, {"denseclassifier__alpha": [0.0, 0.1]}, cv=2)

    for composition in pipeline.fit(*iris), search.fit(*iris):
        assert len(layers_in(composition._repr_html_())) == 3
