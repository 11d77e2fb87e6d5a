"""Optimizers: as specifications, as objects of Keras, and as pure functions."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose, assert_array_equal

from skmlp._job import Network
from skmlp._keras.optimizers import (
    make_optimizer,
    make_variables,
    read_state,
    specify,
)
from skmlp._keras.pure import PureOptimizer
from skmlp._named.optimizers import OPTIMIZERS, STEPPING

schedules = keras.optimizers.schedules


def remade(*args, **kwargs):
    return make_optimizer(specify(*args, **kwargs))


def config_of(optimizer):
    return {key: v for key, v in optimizer.get_config().items() if key != "name"}


# Specifications


def test_names_are_those_of_keras():
    """But for those that wrap another one."""
    classes = {
        name.lower()
        for name, cls in vars(keras.optimizers).items()
        if isinstance(cls, type) and issubclass(cls, keras.optimizers.Optimizer)
    }

    wrappers = {"optimizer", "lossscaleoptimizer", "multioptimizer"}
    assert set(STEPPING) == classes - wrappers
    assert {row.keras.lower() for row in OPTIMIZERS.values() if row.keras} == set(
        STEPPING
    )


def test_specification_makes_the_same_optimizer():
    given = keras.optimizers.SGD(0.5, momentum=0.9, nesterov=True, clipnorm=1.0)

    made = remade(given)

    assert made is not given
    assert config_of(made) == config_of(given)


def test_specification_leaves_the_given_one_unchanged():
    given = keras.optimizers.SGD(0.5, momentum=0.9)
    config = given.get_config()

    remade(given, 0.1, 0.0)

    assert given.get_config() == config


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_learning_rate_and_momentum_are_set(optimizer):
    config = remade(optimizer, 0.25, 0.5).get_config()

    assert (config["learning_rate"], config["momentum"]) == (0.25, 0.5)


def test_momentum_is_ignored_where_the_optimizer_has_none():
    assert "momentum" not in remade("adam", "auto", 0.5).get_config()


def test_momentum_may_be_a_number_of_numpy():
    assert specify("sgd", "auto", np.float32(0.5)) == specify("sgd", "auto", 0.5)


def test_schedule_is_made_anew():
    schedule = schedules.ExponentialDecay(0.1, 10, 0.5)

    made = remade("sgd", schedule)

    assert made.get_config()["learning_rate"]["config"] == schedule.get_config()


def test_schedule_may_be_of_a_class_that_keras_does_not_know():
    class Halving(schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.5 ** keras.ops.cast(step, "float32")

        def get_config(self):
            return {}

    made = remade(remade("sgd", Halving()))

    made.iterations.assign(3)
    assert float(made.learning_rate) == 0.125


def test_learning_rate_may_be_a_whole_number():
    assert remade("sgd", 1).get_config()["learning_rate"] == 1.0


def test_name_of_a_schedule_takes_the_rate_of_the_optimizer():
    made = remade(keras.optimizers.SGD(0.3), "cosine", n_steps=10)

    assert float(made.learning_rate) == pytest.approx(0.3)
    made.iterations.assign(10)
    assert float(made.learning_rate) == pytest.approx(0)


@pytest.mark.parametrize(
    ("one", "other", "are_equal"),
    [
        (("sgd",), (keras.optimizers.SGD(),), True),
        (("sgd", 0.125), (keras.optimizers.SGD(0.125),), True),
        (("sgd", 0.1), ("sgd", 0.2), False),
        (("sgd",), ("adam",), False),
    ],
)
def test_specifications_are_equal_where_they_make_the_same(one, other, are_equal):
    one, other = specify(*one), specify(*other)

    assert (one == other) is are_equal
    assert (hash(one) == hash(other)) is are_equal


def test_rate_is_no_part_of_a_graph():
    assert specify("sgd", 0.1).graph == specify("sgd", 0.2).graph
    cosine = [specify("sgd", "cosine", n_steps=n) for n in (5, 50)]
    assert cosine[0].graph == cosine[1].graph != specify("sgd").graph


# Pure functions

NETWORK = Network((4, 3, 2), ("tanh", "linear"), "squared_error", "float64")
OPTIONS = [
    {"momentum": 0.9, "nesterov": True},
    {"weight_decay": 0.1},
    {"clipnorm": 0.01},
    {"clipvalue": 0.001},
    {"global_clipnorm": 0.01},
    {"use_ema": True, "ema_momentum": 0.5},
    {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3},
    {"loss_scale_factor": 8.0},
    {"gradient_accumulation_steps": 2},
]


@pytest.fixture
def weights():
    return NETWORK.initial_weights(np.random.default_rng(0))


def gradients_of(weights):
    """Return the gradients of some objective, written out."""
    return [np.sin(3 * weight) + 0.1 for weight in weights]


def steps_of_keras(specification, weights, n_steps):
    """Return weights and state after steps of Keras' own optimizer."""
    optimizer = make_optimizer(specification)
    variables = make_variables(NETWORK, weights)
    optimizer.build(variables)
    for _ in range(n_steps):
        gradients = gradients_of([np.asarray(variable) for variable in variables])
        scale = optimizer.loss_scale_factor or 1.0
        optimizer.apply([tf.constant(scale * g) for g in gradients], variables)
    return [np.asarray(variable) for variable in variables], read_state(optimizer)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "optimizer",
    [
        # Keras on TensorFlow reads a value of schedulefreeadamw after it changed.
        *(name for name in STEPPING if name != "schedulefreeadamw"),
        *(keras.optimizers.SGD(0.1, **options) for options in OPTIONS),
    ],
    ids=[
        *(name for name in STEPPING if name != "schedulefreeadamw"),
        *("-".join(options) for options in OPTIONS),
    ],
)
def test_pure_steps_are_those_of_keras(optimizer, weights):
    specification = specify(optimizer)
    expected, expected_state = steps_of_keras(specification, weights, 5)

    pure = PureOptimizer(specification, NETWORK, weights)
    values, state = weights, pure.first_state(None)
    for _ in range(5):
        gradients = [float(pure.scale_loss(1.0)) * g for g in gradients_of(values)]
        values, state = pure.apply(
            [tf.constant(g) for g in gradients], values, state, None
        )
        values = [np.asarray(value) for value in values]

    for value, other in zip(values, expected, strict=True):
        assert_allclose(value, other, rtol=0, atol=1e-10)
    for value, other in zip(state, expected_state, strict=True):
        assert_allclose(value, other, rtol=0, atol=1e-10)


