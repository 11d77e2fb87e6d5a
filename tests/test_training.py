"""The contract of training, and the choice of the engine."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skmlp._training import choose_engine

ENGINES = ["compiled", pytest.param("keras_fit", marks=pytest.mark.slow)]


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


@pytest.fixture
def choose(make_problem):
    """Return the function that chooses the engine of a job with these callbacks."""
    return lambda callbacks=(), **given: choose_engine(
        make_problem().job(callbacks=callbacks, **given)
    )


@pytest.mark.tensorflow
def test_engine_is_compiled_without_callbacks(choose):
    assert choose() == "compiled"


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
def test_engine_is_keras_fit_for_a_callback_that_hears_of_batches(hook, choose):
    assert choose([overriding(hook)()]) == "keras_fit"


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
def test_engine_is_compiled_for_a_callback_that_hears_of_epochs(hook, choose):
    assert choose([overriding(hook)()]) == "compiled"


def test_engine_is_keras_fit_when_one_of_several_callbacks_hears_of_batches(choose):
    callbacks = [keras.callbacks.EarlyStopping(), CountBatches(), RecordEpochs()]

    assert choose(callbacks) == "keras_fit"


@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_batch_end"])
def test_engine_is_keras_fit_for_a_hook_that_is_set_on_the_instance(hook, choose):
    callback = keras.callbacks.LambdaCallback(**{hook: lambda batch, logs: None})

    assert choose([callback]) == "keras_fit"


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
def test_engine_is_compiled_for_keras_own_callbacks(name, arguments, choose):
    callback = getattr(keras.callbacks, name)(**arguments)

    assert choose([callback]) == "compiled"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("BackupAndRestore", {"backup_dir": "folder", "save_freq": 2}),
        ("ModelCheckpoint", {"filepath": "file.keras", "save_freq": 2}),
        ("TensorBoard", {"log_dir": "folder", "update_freq": 2}),
        ("TerminateOnNaN", {"raise_error": True}),
    ],
)
def test_engine_is_keras_fit_for_keras_own_callbacks_set_to_batches(
    name, arguments, choose
):
    callback = getattr(keras.callbacks, name)(**arguments)

    assert choose([callback]) == "keras_fit"


@pytest.mark.tensorflow
def test_engine_for_a_subclass_of_a_keras_callback_depends_on_the_hook(
    tmp_path, choose
):
    path = str(tmp_path / "made.keras")
    at_epochs = overriding("on_epoch_end", keras.callbacks.ModelCheckpoint)(path)
    at_batches = overriding("on_train_batch_end", keras.callbacks.ModelCheckpoint)(path)

    assert choose([at_epochs]) == "compiled"
    assert choose([at_batches]) == "keras_fit"


def test_engine_is_keras_fit_on_other_keras_backends(monkeypatch, choose):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")

    assert choose() == "keras_fit"


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

    assert trained.ending == "stopped"
    assert len(trained.history["loss"]) == 4  # the first, and more than two beside it


@pytest.mark.parametrize("engine", ENGINES)
def test_train_runs_all_epochs_while_the_loss_improves(engine, make_problem):
    trained = make_problem().train(engine, epochs=4, tol=0.0, n_iter_no_change=1)

    assert trained.ending != "stopped"
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


@pytest.mark.parametrize(
    ("n_samples", "batch_size", "sizes"),
    [(6, 2, [2, 2, 2]), (7, 3, [3, 3, 1]), (2, 5, [2]), (1, 1, [1])],
)
def test_batches_cut_every_sample_once(n_samples, batch_size, sizes, make_problem):
    from skmlp._training.keras_fit import Batches

    problem = make_problem(n_samples=n_samples)
    batches = Batches(problem.samples, problem.network, batch_size)
    batches.put_in_order(np.arange(n_samples)[::-1])

    cut = [batches[i] for i in range(len(batches))]

    assert [len(y) for _, y, _ in cut] == sizes
    y = np.concatenate([y for _, y, _ in cut])
    assert_array_equal(y, problem.samples.y[::-1])
