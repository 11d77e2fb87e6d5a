import csv
import errno
import itertools
import json
import os
import re
import shutil
import sys
import tempfile
import warnings
from contextlib import contextmanager, suppress
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from skmlp._report import file_names, make_report, prepare_folder, write_report
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
    report = make_report(comparison, *images, **{**texts, **changes})
    return write_report(report, folder)


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


def test_names_of_files_are_known_before_there_is_a_report(folder):
    assert {path.name for path in folder.iterdir()} == {
        *file_names(["<small> & co", "3-1"])
    }


def test_names_of_files_are_short_and_apart():
    names = file_names(["8-" * 1000, "8-" * 1001, "", "Größe/../x\0"])

    assert len(names) == len(set(names))
    assert max(len(name.encode()) for name in names) < 200
    assert not any("/" in name or "\0" in name for name in names)


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


def make_files(text, *names):
    """Return a small report whose files all hold the text, by name."""
    names = ["index.html", "results.json", *names]
    numbers = {"made_by": "skmlp", "files": names, "text": text}
    return dict.fromkeys(names, text.encode()) | {
        "results.json": json.dumps(numbers).encode()
    }


OLD = make_files("old", "loss.png", "1-a-loss.png", "1-a-errors.png")
NEW = make_files("new", "loss.png", "1-b-loss.png", "curves.csv")


def fill(folder, files):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def read(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_folder_is_made(tmp_path):
    prepare_folder(tmp_path / "new" / "report", NEW)

    assert list((tmp_path / "new" / "report").iterdir()) == []


def test_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(FileExistsError, match="files that are not of a report"):
        prepare_folder(tmp_path, NEW)


def test_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match="File exists"):
        prepare_folder(tmp_path / "file", NEW)
    with pytest.raises(NotADirectoryError):
        prepare_folder(tmp_path / "file" / "report", NEW)


def test_new_report_replaces_the_old_one_and_nothing_else(tmp_path):
    fill(tmp_path, OLD | {"thesis.txt": b"years of work"})

    prepare_folder(tmp_path, NEW)
    page = write_report(NEW, tmp_path)

    assert page == tmp_path / "index.html"
    assert read(tmp_path) == NEW | {"thesis.txt": b"years of work"}


def test_report_makes_its_folder_again_if_that_has_gone(tmp_path):
    write_report(NEW, tmp_path / "gone" / "report")

    assert read(tmp_path / "gone" / "report") == NEW


def test_folder_is_refused_where_names_would_be_too_long(tmp_path):
    with pytest.raises(OSError, match="File name too long"):
        prepare_folder(tmp_path, ["index.html", f"1-{'8' * 300}-loss.png"])

    assert read(tmp_path) == {}


@pytest.fixture
def locked_folder():
    """Return a folder with a report that this process may read and not write."""
    if sys.platform == "win32":
        pytest.skip("Windows has no such permission")
    with tempfile.TemporaryDirectory() as parent:
        os.chmod(parent, 0o755)
        folder = Path(parent, "report")
        fill(folder, OLD)
        folder.chmod(0o555)
        is_root = os.geteuid() == 0
        if is_root:  # whom no permission stops
            os.seteuid(65534)
        yield folder
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)


def test_folder_without_permission_to_write_is_refused(locked_folder):
    with pytest.raises(PermissionError):
        prepare_folder(locked_folder, NEW)
    with pytest.raises(PermissionError):
        prepare_folder(locked_folder / "inside", NEW)
    with pytest.raises(PermissionError):
        write_report(NEW, locked_folder)

    assert read(locked_folder) == OLD


# A report as a whole or not at all

STEPS = [
    (os, "mkdir"),
    (os, "rename"),
    (os, "replace"),
    (os, "unlink"),
    (os, "rmdir"),
    (os, "fsync"),
    (Path, "open"),
    (shutil, "copy2"),
]


@contextmanager
def before_step(number, act):
    """Call a function before the step of this number that changes a disk."""
    count = itertools.count()

    def intercept(function):
        def step(*args, **kwargs):
            if next(count) == number:
                act()
            return function(*args, **kwargs)

        return step

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in STEPS:
            patch.setattr(owner, name, intercept(getattr(owner, name)))
        yield count


def count_steps(files, work):
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "report")
        fill(folder, files)
        with before_step(None, None) as count:
            work(folder)
        return next(count)


def kill_before_step(number, work, folder):
    """Do the work in a process that is killed before a step, if it comes to it."""
    with warnings.catch_warnings():
        # Threads of others are no concern of a process that only moves files and ends.
        warnings.simplefilter("ignore")
        process = os.fork()
    if process == 0:
        try:
            with before_step(number, lambda: os._exit(0)):
                work(folder)
        finally:
            os._exit(1)
    return os.waitpid(process, 0)[1] == 0


