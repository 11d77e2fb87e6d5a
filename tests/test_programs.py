"""Compiled programs: what they are kept by, and what they keep."""

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
import skmlp._training.feed
import skmlp._training.lbfgs
import skmlp._training.programs
from skmlp import DenseClassifier
from skmlp._network import Network
from skmlp._training import Samples, make_optimizer
from skmlp._training.blocks import Shapes, bucket
from skmlp._training.programs import Program, ProgramCache

pytestmark = pytest.mark.tensorflow

N_SAMPLES = st.integers(min_value=1, max_value=10**9)
NETWORK = Network((5, 6, 3), ("tanh", "softmax"), "log_loss", "float32")
SHAPES = Shapes(n_rows=64, batch_size=16, x_dtype="float32")


@pytest.fixture
def cache(monkeypatch):
    """Lend programs from an empty cache."""
    cache = ProgramCache(max_programs=8, max_bytes=2**20)
    monkeypatch.setattr(skmlp._training.compiled, "PROGRAMS", cache)
    monkeypatch.setattr(skmlp._training.lbfgs, "PROGRAMS", cache)
    return cache


@pytest.fixture
def compiled(cache, monkeypatch):
    """Record the programs that are made and the graphs that are traced."""
    made, traced = [], []

    class Recorded(Program):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append(self)

        def _inputs(self, X):  # runs once in every graph
            traced.append(self)
            return Program._inputs(self, X)

    monkeypatch.setattr(skmlp._training.programs, "Program", Recorded)
    return made, traced


@pytest.fixture
def classifier():
    return DenseClassifier((4,), epochs=2, tol=None, batch_size=16, random_state=0)


@pytest.fixture
def data():
    X, y = make_classification(n_samples=100, random_state=0)
    return X.astype(np.float32), y


def lend(
    cache, network=NETWORK, optimizer="sgd", shapes=SHAPES, *, xla=False, **config
):
    return cache.lend(network, make_optimizer(optimizer, **config), shapes, xla=xla)


def program_of(cache, *args, **kwargs):
    with lend(cache, *args, **kwargs) as program:
        return program


# Buckets


@given(N_SAMPLES)
def test_bucket_holds_what_it_is_for(n):
    assert bucket(n) >= n


@given(N_SAMPLES)
def test_bucket_wastes_less_than_half_and_little_of_much(n):
    assert bucket(n) < 2 * n or n == 1
    assert bucket(n) <= 1.125 * n or n <= 2**16


@given(N_SAMPLES)
def test_bucket_of_a_bucket_is_itself(n):
    assert bucket(bucket(n)) == bucket(n)


@given(N_SAMPLES, N_SAMPLES)
def test_bucket_grows_with_what_it_is_for(n, more):
    assert bucket(min(n, more)) <= bucket(max(n, more))


@given(N_SAMPLES)
def test_bucket_is_a_whole_number_of_evaluated_chunks(n):
    assert bucket(n) % min(skmlp._training.programs._EVALUATION_ROWS, bucket(n)) == 0


def test_buckets_are_few():
    assert len({bucket(n) for n in range(1, 2**20)}) < 60


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_shapes_hold_all_batches_and_a_row_of_weight_zero(n_samples, batch_size):
    X = np.broadcast_to(np.float32(0), (n_samples, 2))
    shapes = Shapes.of(Samples(X, X[:, 0], X[:, 0]), min(batch_size, n_samples))

    assert shapes.n_rows > n_samples
    assert shapes.max_batches * shapes.batch_size >= n_samples


# What a program is kept by


def test_program_is_kept_for_the_next_fit(cache):
    assert program_of(cache) is program_of(cache)


@pytest.mark.parametrize(
    "config",
    [
        {"learning_rate": 0.5},
        {"optimizer": keras.optimizers.SGD(0.3)},
        {"optimizer": keras.optimizers.SGD(name="mine")},
    ],
    ids=["learning_rate", "instance", "name"],
)
def test_program_is_the_same_whatever_does_not_shape_its_graph(config, cache):
    assert program_of(cache) is program_of(cache, **config)


@pytest.mark.parametrize(
    "config",
    [
        {"optimizer": "adam"},
        {"optimizer": keras.optimizers.SGD(momentum=0.9)},
        {"optimizer": keras.optimizers.SGD(clipnorm=1.0)},
        {"learning_rate": keras.optimizers.schedules.ExponentialDecay(0.1, 9, 0.5)},
        {"network": Network((5, 6, 3), ("relu", "softmax"), "log_loss", "float32")},
        {"network": Network((5, 7, 3), ("tanh", "softmax"), "log_loss", "float32")},
        {"network": Network((5, 6, 3), ("tanh", "softmax"), "log_loss", "float64")},
        {"shapes": Shapes(n_rows=128, batch_size=16, x_dtype="float32")},
        {"shapes": Shapes(n_rows=64, batch_size=32, x_dtype="float32")},
        {"shapes": Shapes(n_rows=64, batch_size=16, x_dtype="uint8")},
        {"xla": True},
    ],
    ids=[
        "optimizer",
        "momentum",
        "clipnorm",
        "schedule",
        "activation",
        "units",
        "dtype",
        "n_rows",
        "batch_size",
        "x_dtype",
        "xla",
    ],
)
def test_program_is_another_for_what_shapes_its_graph(config, cache):
    assert program_of(cache) is not program_of(cache, **config)


