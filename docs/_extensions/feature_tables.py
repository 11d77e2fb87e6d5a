"""The directives that make the tables of features from ``features.toml``.

``feature-table`` makes the table of a group: each cell leads to its source, or, for
skmlp, to the tests, which ``feature-tests`` lists.
"""

import tomllib
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

FEATURES = Path(__file__).parents[1] / "features.toml"


def read_features():
    """Return what the file says."""
    return tomllib.loads(FEATURES.read_text(encoding="utf-8"))


def address(features, key):
    """Return where a source is."""
    place, _ = features["sources"][key.partition(".")[0]][key.partition(".")[2]]
    if place.startswith("https://"):
        return place
    return features["repositories"][key.partition(".")[0]]["files"] + place


def libraries(features):
    """Return the columns: what a feature has beside its name."""
    first = features["group"][0]["feature"][0]
    return [key for key in first if key != "name"]


def tests_anchor(feature):
    """Return the identifier of the tests of a feature."""
    return nodes.make_id(f"tests-{feature['name']}")


class FeatureTable(SphinxDirective):
    """The table of the group that its argument names."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        """Return the table."""
        self.env.note_dependency(str(FEATURES))
        features = read_features()
        (group,) = (
            group for group in features["group"] if group["title"] == self.arguments[0]
        )
        columns = libraries(features)
        body = [
            [
                nodes.paragraph(text=feature["name"]),
                *(self.cell(features, feature, column) for column in columns),
            ]
            for feature in group["feature"]
        ]
        head = [nodes.paragraph(text=text) for text in ("", *columns)]
        return [make_table(head, body)]

    def cell(self, features, feature, column):
        """Return what a library does, and a link to each source."""
        text, *sources = feature[column]
        is_no = text.partition(",")[0] == "no"
        cell = nodes.paragraph(classes=["no"] if is_no else [])
        if column == "skmlp":
            cell += nodes.reference("", text, refid=tests_anchor(feature))
        else:
            cell += nodes.reference("", text, refuri=address(features, sources[0]))
        return cell


def make_table(head, body):
    """Return a table of paragraphs."""
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    group += nodes.thead("", make_row(head))
    group += nodes.tbody("", *(make_row(cells) for cells in body))
    return nodes.table("", group, classes=["features"])


def make_row(cells):
    """Return a row of a table."""
    return nodes.row("", *(nodes.entry("", cell) for cell in cells))


class FeatureTests(SphinxDirective):
    """The list of features, each with the tests that show it."""

    def run(self):
        """Return the list."""
        self.env.note_dependency(str(FEATURES))
        items = nodes.definition_list(classes=["feature-tests"])
        for group in read_features()["group"]:
            for feature in group["feature"]:
                items += self.item(feature)
        return [items]

    def item(self, feature):
        """Return a feature and its tests."""
        term = nodes.term(text=feature["name"], ids=[tests_anchor(feature)])
        shown = nodes.definition()
        for test in feature["skmlp"][1:]:
            shown += nodes.paragraph("", "", nodes.literal(text=test))
        return nodes.definition_list_item("", term, shown)


def setup(app):
    """Register the directives."""
    app.add_directive("feature-table", FeatureTable)
    app.add_directive("feature-tests", FeatureTests)
    return {"parallel_read_safe": True}