def write_new(folder):
    write_report(NEW, folder)


def prepare_for_new(folder):
    prepare_folder(folder, NEW)


BEFORE = {"no report": {}, "a report": OLD}
WRITING = [
    pytest.param(files, step, id=f"{before}, step {step}")
    for before, files in BEFORE.items()
    for step in range(count_steps(files, write_new))
]
can_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")


@can_fork
@pytest.mark.parametrize(("files", "step"), WRITING)
def test_kill_leaves_the_old_report_or_the_new_one(files, step, tmp_path):
    fill(tmp_path, files)

    assert kill_before_step(step, write_new, tmp_path)

    # At once: each file whole, and none missing. With the next run: of one report.
    left = {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()}
    assert all(c in (files.get(name), NEW.get(name)) for name, c in left.items())
    assert files.keys() & NEW.keys() <= left.keys()
    prepare_folder(tmp_path, NEW)
    assert read(tmp_path) in (files, NEW)


@can_fork
def test_folder_is_set_right_after_further_kills(tmp_path):
    for step in range(count_steps(OLD, write_new)):  # until one mixes the reports
        mixed = tmp_path / f"killed at {step}"
        fill(mixed, OLD)
        kill_before_step(step, write_new, mixed)
        if (mixed / "index.html").read_bytes() == NEW["index.html"]:
            break
    assert (mixed / "results.json").read_bytes() == OLD["results.json"]

    for step in itertools.count():
        folder = shutil.copytree(mixed, tmp_path / f"then at {step}")
        if not kill_before_step(step, prepare_for_new, folder):
            break
        prepare_folder(folder, NEW)
        assert read(folder) == NEW
    assert step > 10


def find_no_room():
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(("files", "step"), WRITING)
def test_full_disk_leaves_the_old_report_and_nothing_else(files, step, tmp_path):
    fill(tmp_path, files)

    try:
        with before_step(step, find_no_room):
            write_report(NEW, tmp_path)
    except OSError:
        assert read(tmp_path) == files
    else:  # it was a step of removing the hidden folder, which can be done later
        prepare_folder(tmp_path, NEW)
        assert read(tmp_path) == NEW


@pytest.mark.parametrize(("files", "step"), WRITING)
def test_disk_that_stays_full_leaves_either_report(files, step, tmp_path):
    full = itertools.count(-step)
    fill(tmp_path, files)

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in STEPS:
            if name not in {"unlink", "rmdir"}:  # which make room
                original = getattr(owner, name)

                def find_room(*args, original=original, **kwargs):
                    if next(full) >= 0:
                        find_no_room()
                    return original(*args, **kwargs)

                patch.setattr(owner, name, find_room)
        with suppress(OSError):
            write_report(NEW, tmp_path)

    prepare_folder(tmp_path, NEW)
    assert read(tmp_path) in (files, NEW)


@pytest.mark.parametrize("step", range(count_steps(OLD, prepare_for_new)))
def test_full_disk_is_found_without_harm(step, tmp_path):
    fill(tmp_path, OLD)

    with suppress(OSError), before_step(step, find_no_room):
        prepare_folder(tmp_path, NEW)

    prepare_folder(tmp_path, NEW)
    assert read(tmp_path) == OLD


# Files that are not of a report


def damage(**changes):
    return json.dumps({"made_by": "skmlp", "files": [], **changes}).encode()


