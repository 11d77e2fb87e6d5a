import csv
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from skmlp._report import prepare_folder, write_report
from skmlp.model_selection import compare_architectures

PNG = b"\x89PNG\r\n\x1a\n"
EACH = ["loss", "accuracy", "confusion", "errors"]


class Nearest(ClassifierMixin, BaseEstimator):
    """Knows as many classes as its layer has units, and takes the others for 0."""

    def __init__(self, hidden_layer_sizes=(3,)):
        self.hidden_layer_sizes = hidden_layer_sizes

    def fit(self, X, y, *, X_val, y_val):
        self.classes_ = np.unique(y)
        self.n_parameters_ = 1000 * sum(self.hidden_layer_sizes)
        self.history_ = {
            "loss": [0.9, 0.5],
            "accuracy": [0.5, 0.7],
            "val_loss": [0.8, 0.6],
            "val_accuracy": [0.6, 0.65],
        }
        return self

    def predict_proba(self, X):
        label = np.asarray(X)[:, 0].astype(int)
        known = np.where(label < sum(self.hidden_layer_sizes), label, 0)
        return np.where(known[:, None] == self.classes_, 0.8, 0.1)


def make_images(n_samples):
    label = np.arange(n_samples) % 3
    return np.repeat(label[:, None], 784, axis=1), label


@pytest.fixture(scope="module")
def images():
    return make_images(60)


@pytest.fixture(scope="module")
def comparison(images):
    # Names as a user may choose them.
    architectures = {"<small> & co": (2,), "3-1": (2, 1)}
    return compare_architectures(Nearest(), architectures, *make_images(90), *images)


def write(comparison, images, folder, **changes):
    texts = {
        "title": "Two networks",
        "summary": "Trained & tested.",
        "settings": {"Seed": "0"},
        "command": "skmlp mnist --output 'a <b>'",
    }
    return write_report(comparison, *images, folder, **{**texts, **changes})


@pytest.fixture(scope="module")
def folder(comparison, images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    write(comparison, images, folder)
    return folder


class Page(HTMLParser):
    """What a browser would find: texts, tags that were left open, addresses."""

    VOID = frozenset({"img", "link", "meta", "source"})

    def __init__(self, text):
        super().__init__()
        self.texts, self.open, self.tags, self.addresses = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [v for k, v in attrs if k in {"src", "srcset", "href"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())


@pytest.fixture(scope="module")
def page(folder):
    return Page((folder / "index.html").read_text(encoding="utf-8"))


def test_folder_holds_page_numbers_and_pictures(folder):
    assert {path.name for path in folder.iterdir()} == {
        "index.html",
        "results.json",
        "results.csv",
        "curves.csv",
        "loss.png",
        "accuracy.png",
        *(f"1-small-co-{subject}.png" for subject in EACH),
        *(f"2-3-1-{subject}.png" for subject in EACH),
    }
    assert all(path.read_bytes().startswith(PNG) for path in folder.glob("*.png"))


def test_page_is_well_formed_and_needs_no_other_file(page):
    assert page.open == []
    assert page.tags.count("img") == page.tags.count("source") == 2 + 2 * len(EACH)
    assert all(a.startswith("data:image/png;base64,") for a in page.addresses)
    assert "script" not in page.tags
    assert "link" not in page.tags


def test_page_holds_the_table_and_the_verdict(page, comparison):
    (verdict,) = comparison.verdicts
    for text in (verdict.question, verdict.difference, verdict.reason):
        assert text in page.text
    assert "2,000" in page.text
    assert f"{comparison[0].test.accuracy:.4f}" in page.text


def test_page_shows_texts_as_they_are(page):
    assert "<small> & co" in page.text
    assert "skmlp mnist --output 'a <b>'" in page.text
    assert "Trained & tested." in page.text


def test_page_describes_every_picture(folder):
    text = (folder / "index.html").read_text(encoding="utf-8")

    descriptions = re.findall(r'<img [^>]*alt="([^"]+)"', text)
    assert len(set(descriptions)) == 2 + 2 * len(EACH)


@pytest.mark.slow
def test_page_of_one_architecture_has_no_verdict(comparison, images, tmp_path):
    write(comparison[:1], images, tmp_path)

    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "nothing to be compared with" in text


def test_numbers_are_those_of_the_comparison(folder, comparison):
    numbers = json.loads((folder / "results.json").read_text())
    with (folder / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (folder / "curves.csv").open(newline="") as file:
        curves = list(csv.DictReader(file))

    assert numbers["settings"] == {"Seed": "0"}
    assert numbers["command"] == "skmlp mnist --output 'a <b>'"
    assert numbers["architectures"] == comparison.to_dict()["architectures"]
    assert float(rows[1]["test_accuracy"]) == comparison[1].test.accuracy
    assert len(curves) == 4


# The folder


def test_folder_is_made(tmp_path):
    prepare_folder(tmp_path / "new" / "report")

    assert list((tmp_path / "new" / "report").iterdir()) == []


def test_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(FileExistsError, match="files that are not of a report"):
        prepare_folder(tmp_path)


@pytest.mark.parametrize("text", ["{}", "[]", "nonsense", '{"made_by": "me"}'])
def test_results_of_others_are_no_report(tmp_path, text):
    (tmp_path / "results.json").write_text(text)

    with pytest.raises(FileExistsError):
        prepare_folder(tmp_path)


def test_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match="File exists"):
        prepare_folder(tmp_path / "file")
    with pytest.raises(NotADirectoryError):
        prepare_folder(tmp_path / "file" / "report")


@pytest.mark.slow
def test_new_report_replaces_the_old_one_and_nothing_else(comparison, images, tmp_path):
    write(comparison, images, tmp_path)
    (tmp_path / "thesis.txt").write_text("years of work")

    prepare_folder(tmp_path)
    write(comparison[1:], images, tmp_path, title="Again")

    names = {path.name for path in tmp_path.iterdir()}
    assert "thesis.txt" in names
    assert "1-3-1-loss.png" in names
    assert not any("small" in name for name in names)
    assert "<h1>Again</h1>" in (tmp_path / "index.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_new_report_removes_nothing_outside_its_folder(comparison, images, tmp_path):
    folder = tmp_path / "report"
    outside = tmp_path / "outside.txt"
    outside.touch()
    folder.mkdir()
    numbers = {"made_by": "skmlp", "files": ["../outside.txt", str(outside)]}
    (folder / "results.json").write_text(json.dumps(numbers))

    write(comparison, images, folder)

    assert outside.exists()
