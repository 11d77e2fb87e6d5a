"""What ``verbose`` shows: nothing, a bar of epochs, or a line for each epoch."""

import contextlib
import io
import re
import sys

import keras
import numpy as np
import pytest
from sklearn.datasets import load_iris

from skmlp import DenseClassifier

ENGINES = ["compiled", pytest.param("keras_fit", marks=pytest.mark.slow)]


class NeedBatches(keras.callbacks.Callback):
    """Make training go by Keras' own fit."""

    def on_train_batch_end(self, batch, logs=None):
        pass


class Interrupt(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def lines(self):
        """Return the lines that are seen in the end, without their colours."""
        written = self.getvalue()
        assert not written or written.endswith("\n")
        seen = [line.rpartition("\r")[2] for line in written.split("\n")[:-1]]
        return [re.sub(r"\x1b\[\d+m", "", line).rstrip() for line in seen]


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return X.astype(np.float32), y


def show(data, *, engine="compiled", **parameters):
    """Fit in front of a terminal; return the estimator and what it showed."""
    callbacks = [NeedBatches()] if engine == "keras_fit" else None
    # Of another network Keras may show an accuracy of 0 as 0.0000e+00.
    defaults = {"epochs": 4, "tol": None, "callbacks": callbacks, "random_state": 0}
    clf = DenseClassifier((4,), **(defaults | parameters))
    with contextlib.redirect_stdout(Terminal()) as terminal:
        clf.fit(*data)
    return clf, terminal.lines()


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_shown_by_default(engine, iris):
    assert show(iris, engine=engine)[1] == []


@pytest.mark.parametrize("engine", ENGINES)
def test_1_redraws_a_line_with_a_bar_and_the_loss(engine, iris):
    clf, (line,) = show(iris, engine=engine, verbose=1)

    assert re.fullmatch(rf"4/4 ━+ \d+s \d+[mu]?s/epoch - loss: {clf.loss_:.4f}", line)


def test_bar_fits_on_a_line_of_80_columns(iris):
    _, (line,) = show(
        iris, verbose=1, epochs=1000, early_stopping=True, n_iter_no_change=1, tol=9.0
    )

    assert "val_loss" in line
    assert "accuracy" not in line
    assert len(line) < 80


def test_bar_shows_the_score_that_is_watched(iris):
    clf, (line,) = show(iris, verbose=1, early_stopping=True, monitor="f1_macro")

    assert line.endswith(f"val_score: {clf.validation_scores_[-1]:.4f}")


@pytest.mark.parametrize("engine", ENGINES)
def test_bar_ends_where_training_stops(engine, iris):
    clf, (line,) = show(
        iris, engine=engine, verbose=1, epochs=99, tol=9.0, n_iter_no_change=2
    )

    assert clf.n_iter_ < 99
    assert line.startswith(f" {clf.n_iter_}/99 ")


def test_bar_ends_at_an_interrupt_that_is_kept(iris):
    with pytest.warns(UserWarning, match="interrupted"):
        _, (line,) = show(iris, verbose=1, callbacks=[Interrupt()], on_interrupt="keep")

    assert line.startswith("2/4 ")


def test_bar_ends_at_an_interrupt_that_is_raised(iris):
    clf = DenseClassifier((4,), epochs=4, verbose=1, callbacks=[Interrupt()])

    with (
        contextlib.redirect_stdout(Terminal()) as terminal,
        pytest.raises(KeyboardInterrupt),
    ):
        clf.fit(*iris)

    (line,) = terminal.lines()
    assert line.startswith("2/4 ")


def test_bar_counts_the_epochs_of_each_call(iris):
    clf = DenseClassifier((4,), epochs=3, tol=None, warm_start=True, verbose=1)

    with contextlib.redirect_stdout(Terminal()) as terminal:
        clf.fit(*iris).fit(*iris).partial_fit(*iris)

    assert [line[:4] for line in terminal.lines()] == ["3/3 ", "3/3 ", "1/1 "]


def test_bar_counts_the_iterations_of_lbfgs(iris):
    clf, (line,) = show(iris, verbose=1, optimizer="lbfgs", epochs=50, tol=0.1)

    assert clf.n_iter_ < 50
    assert line.lstrip().startswith(f"{clf.n_iter_}/50 ")


def test_1_shows_lines_where_a_bar_cannot_be_redrawn(iris, capsys):
    DenseClassifier((4,), epochs=4, tol=None, verbose=1).fit(*iris)

    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\r" not in printed
    assert len(printed.splitlines()) == 4


def test_1_redraws_a_line_in_a_notebook(iris, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)

    DenseClassifier((4,), epochs=4, tol=None, verbose=1).fit(*iris)

    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("verbose", [2, 3])
def test_2_shows_a_line_for_each_epoch(verbose, engine, iris):
    clf, lines = show(iris, engine=engine, verbose=verbose)

    assert [line[:4] for line in lines] == ["1/4 ", "2/4 ", "3/4 ", "4/4 "]
    for line, loss, accuracy in zip(
        lines, clf.loss_curve_, clf.history_["accuracy"], strict=True
    ):
        assert line.endswith(f" - accuracy: {accuracy:.4f} - loss: {loss:.4f}")