def test_program_is_the_same_for_equal_schedules(cache):
    first, second, other = (
        keras.optimizers.schedules.ExponentialDecay(0.1, 9, rate)
        for rate in (0.5, 0.5, 0.6)
    )
    program = program_of(cache, learning_rate=first)

    assert program_of(cache, learning_rate=second) is program
    assert program_of(cache, learning_rate=other) is not program


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


def test_program_is_another_for_another_schedule_of_the_same_name(cache):
    def make_schedule(rate):
        class Constant(keras.optimizers.schedules.LearningRateSchedule):
            def __call__(self, step):
                return rate

            def get_config(self):
                return {}

        return Constant()

    program = program_of(cache, learning_rate=make_schedule(0.1))

    assert program_of(cache, learning_rate=make_schedule(0.2)) is not program


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


# Lent to one fit at a time


def test_program_is_lent_to_one_fit_at_a_time(cache):
    with lend(cache) as one, lend(cache) as other:
        assert one is not other

    assert len(cache) == 2


def test_threads_that_fit_at_once_have_a_program_each(cache):
    both_have_one = threading.Barrier(2, timeout=60)
    lent = []

    def fit():
        with lend(cache) as program:
            lent.append(program)
            both_have_one.wait()

    threads = [threading.Thread(target=fit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(lent) == 2
    assert lent[0] is not lent[1]


def test_program_of_a_failed_fit_is_not_kept(cache):
    with pytest.raises(RuntimeError, match="failed"), lend(cache):
        raise RuntimeError("failed")

    assert len(cache) == 0


def test_program_of_a_fit_that_a_callback_ended_is_not_kept(cache, classifier, data):
    def fail(epoch, logs):
        raise RuntimeError("by the callback")

    classifier.set_params(callbacks=keras.callbacks.LambdaCallback(on_epoch_end=fail))
    with pytest.raises(RuntimeError, match="by the callback"):
        classifier.fit(*data)

    assert len(cache) == 0


# Bounds


def test_cache_drops_the_program_used_longest_ago(cache):
    cache.max_programs = 2
    shapes = [Shapes(n_rows, 16, "float32") for n_rows in (64, 128, 256)]
    first = program_of(cache, shapes=shapes[0])
    second = program_of(cache, shapes=shapes[1])
    program_of(cache, shapes=shapes[0])  # so the second was used longest ago

    program_of(cache, shapes=shapes[2])

    assert len(cache) == 2
    assert program_of(cache, shapes=shapes[0]) is first
    assert program_of(cache, shapes=shapes[1]) is not second


def test_cache_drops_programs_beyond_its_bytes(cache):
    cache.max_bytes = int(1.5 * program_of(cache).n_bytes)

    program_of(cache, shapes=Shapes(128, 16, "float32"))

    assert len(cache) == 1


def test_cache_keeps_the_last_program_however_large(cache):
    cache.max_bytes = 0

    assert program_of(cache) is program_of(cache)


@pytest.mark.slow
def test_fits_of_many_architectures_keep_so_many_programs(cache, classifier, data):
    cache.max_programs = 3

    for units in range(1, 6):
        classifier.set_params(hidden_layer_sizes=(units,)).fit(*data)

    assert len(cache) == 3


@pytest.mark.slow
def test_fits_of_many_architectures_keep_so_many_bytes(
    cache, compiled, classifier, data
):
    made, _ = compiled
    classifier.fit(*data)
    cache.max_bytes = 6 * made[0].n_bytes

    for units in range(5, 10):
        classifier.set_params(hidden_layer_sizes=(units,)).fit(*data)

    assert 1 < len(cache) < len(made)
    assert sum(program.n_bytes for program in made[-len(cache) :]) <= cache.max_bytes


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
    inputs = Program._inputs

    def recorded(self, X):  # runs once in every graph
        graphs.append(weakref.ref(X.graph))
        return inputs(self, X)

    monkeypatch.setattr(Program, "_inputs", recorded)
    clf = DenseClassifier((4,), epochs=2, tol=None, early_stopping=True, **params)

    clf.fit(*data)
    n_graphs = len(graphs)
    clf.set_params(hidden_layer_sizes=(5,)).fit(*data)
    gc.collect()

    assert len(graphs) == 2 * n_graphs > 0
    assert [graph() for graph in graphs[:n_graphs]] == [None] * n_graphs


def test_bounds_are_those_of_the_documentation():
    programs = skmlp._training.programs.PROGRAMS
    page = Path(__file__).parents[1] / "docs" / "performance.rst"
    text = " ".join(page.read_text(encoding="utf-8").split())

    assert f"{programs.max_programs} programs" in text
    assert f"{programs.max_bytes // 2**20} MiB of variables" in text


def test_bytes_of_a_program_are_those_of_weights_and_optimizer():
    adam = Program(NETWORK, make_optimizer("adam"), SHAPES, xla=False)
    sgd = Program(NETWORK, make_optimizer("sgd"), SHAPES, xla=False)

    assert adam.n_bytes - sgd.n_bytes == 2 * 4 * NETWORK.n_parameters


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
    place = skmlp._training.feed.place

    def recorded(*args):
        block = place(*args)
        placed.extend(map(weakref.ref, block))
        return block

    monkeypatch.setattr(skmlp._training.feed, "place", recorded)
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

    assert asked == {"_epoch": True, "_evaluation": False}


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
    cache._idle.clear()
    monkeypatch.setattr(skmlp._training.feed, "_LARGE_BYTES", 0)

    meanwhile = clone(classifier).fit(X, y)

    assert all(map(np.array_equal, at_once.coefs_, meanwhile.coefs_))
    assert at_once.loss_curve_ == meanwhile.loss_curve_
