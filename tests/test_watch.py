"""The watcher of a training: plain Python, told of values and nothing else."""

import dataclasses
import math

import numpy as np
import pytest
from sklearn.datasets import load_iris

from skmlp import DenseClassifier
from skmlp._estimators.prepare import prepare
from skmlp._job import Stopping
from skmlp._training.watch import Watcher

WEIGHTS = [np.ones(2)]


@pytest.fixture(scope="module")
def job():
    return prepare(DenseClassifier((2,)), *load_iris(return_X_y=True))


@pytest.fixture
def watch(job):
    """Return the function that makes a watcher, and tells it of losses."""

    def watch(losses=(), **stopping):
        stopping = Stopping(**stopping)
        watcher = Watcher(dataclasses.replace(job, stopping=stopping))
        for loss in losses:
            if watcher.must_stop:
                break
            logs = {stopping.monitor: loss, "loss": 1.0} | {"loss": loss}
            watcher.judge(logs)
            watcher.record(logs, lambda loss=loss: [np.full(2, loss)])
        return watcher

    return watch


@pytest.mark.parametrize(
    ("losses", "n_epochs"),
    [
        ([3, 2, 1, 0.5, 0.4], 5),  # improves to the end
        ([3, 3, 3, 3, 3], 3 + 1),  # two epochs may fail, the third ends it
        ([3, 2.95, 2.9, 2.85, 1], 4),  # by less than tol each
        ([3, 4, 4, 2, 2, 2, 2, 0], 7),  # counts anew after an improvement
        ([3, math.nan, math.nan], 2),
    ],
)
def test_training_ends_as_in_scikit_learn(losses, n_epochs, watch):
    assert watch(losses, tol=0.1, n_iter_no_change=2).n_epochs == n_epochs


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_loss_that_is_not_finite_ends_training(loss, watch):
    assert watch([1, loss, 1]).n_epochs == 2


def test_time_ends_training(watch):
    assert watch([1, 1, 1], max_time=1e-9).n_epochs == 1


def test_best_epoch_is_kept_where_that_is_wanted(watch):
    best = watch([3, 1, 2], keep_best=True).trained(WEIGHTS, [])
    last = watch([3, 1, 2]).trained(WEIGHTS, [])

    assert (best.best_epoch, best.weights[0].tolist()) == (2, [1, 1])
    assert (last.best_epoch, last.weights) == (3, WEIGHTS)
    assert best.history["loss"] == last.history["loss"] == [3, 1, 2]


def test_score_is_better_when_it_is_greater(watch):
    watcher = watch(monitor="val_score", keep_best=True)
    for score in (0.1, 0.9, 0.3):
        watcher.record({"loss": 1.0, "val_score": score}, lambda: WEIGHTS)

    assert watcher.trained(WEIGHTS, []).best_epoch == 2


def test_interrupt_while_weights_are_copied_leaves_the_best_before_them(watch):
    def interrupt():
        raise KeyboardInterrupt

    watcher = watch([1.0], keep_interrupted=True)
    with watcher.interrupts():
        watcher.record({"loss": 0.5}, interrupt)

    trained = watcher.trained(WEIGHTS, [])
    assert (trained.ending, trained.best_epoch) == ("interrupted", 1)
    assert trained.weights[0].tolist() == [1, 1]


def test_interrupt_before_the_first_epoch_has_ended_is_raised(watch):
    with pytest.raises(KeyboardInterrupt), watch(keep_interrupted=True).interrupts():
        raise KeyboardInterrupt