@pytest.mark.tensorflow
def test_schedule_free_step_is_the_one_written_out(weights):
    """A. Defazio et al., "The Road Less Scheduled", 2024, with Adam's second moment."""
    rate, beta, beta_2, epsilon = 0.1, 0.9, 0.999, 1e-8
    optimizer = keras.optimizers.ScheduleFreeAdamW(
        rate, beta_1=beta, beta_2=beta_2, epsilon=epsilon, warmup_steps=0
    )
    pure = PureOptimizer(specify(optimizer), NETWORK, weights)
    values, state = weights, pure.first_state(None)
    x, z, v = [[w.copy() for w in weights] for _ in range(3)]
    v = [np.zeros_like(w) for w in weights]
    y = [w.copy() for w in weights]

    for t in range(1, 5):
        values, state = pure.apply(
            [tf.constant(g) for g in gradients_of(y)], values, state, None
        )
        for i, g in enumerate(gradients_of(y)):
            v[i] = beta_2 * v[i] + (1 - beta_2) * g**2
            z[i] = z[i] - rate * g / (np.sqrt(v[i] / (1 - beta_2**t)) + epsilon)
            x[i] = (1 - 1 / t) * x[i] + z[i] / t
            y[i] = (1 - beta) * z[i] + beta * x[i]

    for value, other in zip(values, y, strict=True):
        assert_allclose(value, other, rtol=0, atol=1e-6)


@pytest.mark.tensorflow
def test_pure_optimizer_holds_no_state(weights):
    pure = PureOptimizer(specify("adam"), NETWORK, weights)
    before = pure.first_state(None)
    gradients = [tf.constant(g) for g in gradients_of(weights)]

    first = pure.apply(gradients, weights, before, None)
    again = pure.apply(gradients, weights, before, None)

    for array, other in zip(
        [*first[0], *first[1]], [*again[0], *again[1]], strict=True
    ):
        assert_array_equal(np.asarray(array), np.asarray(other))
    assert all(map(np.array_equal, pure.first_state(None), before))


@pytest.mark.tensorflow
def test_carried_state_is_continued_but_for_the_rate(weights):
    carried = [
        value + 1
        for value in PureOptimizer(specify("adam", 0.25), NETWORK, weights).first_state(
            None
        )
    ]

    state = PureOptimizer(specify("adam", 0.5), NETWORK, weights).first_state(carried)

    step, rate, *moments = state
    assert (step, rate) == (1, 0.5)
    assert all(map(np.array_equal, moments, carried[2:]))
