"""Compiled programs: what they are kept by, and that they keep nothing else."""

import gc
import threading
import weakref
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score

import skmlp._training.compiled
import skmlp._training.compiled.cache
import skmlp._training.compiled.feed
import skmlp._training.lbfgs
from skmlp import DenseClassifier
from skmlp._estimators.prepare import prepare
from skmlp._job.shape import bucket
from skmlp._keras import functional
from skmlp._training.compiled.cache import ProgramCache
from skmlp._training.compiled.program import _EVALUATION_ROWS, Program

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def cache(monkeypatch):
    """Keep programs in an empty cache."""
    cache = ProgramCache(max_programs=8)
    monkeypatch.setattr(skmlp._training.compiled, "PROGRAMS", cache)
    monkeypatch.setattr(skmlp._training.lbfgs, "PROGRAMS", cache)
    return cache


@pytest.fixture
def compiled(cache, monkeypatch):
    """Record the programs that are made and the graphs that are traced."""
    made, traced = [], []
    scores_of = functional.scores_of

    class Recorded(Program):
        def __init__(self, shape):
            super().__init__(shape)
            made.append(self)

    def recorded(network, *args, **kwargs):  # runs once in every graph
        traced.append(network)
        return scores_of(network, *args, **kwargs)

    monkeypatch.setattr(skmlp._training.compiled.cache, "Program", Recorded)
    monkeypatch.setattr(functional, "scores_of", recorded)
    return made, traced


@pytest.fixture
def classifier():
    return DenseClassifier((4,), epochs=2, tol=None, batch_size=16, random_state=0)


@pytest.fixture
def data():
    X, y = make_classification(n_samples=100, random_state=0)
    return X.astype(np.float32), y


@given(st.integers(min_value=1, max_value=10**9))
def test_bucket_is_a_whole_number_of_evaluated_chunks(n):
    assert bucket(n) % min(_EVALUATION_ROWS, bucket(n)) == 0


# What a program is kept by


def test_program_is_kept_for_the_next_fit_of_the_shape(cache, classifier, data):
    shape = prepare(classifier, *data).shape

    assert cache.of(shape) is cache.of(shape)


def test_program_is_another_for_another_schedule_of_the_same_name(cache, data):
    def make_schedule(rate):
        class Constant(keras.optimizers.schedules.LearningRateSchedule):
            def __call__(self, step):
                return rate

            def get_config(self):
                return {}

        return Constant()

    shapes = {
        prepare(DenseClassifier(learning_rate=make_schedule(rate)), *data).shape
        for rate in (0.1, 0.2)
    }

    assert len(shapes) == 2


@pytest.mark.parametrize(
    ("first", "second", "n_programs"),
    [
        ("sgd", keras.optimizers.SGD(0.3), 1),
        ("sgd", keras.optimizers.SGD(name="mine"), 1),
        ("sgd", keras.optimizers.SGD(clipnorm=1.0), 2),
        (
            keras.optimizers.SGD(
                keras.optimizers.schedules.ExponentialDecay(1, 9, 0.5)
            ),
            keras.optimizers.SGD(
                keras.optimizers.schedules.ExponentialDecay(1, 9, 0.5)
            ),
            1,
        ),
        (
            keras.optimizers.SGD(
                keras.optimizers.schedules.ExponentialDecay(1, 9, 0.5)
            ),
            keras.optimizers.SGD(
                keras.optimizers.schedules.ExponentialDecay(1, 9, 0.6)
            ),
            2,
        ),
    ],
    ids=["rate", "name", "clipnorm", "equal schedules", "other schedules"],
)
def test_program_depends_on_what_an_optimizer_is_made_with(
    first, second, n_programs, data
):
    shapes = {
        prepare(DenseClassifier(optimizer=optimizer), *data).shape
        for optimizer in (first, second)
    }

    assert len(shapes) == n_programs


@pytest.mark.parametrize(
    "name", ["cosine", pytest.param("onecycle", marks=pytest.mark.slow)]
)
def test_sweep_under_a_schedule_by_name_compiles_once(name, compiled, classifier, data):
    """Its rate and its number of steps are data, and each fit follows its own."""
    made, traced = compiled
    X, y = data
    classifier.set_params(learning_rate=name, batch_size=8)
    alone = clone(classifier).set_params(epochs=3).fit(X[:70], y[:70]).loss_curve_
    made.clear()
    traced.clear()

    classifier.fit(X[:90], y[:90])
    again = clone(classifier).set_params(epochs=3).fit(X[:70], y[:70]).loss_curve_

    assert (made, traced) == ([], [])
    assert again == alone


