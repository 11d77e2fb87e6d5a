"""Learning rates by name, over the steps of a fit."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from skmlp import DenseClassifier
from skmlp._keras.optimizers import NamedSchedule
from skmlp._named.schedules import SCHEDULES

FAST = {"epochs": 5, "tol": None, "random_state": 0}


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


def test_cosine_leads_the_learning_rate_to_zero_over_all_steps(iris):
    rates = []
    record = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(
            float(record.model.optimizer.learning_rate)
        )
    )
    DenseClassifier(
        (3,), learning_rate="cosine", batch_size=50, callbacks=[record], **FAST
    ).fit(*iris)

    progress = np.arange(1, 6) / 5
    assert_allclose(rates, 0.001 * (1 + np.cos(np.pi * progress)) / 2, atol=1e-9)


def test_onecycle_rises_to_ten_times_the_rate_and_ends_at_zero(iris):
    rates = []
    record = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: rates.append(
            float(record.model.optimizer.learning_rate)
        )
    )
    DenseClassifier(
        (3,),
        learning_rate="onecycle",
        batch_size=50,
        callbacks=[record],
        epochs=10,
        tol=None,
    ).fit(*iris)

    assert int(np.argmax(rates)) == 2  # 30 % of ten epochs
    assert_allclose(max(rates), 0.01, rtol=1e-5)
    assert_allclose(rates[-1], 0, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "share", "expected"),
    [
        ("cosine", 0.5, 0.05),
        ("cosine", 1.0, 0.0),
        ("onecycle", 0.0, 0.1),
        ("onecycle", 0.15, 0.55),
        ("onecycle", 0.3, 1.0),
        ("onecycle", 0.65, 0.5),
        ("onecycle", 1.0, 0.0),
    ],
)
def test_schedules_by_name_are_the_ones_written_out(name, share, expected):
    """On arrays of NumPy and as a schedule of Keras."""
    schedule = NamedSchedule(name, 0.1, 100)

    assert_allclose(float(schedule(round(share * 100))), expected, atol=1e-7)
    assert_allclose(0.1 * SCHEDULES[name].factor(np, share), expected, atol=1e-12)


@pytest.mark.parametrize("name", sorted(SCHEDULES))
def test_schedule_is_one_of_keras(name):
    """Which a saved model has, so that it loads without this package."""
    theirs = SCHEDULES[name].keras(keras.optimizers.schedules, 0.3, 40)
    ours = NamedSchedule(name, 0.3, 40)

    assert type(theirs).__module__.startswith("keras.")
    for step in (0, 1, 11, 12, 13, 39, 40, 50):
        assert_allclose(float(ours(step)), float(theirs(step)), atol=1e-6)


def test_schedule_of_keras_may_be_made_anew():
    schedule = NamedSchedule("onecycle", 0.1, 100)

    again = NamedSchedule.from_config(schedule.get_config())

    assert float(again(30)) == float(schedule(30))
