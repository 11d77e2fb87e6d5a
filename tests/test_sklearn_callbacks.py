"""scikit-learn's callbacks are told of a fit and of each of its epochs."""

import pickle
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor

sklearn_callback = pytest.importorskip("sklearn.callback")  # scikit-learn 1.9
ProgressBar = sklearn_callback.ProgressBar
ScoringMonitor = sklearn_callback.ScoringMonitor


class NeedBatches(keras.callbacks.Callback):
    """Make training go by Keras' own fit."""

    def on_train_batch_end(self, batch, logs=None):
        pass


KINDS = {
    "compiled": {},
    "keras_fit": {"callbacks": [NeedBatches()]},
    "lbfgs": {"optimizer": "lbfgs"},
}


@pytest.fixture(
    params=["compiled", pytest.param("keras_fit", marks=pytest.mark.slow), "lbfgs"]
)
def kind(request):
    """Parameters that lead to each way of training."""
    return KINDS[request.param]


class Record:
    """Record what is told, and stop after an epoch if asked to."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.events = []
        self.fitted = []

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.events.append(f"{context.task_name} begins")

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self.events.append(f"{context.task_name} ends")
        if fitted_estimator is not None and context.task_name == "epoch":
            self.fitted.append(fitted_estimator)
            return len(self.fitted) == self.stop_after
        return False


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X).astype(np.float32), y


def make(**parameters):
    defaults = {"epochs": 4, "tol": None, "random_state": 0}
    return DenseClassifier((4,), **(defaults | parameters))


def scores_of(monitor):
    """Return the scores of the epochs, and that of the fit."""
    rows = monitor.get_logs().data
    epochs = [row["accuracy"] for row in rows if row["task_name"] == "epoch"]
    (whole,) = [row["accuracy"] for row in rows if row["task_name"] != "epoch"]
    return epochs, whole


def test_scoring_monitor_logs_what_shorter_fits_would_score(kind, iris):
    monitor = ScoringMonitor(scoring="accuracy")

    make(**kind).set_callbacks(monitor).fit(*iris)

    expected = [make(epochs=n, **kind).fit(*iris).score(*iris) for n in (1, 2, 3, 4)]
    epochs, whole = scores_of(monitor)
    assert_allclose(epochs, expected)
    assert whole == expected[-1]
    assert len(set(expected)) > 1


@pytest.mark.parametrize(
    ("estimator_class", "scoring", "shape"),
    [(DenseMNISTClassifier, "accuracy", (-1, 8, 8)), (DenseRegressor, "r2", (-1, 64))],
)
def test_scoring_monitor_scores_images_and_numbers_as_given(
    estimator_class, scoring, shape
):
    X, y = load_digits(return_X_y=True)
    X, y = (X[:200] * 15).astype(np.uint8).reshape(shape), y[:200]
    monitor = ScoringMonitor(scoring=scoring)
    net = estimator_class((4,), epochs=2, tol=None, random_state=0)

    net.set_callbacks(monitor).fit(X, y)

    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(rows) == 2
    assert_allclose(rows[-1][scoring], net.score(X, y))


def test_training_is_the_same_with_callbacks_as_without(kind, iris):
    watched = make(**kind).set_callbacks(Record(), ScoringMonitor(scoring="accuracy"))

    for array, expected in zip(
        watched.fit(*iris).coefs_, make(**kind).fit(*iris).coefs_, strict=True
    ):
        assert_array_equal(array, expected)


def test_scoring_monitor_follows_the_weights_that_early_stopping_keeps(kind, iris):
    monitor, record = ScoringMonitor(scoring="accuracy"), Record()
    clf = make(epochs=60, early_stopping=True, tol=0.1, n_iter_no_change=2, **kind)

    clf.set_callbacks(monitor, record).fit(*iris)

    epochs, whole = scores_of(monitor)
    assert len(epochs) == clf.n_iter_ < 60
    assert epochs[-1] == whole == clf.score(*iris)
    losses = clf.validation_loss_curve_
    assert [fitted.best_epoch_ for fitted in record.fitted] == [
        1 + int(np.argmin(losses[:n])) for n in range(1, clf.n_iter_ + 1)
    ]


def test_fitted_estimator_of_an_epoch_is_as_if_fit_had_ended(kind, iris):
    record = Record()

    clf = make(**kind).set_callbacks(record).fit(*iris)

    assert [fitted.n_iter_ for fitted in record.fitted] == [1, 2, 3, 4]
    assert record.fitted[1].loss_curve_ == clf.loss_curve_[:2]
    assert record.fitted[1].history_["loss"] == clf.history_["loss"][:2]
    assert_array_equal(record.fitted[1].classes_, [0, 1, 2])
    assert not np.array_equal(record.fitted[1].coefs_[0], clf.coefs_[0])


def test_batch_norm_is_worked_into_the_fitted_estimator_of_an_epoch(iris):
    monitor = ScoringMonitor(scoring="accuracy")

    clf = make(batch_norm=True).set_callbacks(monitor).fit(*iris)

    epochs, _ = scores_of(monitor)
    assert epochs[-1] == clf.score(*iris)


def test_warm_start_goes_on_in_the_fitted_estimators(iris):
    record = Record()
    clf = make(epochs=2, warm_start=True).fit(*iris).set_callbacks(record).fit(*iris)

    assert record.fitted[0].loss_curve_ == clf.loss_curve_[:3]


def test_tasks_begin_and_end_in_order(kind, iris):
    record = Record()

    make(epochs=2, **kind).set_callbacks(record).fit(*iris)

    assert record.events == [
        "setup",
        "fit begins",
        *["epoch begins", "epoch ends"] * 2,
        "fit ends",
        "teardown",
    ]


def test_every_task_ends_when_lbfgs_converges(iris):
    record = Record()

    clf = make(optimizer="lbfgs", epochs=99, tol=0.05).set_callbacks(record).fit(*iris)

    assert clf.n_iter_ < 99
    assert record.events.count("epoch begins") == record.events.count("epoch ends")


def test_callback_stops_training(kind, iris):
    clf = make(**(kind | {"tol": 1e-9})).set_callbacks(Record(stop_after=2))

    assert clf.fit(*iris).n_iter_ == 2  # without a ConvergenceWarning


def test_callbacks_are_torn_down_when_training_fails(iris):
    record = Record()
    X, y = iris
    reg = DenseRegressor(optimizer="sgd", learning_rate=1.0, epochs=50)

    with pytest.raises(ValueError, match="The loss became"):
        reg.set_callbacks(record).fit(X * 1e4, y)

    assert record.events[-1] == "teardown"
    assert vars(reg).keys() == {*reg.get_params(), "_skl_callbacks"}


def test_callbacks_are_not_told_of_a_fit_whose_parameters_are_wrong(iris):
    record = Record()

    with pytest.raises(ValueError, match="'epochs' parameter"):
        make(epochs=-1).set_callbacks(record).fit(*iris)

    assert record.events == []


def test_sample_weight_reaches_the_scores(iris):
    X, y = iris
    weight = np.where(y == 0, 5.0, 1.0)
    monitor = ScoringMonitor(scoring="accuracy")

    clf = make().set_callbacks(monitor).fit(X, y, sample_weight=weight)

    _, whole = scores_of(monitor)
    assert whole == clf.score(X, y, weight) != clf.score(X, y)


def test_scoring_monitor_scores_frames_and_labels_as_they_were_given(iris):
    X = pd.DataFrame(iris[0], columns=["a", "b", "c", "d"])
    y = np.array(["setosa", "versicolor", "virginica"])[iris[1]]
    monitor = ScoringMonitor(scoring="accuracy")

    clf = make().set_callbacks(monitor).fit(X, y)

    assert scores_of(monitor)[1] == clf.score(X, y)


def test_each_partial_fit_is_a_run(iris):
    monitor = ScoringMonitor(scoring="accuracy")
    clf = make().set_callbacks(monitor)
    expected = [
        clf.partial_fit(*iris, classes=[0, 1, 2]).score(*iris) for _ in range(3)
    ]

    runs = [log.data[0] for log in monitor.get_logs(select="all")]

    assert [run["accuracy"] for run in runs] == expected
    assert {run["task_name"] for run in runs} == {"partial_fit"}


@pytest.mark.parametrize("n_jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_scoring_monitor_works_inside_a_grid_search(n_jobs, iris):
    monitor = ScoringMonitor(scoring="accuracy")
    pipeline = make_pipeline(StandardScaler(), make().set_callbacks(monitor))
    grid = {"denseclassifier__epochs": [2, 3]}

    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=n_jobs).fit(*iris)

    log = monitor.get_logs()
    epochs = [row for row in log.data if row["task_name"] == "epoch"]
    assert log.estimator_name == "GridSearchCV"
    # Two folds of each candidate, and the best one on all data.
    assert len(epochs) == 2 * (2 + 3) + search.best_params_["denseclassifier__epochs"]


def test_progress_bar_counts_the_epochs_of_a_fit(iris, capsys):
    make().set_callbacks(ProgressBar()).fit(*iris)

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("DenseClassifier - fit ")
    assert "100%" in line


@pytest.mark.parametrize("n_jobs", [None, pytest.param(2, marks=pytest.mark.slow)])
def test_progress_bar_goes_down_into_a_grid_search(n_jobs, iris, capsys):
    search = GridSearchCV(make(), {"epochs": [2, 3]}, cv=2, n_jobs=n_jobs)

    search.set_callbacks(ProgressBar()).fit(*iris)

    lines = capsys.readouterr().out.splitlines()
    assert sum("DenseClassifier - fit" in line for line in lines) == 5
    assert all("100%" in line for line in lines)


@pytest.mark.tensorflow
def test_weights_are_copied_only_for_callbacks_that_ask_for_them(iris, monkeypatch):
    copies = []

    def counted(tensor):
        copies.append(1)
        return np.array(tensor)

    monkeypatch.setattr("skmlp._training.compiled.as_array", counted)
    counts = []
    for callbacks in [], [ProgressBar()], [Record()]:
        make().set_callbacks(*callbacks).fit(*iris)
        counts.append(len(copies))
        copies.clear()

    at_the_end, with_a_bar, with_a_record = counts
    assert at_the_end == with_a_bar
    assert with_a_record > 3 * at_the_end


def test_callbacks_leave_parameters_and_representation_alone(iris):
    clf = make().set_callbacks(Record())

    assert clf.get_params() == make().get_params()
    assert repr(clf) == repr(make())
    assert vars(clf.fit(*iris)).keys() - vars(make().fit(*iris)).keys() == {
        "_skl_callbacks"
    }


def test_clones_and_pickles_keep_callbacks(iris):
    monitor = ScoringMonitor(scoring="accuracy")
    clf = make().set_callbacks(monitor)

    clone(clf).fit(*iris)
    assert len(monitor.get_logs(select="all")) == 1
    pickle.loads(pickle.dumps(clf.fit(*iris))).fit(*iris)
    assert len(monitor.get_logs(select="all")) == 2  # the copy has a monitor of its own


def test_set_callbacks_does_not_take_those_of_keras():
    with pytest.raises(TypeError, match="FitCallback protocol"):
        make().set_callbacks(keras.callbacks.TerminateOnNaN())


def test_parameter_does_not_take_those_of_scikit_learn(iris):
    with pytest.raises(TypeError, match=r"keras.*Got <.*Record.*to set_callbacks"):
        make(callbacks=[Record()]).fit(*iris)


@pytest.mark.slow
def test_fit_works_without_callbacks_of_scikit_learn():
    """As with scikit-learn before 1.9, which has none."""
    program = """
import sys
import sklearn.ensemble, sklearn.pipeline
for name in "sklearn.callback", "sklearn.utils._repr_html.fitted_attributes":
    sys.modules[name] = None
import numpy as np
from skmlp import DenseClassifier
clf = DenseClassifier(epochs=2, tol=None)
assert not hasattr(clf, "set_callbacks")
X = np.random.rand(20, 3)
assert clf.fit(X, np.arange(20) % 2).n_iter_ == 2
"""
    subprocess.run([sys.executable, "-c", program], check=True)