def test_sweep_over_values_compiles_once(compiled, classifier, data):
    made, traced = compiled
    classifier.fit(*data)

    for learning_rate in [0.1, 0.01]:
        for alpha in [0.1, 1.0]:
            for seed in [1, 2]:
                values = {"learning_rate": learning_rate, "alpha": alpha}
                clone(classifier).set_params(**values, random_state=seed).fit(*data)

    assert len(made) == 1
    assert len(traced) == 1


def test_having_no_penalty_at_all_is_another_program(compiled, classifier, data):
    made, _ = compiled

    for alpha in [0.0, 0.1, 0.0, 1.0]:
        clone(classifier).set_params(alpha=alpha).fit(*data)

    assert len(made) == 2


def test_having_no_weights_at_all_is_another_program(compiled, classifier, data):
    made, _ = compiled

    for weight in [None, np.ones(100), np.full(100, 2.0), np.arange(1.0, 101)]:
        clone(classifier).fit(*data, sample_weight=weight)

    assert len(made) == 2


def test_weights_of_one_give_the_bits_of_other_equal_weights(classifier, data):
    classifier.set_params(alpha=0.0, batch_size=32)  # the last batch is of 4
    ones = clone(classifier).fit(*data)

    twos = clone(classifier).fit(*data, sample_weight=np.full(100, 2.0))

    assert all(map(np.array_equal, ones.coefs_, twos.coefs_))
    assert ones.loss_curve_ == twos.loss_curve_


def test_folds_that_differ_by_a_row_share_a_program(compiled, classifier, data):
    made, traced = compiled
    X, y = data

    cross_val_score(classifier, X[:98], y[:98], cv=StratifiedKFold(5))

    assert len(made) == 1
    assert len(traced) == 1


def test_grid_search_compiles_once_per_architecture(compiled, classifier, data):
    made, traced = compiled
    grid = {"hidden_layer_sizes": [(4,), (5,)], "learning_rate": [0.1, 0.01]}

    GridSearchCV(classifier, grid, cv=3, error_score="raise").fit(*data)

    assert len(made) == 2
    assert len(traced) == 2


def test_validation_data_of_a_size_are_compiled_once(compiled, classifier, data):
    _, traced = compiled
    X, y = data

    for n_validation in [20, 21, 22]:
        classifier.fit(X[:70], y[:70], X_val=X[-n_validation:], y_val=y[-n_validation:])

    assert len(traced) == 2  # an epoch and an evaluation


# Threads


