"""The table of features has a source in each cell, and skmlp's name tests."""

import ast
import importlib.metadata
import importlib.util
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "features.rst").read_text(encoding="utf-8")
TABLES = tomllib.loads((ROOT / "docs" / "features.toml").read_text(encoding="utf-8"))
GROUPS, SOURCES = TABLES["group"], TABLES["sources"]
REPOSITORIES = TABLES["repositories"]
FEATURES = [feature for group in GROUPS for feature in group["feature"]]
LIBRARIES = ["MLPClassifier", "scikeras", "Keras", "skorch", "RealMLP", "skmlp"]

# Where what is installed by the name of a distribution lies, as in its repository.
IMPORTED = {"scikit-learn": "sklearn"}


def named(features):
    return pytest.mark.parametrize("feature", features, ids=lambda one: one["name"])


@named(FEATURES)
def test_feature_has_a_cell_for_each_library(feature):
    assert list(feature) == ["name", *LIBRARIES]
    assert all(text for text, *_ in (feature[library] for library in LIBRARIES))


@named(FEATURES)
def test_cell_has_a_source(feature):
    for library in LIBRARIES[:-1]:
        keys = [key.split(".") for key in feature[library][1:]]

        assert keys
        assert all(name in SOURCES[repository] for repository, name in keys)


@named(FEATURES)
def test_cell_of_skmlp_names_tests_that_are_there(feature):
    _, *tests = feature["skmlp"]

    assert tests
    for test in tests:
        file, _, name = test.partition("::")
        module = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
        assert name in [function.name for function in functions]


def test_page_shows_every_group():
    shown = [
        line.partition(":: ")[2]
        for line in PAGE.splitlines()
        if "feature-table" in line
    ]

    assert shown == [group["title"] for group in GROUPS]


def test_every_source_is_used():
    used = {key for feature in FEATURES for one in LIBRARIES for key in feature[one]}

    unused = {f"{of}.{name}" for of in SOURCES for name in SOURCES[of]} - used

    assert not unused


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_page_says_which_version_was_read(repository):
    version = REPOSITORIES[repository]["version"]

    assert version.rpartition(".")[0] in PAGE
    assert f"{version}/" in REPOSITORIES[repository]["files"]


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_lines_are_those_that_the_sources_quote(repository):
    package, version = (REPOSITORIES[repository][key] for key in ("package", "version"))
    top = IMPORTED.get(package, package)
    found = importlib.util.find_spec(top)
    if found is None or importlib.metadata.version(package) != version:
        pytest.skip(f"{package} {version} is not installed")
    root = Path(found.origin).parents[1]

    for place, words in SOURCES[repository].values():
        file, _, line = place.partition("#L")
        if file.startswith(f"{top}/"):  # the documentation is not installed
            text = (root / file).read_text(encoding="utf-8").splitlines()
            assert words in text[int(line) - 1]