DAMAGED = {
    "empty": b"",
    "no JSON": b"nonsense",
    "half": OLD["results.json"][:30],
    "null": b"null",
    "a number": b"1",
    "a long number": b"9" * 100_000,
    "a string": b'"made_by"',
    "a list": b"[]",
    "a list of pairs": b'[["made_by", "skmlp"], ["files", []]]',
    "an empty object": b"{}",
    "made by another": damage(made_by="me"),
    "made by null": damage(made_by=None),
    "made by a list": damage(made_by=["skmlp"]),
    "made by an object": damage(made_by={"skmlp": 1}),
    "no files": b'{"made_by": "skmlp"}',
    "files null": damage(files=None),
    "files a number": damage(files=3),
    "files a string": damage(files="thesis.txt"),
    "files an object": damage(files={"thesis.txt": 1}),
    "file a number": damage(files=[1, 0.5, True]),
    "file null": damage(files=[None]),
    "file a list": damage(files=[["thesis.txt"]]),
    "file an object": damage(files=[{"name": "thesis.txt"}]),
    "file of the user": damage(files=["thesis.txt"]),
    "file outside": damage(files=["../outside.txt", "../../outside.txt"]),
    "report outside": damage(files=["../index.html", "x/../../index.html"]),
    "file outside by backslash": damage(files=["..\\outside.txt"]),
    "absolute path": damage(files=["/etc/passwd", "C:\\outside.txt"]),
    "folder": damage(files=["", ".", "..", "/", "folder"]),
    "NUL": damage(files=["index.html\0", "\0", "loss.png\0/../thesis.txt"]),
    "line after a name": damage(files=["index.html\n"]),
    "surrogate": damage(files=["\ud800.png", "1-\udcff-loss.png"]),
    "very long name": damage(files=["x" * 100_000, f"1-{'x' * 100_000}-loss.png"]),
    "many names": damage(files=["thesis.txt"] * 100_000),
    "not UTF-8": b'{"made_by": "skmlp", "files": ["\xff\xfe"]}',
    "UTF-16 cut short": damage().decode().encode("utf-16")[:-1],
    "nested lists": b"[" * 100_000,
    "nested objects": b'{"a":' * 100_000,
    "nested files": b'{"made_by": "skmlp", "files": ' + b"[" * 100_000,
}


def make_huge(path):
    with path.open("wb") as file:
        file.truncate(2**42)  # without taking any room


MADE = {
    "huge": make_huge,
    "a folder": Path.mkdir,
    "a pipe": lambda path: os.mkfifo(path),
    "a link to a device without end": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
}


@pytest.fixture
def others(tmp_path):
    """Return a folder with a user's files, next to others of theirs."""
    files = ["outside.txt", "index.html", "report/thesis.txt", "report/folder/x"]
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("years of work")
    yield tmp_path / "report"
    for name in files:
        assert (tmp_path / name).read_text() == "years of work"


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_damaged_numbers_do_no_harm(others, text):
    (others / "results.json").write_bytes(text)

    try:
        prepare_folder(others, NEW)
    except FileExistsError:  # in doubt, the file is the user's
        with pytest.raises(FileExistsError):
            write_report(NEW, others)
        assert (others / "results.json").read_bytes() == text
    else:
        write_report(NEW, others)
        assert (others / "results.json").read_bytes() == NEW["results.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs links, pipes, sparse files")
@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_what_stands_for_the_numbers_is_not_read(others, make):
    make(others / "results.json")

    for work in (prepare_for_new, write_new):
        with pytest.raises(FileExistsError, match=r"it holds results\.json, which"):
            work(others)


OTHERS = {
    "a file": lambda path: path.write_text("years of work"),
    "a folder": Path.mkdir,
    "a link": lambda path: path.symlink_to(path.parent.parent / "outside.txt"),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a pipe": lambda path: os.mkfifo(path),
}


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")
@pytest.mark.parametrize("make", OTHERS.values(), ids=OTHERS)
def test_file_of_the_user_with_a_name_of_a_report_is_kept(others, make):
    fill(others, OLD)
    make(others / "1-b-loss.png")
    kind = (others / "1-b-loss.png").lstat()

    for work in (prepare_for_new, write_new):
        with pytest.raises(FileExistsError, match=r"it holds 1-b-loss\.png, which"):
            work(others)

    assert (others / "1-b-loss.png").lstat() == kind
    assert {n: (others / n).read_bytes() for n in OLD} == OLD


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")
@pytest.mark.parametrize("make", list(OTHERS.values())[1:], ids=list(OTHERS)[1:])
def test_what_took_the_place_of_an_old_file_is_kept(others, make):
    fill(others, OLD)
    (others / "1-a-loss.png").unlink()
    make(others / "1-a-loss.png")
    kind = (others / "1-a-loss.png").lstat()

    prepare_folder(others, NEW)
    write_report(NEW, others)

    assert (others / "1-a-loss.png").lstat() == kind
    assert not (others / "1-a-errors.png").exists()


@pytest.mark.parametrize("suffix", ["", ".part"])
def test_hidden_folder_of_others_does_no_harm(others, suffix):
    fill(others, OLD)
    hidden = others / f".skmlp-report-mine{suffix}"
    hidden.mkdir()
    (hidden / "new").symlink_to(others.parent)
    (hidden / "notes.txt").touch()
    (others / ".skmlp-report-file").touch()

    prepare_folder(others, NEW)

    assert (hidden / "notes.txt").exists()
    assert (others / ".skmlp-report-file").exists()
    assert {n: (others / n).read_bytes() for n in OLD} == OLD
