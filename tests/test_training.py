"""The contract of training, and the choice of the engine."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skmlp._training import choose_engine, make_optimizer
from skmlp._training.contract import batches

ENGINES = ["compiled", pytest.param("portable", marks=pytest.mark.slow)]


class CountBatches(keras.callbacks.Callback):
    n_batches = 0

    def on_train_batch_end(self, batch, logs=None):
        self.n_batches += 1


class RecordEpochs(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)


class FailAtSecondEpoch(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise RuntimeError("second epoch")


def overriding(hook, base=keras.callbacks.Callback):
    """Return a subclass of a callback that does something in this hook."""
    return type("Overriding", (base,), {hook: lambda self, *args, **kwargs: None})


# The choice of the engine


@pytest.mark.tensorflow
def test_engine_is_compiled_without_callbacks():
    assert choose_engine() == "compiled"


@pytest.mark.parametrize(
    "hook",
    [
        "on_batch_begin",
        "on_batch_end",
        "on_train_batch_begin",
        "on_train_batch_end",
        "on_test_batch_begin",
        "on_test_batch_end",
    ],
)
def test_engine_is_portable_for_a_callback_that_hears_of_batches(hook):
    assert choose_engine([overriding(hook)()]) == "portable"


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    "hook",
    [
        "on_train_begin",
        "on_train_end",
        "on_epoch_begin",
        "on_epoch_end",
        "on_test_begin",
        "on_test_end",
    ],
)
def test_engine_is_compiled_for_a_callback_that_hears_of_epochs(hook):
    assert choose_engine([overriding(hook)()]) == "compiled"


def test_engine_is_portable_when_one_of_several_callbacks_hears_of_batches():
    callbacks = [keras.callbacks.EarlyStopping(), CountBatches(), RecordEpochs()]

    assert choose_engine(callbacks) == "portable"


@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_batch_end"])
def test_engine_is_portable_for_a_hook_that_is_set_on_the_instance(hook):
    callback = keras.callbacks.LambdaCallback(**{hook: lambda batch, logs: None})

    assert choose_engine([callback]) == "portable"


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("BackupAndRestore", {"backup_dir": "folder"}),
        ("CSVLogger", {"filename": "file"}),
        ("EarlyStopping", {}),
        ("LambdaCallback", {"on_epoch_end": print}),
        ("LearningRateScheduler", {"schedule": float}),
        ("ModelCheckpoint", {"filepath": "file.keras"}),
        ("ReduceLROnPlateau", {}),
        ("SwapEMAWeights", {}),
        ("TensorBoard", {"log_dir": "folder", "histogram_freq": 1}),
        ("TerminateOnNaN", {}),
    ],
)
def test_engine_is_compiled_for_keras_own_callbacks(name, arguments):
    callback = getattr(keras.callbacks, name)(**arguments)

    assert choose_engine([callback]) == "compiled"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("BackupAndRestore", {"backup_dir": "folder", "save_freq": 2}),
        ("ModelCheckpoint", {"filepath": "file.keras", "save_freq": 2}),
        ("TensorBoard", {"log_dir": "folder", "update_freq": 2}),
        ("TerminateOnNaN", {"raise_error": True}),
    ],
)
def test_engine_is_portable_for_keras_own_callbacks_set_to_batches(name, arguments):
    callback = getattr(keras.callbacks, name)(**arguments)

    assert choose_engine([callback]) == "portable"


@pytest.mark.tensorflow
def test_engine_for_a_subclass_of_a_keras_callback_depends_on_the_hook(tmp_path):
    path = str(tmp_path / "made.keras")
    at_epochs = overriding("on_epoch_end", keras.callbacks.ModelCheckpoint)(path)
    at_batches = overriding("on_train_batch_end", keras.callbacks.ModelCheckpoint)(path)

    assert choose_engine([at_epochs]) == "compiled"
    assert choose_engine([at_batches]) == "portable"


def test_engine_is_portable_on_other_keras_backends(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")

    assert choose_engine() == "portable"


def test_train_chooses_the_engine_by_its_callbacks(make_problem):
    callback = CountBatches()

    make_problem(n_samples=50).train(callbacks=[callback], batch_size=16, epochs=2)

    assert callback.n_batches == 8


# The contract


@pytest.mark.parametrize("engine", ENGINES)
def test_train_leaves_weights_and_samples_as_they_are(engine, make_problem):
    problem = make_problem(weighted=True)
    untouched = make_problem(weighted=True)

    problem.train(engine)

    assert_array_equal(problem.samples.X, untouched.samples.X)
    assert_array_equal(problem.samples.weight, untouched.samples.weight)
    for array, kept in zip(problem.weights, untouched.weights, strict=True):
        assert_array_equal(array, kept)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("engine", ENGINES)
def test_train_gives_weights_of_the_type_of_the_network(engine, dtype, make_problem):
    trained = make_problem(dtype=dtype).train(engine, epochs=1)

    assert {array.dtype.name for array in trained.weights} == {dtype}


@pytest.mark.parametrize(
    ("loss", "names"),
    [
        ("log_loss", {"loss", "accuracy"}),
        ("binary_log_loss", {"loss", "accuracy"}),
        ("squared_error", {"loss"}),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_train_records_one_value_an_epoch(engine, loss, names, make_problem):
    problem = make_problem(loss)

    history = problem.train(engine, epochs=3, validation=problem.samples).history

    assert set(history) == names | {f"val_{name}" for name in names}
    assert all(len(values) == 3 for values in history.values())
    assert all(type(value) is float for values in history.values() for value in values)


@pytest.mark.parametrize("engine", ENGINES)
def test_train_draws_one_order_an_epoch(engine, make_problem):
    rng, expected = np.random.RandomState(0), np.random.RandomState(0)

    make_problem(n_samples=50).train(engine, epochs=3, rng=rng)
    for _ in range(3):
        expected.permutation(50)

    assert rng.randint(2**30) == expected.randint(2**30)


@pytest.mark.parametrize("engine", ENGINES)
def test_train_without_shuffling_draws_nothing(engine, make_problem):
    problem = make_problem()
    first = problem.train(engine, shuffle=False, rng=0)
    second = problem.train(engine, shuffle=False, rng=1)

    for array, other in zip(first.weights, second.weights, strict=True):
        assert_array_equal(array, other)


@pytest.mark.parametrize("engine", ENGINES)
def test_train_ends_when_the_loss_improves_no_more(engine, make_problem):
    trained = make_problem().train(
        engine, epochs=9, learning_rate=1e-9, tol=1e-3, n_iter_no_change=2
    )

    assert trained.converged
    assert len(trained.history["loss"]) == 4  # the first, and more than two beside it


@pytest.mark.parametrize("engine", ENGINES)
def test_train_runs_all_epochs_while_the_loss_improves(engine, make_problem):
    trained = make_problem().train(engine, epochs=4, tol=0.0, n_iter_no_change=1)

    assert not trained.converged
    assert len(trained.history["loss"]) == 4


@pytest.mark.parametrize("engine", ENGINES)
def test_train_ends_at_the_epoch_in_which_the_loss_is_not_finite(engine, make_problem):
    trained = make_problem("squared_error").train(engine, epochs=9, learning_rate=1e30)

    assert len(trained.history["loss"]) < 9
    assert not np.isfinite(trained.history["loss"][-1])


@pytest.mark.parametrize("engine", ENGINES)
def test_train_calls_epoch_hooks(engine, make_problem):
    callback = RecordEpochs()

    make_problem().train(engine, epochs=3, callbacks=[callback])

    assert callback.epochs == [0, 1, 2]


@pytest.mark.parametrize("engine", ENGINES)
def test_train_tells_callbacks_what_keras_tells_them(engine, make_problem):
    callback = RecordEpochs()

    make_problem(n_samples=50).train(
        engine, batch_size=16, epochs=2, callbacks=[callback]
    )

    assert callback.params == {"epochs": 2, "steps": 4, "verbose": 0}


@pytest.mark.parametrize("engine", ENGINES)
def test_callback_forgets_the_model_after_training(engine, make_problem):
    callback = RecordEpochs()

    make_problem().train(engine, callbacks=[callback])

    assert callback.model is None


@pytest.mark.parametrize("engine", ENGINES)
def test_callback_forgets_the_model_after_a_failure(engine, make_problem):
    callback = FailAtSecondEpoch()

    with pytest.raises(RuntimeError, match="second epoch"):
        make_problem().train(engine, callbacks=[callback])

    assert callback.model is None


# The values that travel


def test_make_optimizer_copies_the_configuration():
    given = keras.optimizers.SGD(0.5, momentum=0.9, nesterov=True, clipnorm=1.0)

    made = make_optimizer(given)

    assert made is not given
    assert made.get_config() == given.get_config()


def test_make_optimizer_leaves_the_given_one_unchanged():
    given = keras.optimizers.SGD(0.5, momentum=0.9)
    config = given.get_config()

    make_optimizer(given, learning_rate=0.1, momentum=0.0)

    assert given.get_config() == config


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop"])
def test_make_optimizer_sets_learning_rate_and_momentum(optimizer):
    config = make_optimizer(optimizer, learning_rate=0.25, momentum=0.5).get_config()

    assert (config["learning_rate"], config["momentum"]) == (0.25, 0.5)


def test_make_optimizer_ignores_momentum_where_the_optimizer_has_none():
    assert "momentum" not in make_optimizer("adam", momentum=0.5).get_config()


def test_make_optimizer_takes_a_schedule():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)

    made = make_optimizer("sgd", learning_rate=schedule)

    assert made.get_config()["learning_rate"]["config"] == schedule.get_config()


def test_make_optimizer_takes_a_schedule_of_a_class_that_keras_does_not_know():
    class Halving(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.5 ** keras.ops.cast(step, "float32")

        def get_config(self):
            return {}

    given = make_optimizer("sgd", learning_rate=Halving())

    made = make_optimizer(given)

    made.iterations.assign(3)
    assert float(made.learning_rate) == 0.125


def test_make_optimizer_takes_a_whole_learning_rate():
    assert make_optimizer("sgd", learning_rate=1).get_config()["learning_rate"] == 1.0


@pytest.mark.parametrize(
    ("n_samples", "batch_size", "sizes"),
    [(6, 2, [2, 2, 2]), (7, 3, [3, 3, 1]), (2, 5, [2]), (1, 1, [1])],
)
def test_batches_cut_every_sample_once(n_samples, batch_size, sizes):
    cut = list(batches(np.arange(n_samples), batch_size))

    assert [len(batch) for batch in cut] == sizes
    assert_array_equal(np.concatenate(cut), np.arange(n_samples))