def test_threads_that_fit_at_once_share_a_program(compiled, classifier, data):
    """It is compiled once, and each fit has the bits that it has alone."""
    made, traced = compiled
    alone = [
        clone(classifier).set_params(random_state=seed).fit(*data).coefs_[0]
        for seed in range(4)
    ]
    made.clear()
    traced.clear()
    skmlp._training.compiled.PROGRAMS._programs.clear()
    ready = threading.Barrier(4, timeout=60)
    fitted = [clone(classifier).set_params(random_state=seed) for seed in range(4)]

    def fit(clf):
        ready.wait()
        clf.fit(*data)

    threads = [threading.Thread(target=fit, args=[clf]) for clf in fitted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 1
    assert len(traced) == 1
    for clf, expected in zip(fitted, alone, strict=True):
        np.testing.assert_array_equal(clf.coefs_[0], expected)


def test_failed_fit_leaves_the_program_as_it_was(cache, classifier, data):
    def fail(epoch, logs):
        raise RuntimeError("by the callback")

    expected = clone(classifier).fit(*data).coefs_[0]
    callback = keras.callbacks.LambdaCallback(on_epoch_end=fail)
    with pytest.raises(RuntimeError, match="by the callback"):
        clone(classifier).set_params(callbacks=callback).fit(*data)

    np.testing.assert_array_equal(clone(classifier).fit(*data).coefs_[0], expected)
    assert len(cache) == 1


class Slope:
    """An activation with a state that may change."""

    def __init__(self, slope):
        self.slope = slope

    def __call__(self, x):
        return x * self.slope


def test_changed_activation_never_meets_a_program_of_its_old_state(
    cache, classifier, data
):
    activation = Slope(1.0)
    classifier.set_params(activation=activation, batch_size=100, epochs=1).fit(*data)
    activation.slope = 3.0

    again = clone(classifier).set_params(activation=activation).fit(*data)

    fresh = clone(classifier).set_params(activation=Slope(3.0)).fit(*data)
    assert len(cache) == 0
    assert all(map(np.array_equal, again.coefs_, fresh.coefs_))
    assert again.loss_curve_ == fresh.loss_curve_


def test_schedule_of_a_user_never_meets_a_program_of_its_old_state(
    cache, classifier, data
):
    rates = {"now": 0.1}

    class Looked(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return rates["now"]

        def get_config(self):
            return {}

    first = clone(classifier).set_params(learning_rate=Looked()).fit(*data)
    rates["now"] = 0.5
    again = clone(classifier).set_params(learning_rate=Looked()).fit(*data)

    constant = clone(classifier).set_params(learning_rate=0.5).fit(*data)
    assert len(cache) == 1  # that of the constant rate
    assert first.loss_curve_ != again.loss_curve_
    np.testing.assert_allclose(again.loss_curve_, constant.loss_curve_, rtol=1e-6)


class CopiesVariables(keras.optimizers.SGD):
    """An optimizer that assigns one variable to another, as a user may write it."""

    def build(self, variables):
        super().build(variables)
        self.previous = self.add_optimizer_variables(variables, "previous")

    def update_step(self, gradient, variable, learning_rate):
        self.assign(self.previous[self._get_variable_index(variable)], variable)
        super().update_step(gradient, variable, learning_rate)


def test_optimizer_of_a_user_trains_and_is_not_kept(cache, classifier, data):
    own = clone(classifier).set_params(optimizer=CopiesVariables(0.1)).fit(*data)

    assert len(cache) == 0
    sgd = clone(classifier).set_params(optimizer=keras.optimizers.SGD(0.1)).fit(*data)
    assert own.loss_curve_ == sgd.loss_curve_


class WithoutRateInConfig(keras.optimizers.SGD):
    def get_config(self):
        return {"momentum": self.momentum}


class WithoutRateInInit(keras.optimizers.SGD):
    def __init__(self, momentum=0.0):
        super().__init__(learning_rate=0.1, momentum=momentum, name="own")

    def get_config(self):
        return {"momentum": self.momentum}


class Warmed(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that makes a tensor as it is made, as tutorials do."""

    def __init__(self, width=4):
        self.width = width
        self.factor = tf.cast(width, tf.float32)

    def __call__(self, step):
        return 0.025 * self.factor

    def get_config(self):
        return {"width": self.width}


@pytest.mark.parametrize(
    "params",
    [
        {"optimizer": WithoutRateInConfig(0.1), "learning_rate": 0.1},
        {"optimizer": WithoutRateInInit()},
        {"optimizer": WithoutRateInInit(), "learning_rate": 0.1},
        {"optimizer": "sgd", "learning_rate": Warmed()},
        {"optimizer": keras.optimizers.SGD(Warmed())},
    ],
    ids=["no rate in config", "no rate at all", "rate set", "schedule", "within"],
)
def test_optimizers_and_schedules_of_users_train(params, cache, classifier, data):
    own = clone(classifier).set_params(**params).fit(*data)

    sgd = clone(classifier).set_params(optimizer=keras.optimizers.SGD(0.1)).fit(*data)
    np.testing.assert_allclose(own.loss_curve_, sgd.loss_curve_, rtol=1e-6)


def test_activation_of_a_user_may_hold_a_tensor(cache, classifier, data):
    factor = tf.constant(2.0)

    def activation(x):
        return x * (factor.numpy() if isinstance(x, np.ndarray) else 2.0)

    classifier.set_params(activation=activation).fit(*data)

    doubled = clone(classifier).set_params(activation=lambda x: 2.0 * x).fit(*data)
    assert classifier.loss_curve_ == doubled.loss_curve_


def test_no_activation_of_a_user_is_kept(cache, data):
    activation = Slope(2.0)
    reference = weakref.ref(activation)
    clf = DenseClassifier((4,), activation=activation, epochs=2, tol=None).fit(*data)

    del activation, clf
    gc.collect()

    assert reference() is None


# Bounds


def test_cache_drops_the_program_used_longest_ago(cache, classifier, data):
    cache.max_programs = 2
    first, second, third = (
        prepare(clone(classifier).set_params(hidden_layer_sizes=(units,)), *data).shape
        for units in (2, 3, 4)
    )
    kept, dropped = cache.of(first), cache.of(second)
    cache.of(first)  # so the second was used longest ago

    cache.of(third)

    assert len(cache) == 2
    assert cache.of(first) is kept
    assert cache.of(second) is not dropped


@pytest.mark.slow
def test_fits_of_many_architectures_keep_so_many_programs(cache, classifier, data):
    cache.max_programs = 3

    for units in range(1, 6):
        classifier.set_params(hidden_layer_sizes=(units,)).fit(*data)

    assert len(cache) == 3


@pytest.mark.parametrize(
    "params",
    [
        {"optimizer": "adam"},
        pytest.param(
            {"optimizer": keras.optimizers.SGD(clipnorm=1.0, use_ema=True)},
            marks=pytest.mark.slow,
        ),
        pytest.param({"optimizer": "lbfgs"}, marks=pytest.mark.slow),
        pytest.param({"dropout": 0.5, "batch_norm": True}, marks=pytest.mark.slow),
    ],
    ids=["adam", "clipping and averaging", "lbfgs", "dropout and normalisation"],
)
def test_dropped_program_is_freed_with_its_graphs(params, cache, data, monkeypatch):
    cache.max_programs = 1
    graphs = []
    scores_of = functional.scores_of

    def recorded(network, weights, X, **kwargs):  # runs once in every graph
        graphs.append(weakref.ref(X.graph))
        return scores_of(network, weights, X, **kwargs)

    monkeypatch.setattr(functional, "scores_of", recorded)
    clf = DenseClassifier((4,), epochs=2, tol=None, early_stopping=True, **params)

    clf.fit(*data)
    n_graphs = len(graphs)
    clf.set_params(hidden_layer_sizes=(5,)).fit(*data)
    gc.collect()

    assert len(graphs) == 2 * n_graphs > 0
    assert [graph() for graph in graphs[:n_graphs]] == [None] * n_graphs


def test_bound_is_that_of_the_documentation():
    programs = skmlp._training.compiled.PROGRAMS
    page = Path(__file__).parents[1] / "docs" / "performance.rst"
    text = " ".join(page.read_text(encoding="utf-8").split())

    assert f"{programs.max_programs} programs" in text


# What a program keeps


def test_nothing_kept_refers_to_what_the_user_gave(cache, data):
    X, y = (array.copy() for array in data)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 9, 0.5)
    optimizer = keras.optimizers.SGD(schedule)
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)
    clf = DenseClassifier(
        (4,), optimizer=optimizer, callbacks=[callback], epochs=2, tol=None
    )
    clf.fit(X, y, X_val=X, y_val=y)
    given = [
        weakref.ref(thing)
        for thing in (X, y, schedule, optimizer, callback, clf, clf.coefs_[0])
    ]

    del X, y, schedule, optimizer, callback, clf
    gc.collect()

    assert len(cache) == 1
    assert [reference() for reference in given] == [None] * len(given)


@pytest.mark.parametrize("as_given", [np.asarray, csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_data_on_the_device_are_freed_after_the_fit(
    optimizer, as_given, cache, data, monkeypatch
):
    placed = []
    place = skmlp._training.compiled.feed.place

    def recorded(*args):
        block = place(*args)
        placed.extend(map(weakref.ref, block))
        return block

    monkeypatch.setattr(skmlp._training.compiled.feed, "place", recorded)
    X, y = data
    clf = DenseClassifier((4,), optimizer=optimizer, epochs=2, tol=None)

    clf.fit(as_given(X), y, X_val=as_given(X), y_val=y)
    gc.collect()

    assert len(cache) == 1
    assert placed
    assert [tensor() for tensor in placed] == [None] * len(placed)


def test_xla_compiles_the_epoch_and_not_the_evaluation(
    cache, classifier, data, monkeypatch
):
    asked = {}
    make_function = tf.function

    def recorded(function, *, jit_compile, **kwargs):
        asked[function.__name__] = jit_compile
        return make_function(function, jit_compile=jit_compile, **kwargs)

    monkeypatch.setattr(tf, "function", recorded)
    monkeypatch.setattr(skmlp._training.compiled, "pays_to_compile", lambda n: True)
    X, y = data

    classifier.fit(X, y, X_val=X, y_val=y)

    assert asked == {"epoch": True, "_evaluation": False}


def test_fit_is_not_changed_by_a_later_fit_of_the_same_program(cache, classifier, data):
    classifier.fit(*data)
    coefs = [coef.copy() for coef in classifier.coefs_]
    loss_curve = list(classifier.loss_curve_)

    clone(classifier).set_params(random_state=1).fit(*data)

    assert len(cache) == 1
    assert all(map(np.array_equal, classifier.coefs_, coefs))
    assert classifier.loss_curve_ == classifier.history_["loss"] == loss_curve


@pytest.mark.parametrize("optimizer", ["adam", "ftrl", "schedulefreeadamw"])
def test_fit_is_not_changed_by_an_earlier_fit_of_the_same_program(
    optimizer, cache, classifier, data
):
    classifier.set_params(optimizer=optimizer)
    first = clone(classifier).fit(*data)
    clone(classifier).set_params(random_state=1, learning_rate=0.5, alpha=9.0).fit(
        *data
    )

    again = clone(classifier).fit(*data)

    assert len(cache) == 1
    assert all(map(np.array_equal, again.coefs_, first.coefs_))


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_large_data_are_copied_as_the_epoch_is_compiled(
    dtype, cache, classifier, data, monkeypatch
):
    X, y = np.abs(10 * data[0]).astype(dtype), data[1]
    at_once = clone(classifier).fit(X, y)
    cache._programs.clear()
    monkeypatch.setattr(skmlp._training.compiled.feed, "_LARGE_BYTES", 0)

    meanwhile = clone(classifier).fit(X, y)

    assert all(map(np.array_equal, at_once.coefs_, meanwhile.coefs_))
    assert at_once.loss_curve_ == meanwhile.loss_curve_
