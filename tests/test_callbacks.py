"""Keras' callbacks do on each engine what they do under plain ``keras.Model.fit``."""

import csv
import threading
from dataclasses import dataclass, field

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris

from skmlp import DenseClassifier, DenseRegressor
from skmlp._export.to_keras import to_keras
from skmlp._job import Samples
from skmlp._keras.optimizers import make_optimizer, specify

LEARNING_RATE = 0.25
EPOCHS = 5
BATCH_SIZE = 16


@pytest.fixture(params=["compiled", pytest.param("keras_fit", marks=pytest.mark.slow)])
def engine(request):
    return request.param


@pytest.fixture
def problem(make_problem):
    return make_problem(dtype="float32")


@pytest.fixture
def misleading(problem):
    """Validation samples on which a better fit is worse."""
    X, y, weight = problem.samples.X, problem.samples.y, problem.samples.weight
    return Samples(X, (y + 1) % 3, weight)


def train(problem, engine, callbacks, *, optimizer="sgd", **settings):
    settings = {"learning_rate": LEARNING_RATE, "epochs": EPOCHS} | settings
    return problem.train(
        engine,
        optimizer=optimizer,
        callbacks=callbacks,
        batch_size=BATCH_SIZE,
        shuffle=False,
        **settings,
    )


def as_keras(network, weights):
    """Return the Keras model of a network without normalisation."""
    return to_keras(network, weights[0::2], weights[1::2])


def train_in_keras(
    problem,
    callbacks,
    *,
    optimizer="sgd",
    learning_rate=LEARNING_RATE,
    epochs=EPOCHS,
    validation=None,
):
    """Return weights and history of plain Keras."""
    model = as_keras(problem.network, problem.weights)
    model.compile(
        make_optimizer(specify(optimizer, learning_rate)),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,
    )
    history = model.fit(
        problem.samples.X,
        problem.samples.y,
        batch_size=BATCH_SIZE,
        epochs=epochs,
        shuffle=False,
        validation_data=validation and (validation.X, validation.y),
        callbacks=callbacks,
        verbose=0,
    )
    return model.get_weights(), history.history


def assert_weights_equal(weights, expected):
    for array, other in zip(weights, expected, strict=True):
        assert_allclose(array, other, rtol=0, atol=1e-5)


def assert_histories_equal(history, expected):
    assert set(history) == set(expected)
    for name, values in expected.items():
        assert_allclose(history[name], values, rtol=1e-5, atol=1e-6, err_msg=name)


def assert_same_as_keras(engine, problem, make_callbacks, **settings):
    """Train with callbacks of each; return both lists of callbacks."""
    callbacks, in_keras = make_callbacks("ours"), make_callbacks("keras")

    trained = train(problem, engine, callbacks, **settings)
    weights, history = train_in_keras(problem, in_keras, **settings)

    assert_weights_equal(trained.weights, weights)
    assert_histories_equal(trained.history, history)
    return callbacks, in_keras


# Callbacks that steer


@pytest.mark.parametrize(
    "restore_best_weights", [True, pytest.param(False, marks=pytest.mark.slow)]
)
def test_early_stopping_stops_and_restores_as_in_keras(
    restore_best_weights, engine, problem, misleading
):
    def make_callbacks(_):
        return [
            keras.callbacks.EarlyStopping(
                patience=2, restore_best_weights=restore_best_weights
            )
        ]

    (callback,), (expected,) = assert_same_as_keras(
        engine, problem, make_callbacks, validation=misleading
    )

    assert callback.stopped_epoch == expected.stopped_epoch == 2
    assert callback.best_epoch == expected.best_epoch == 0


def test_early_stopping_counts_as_converged(engine, problem, misleading):
    callback = keras.callbacks.EarlyStopping(patience=1)

    assert train(problem, engine, [callback], validation=misleading).ending == "stopped"


def test_reduce_lr_on_plateau_lowers_the_rate_as_in_keras(engine, problem, misleading):
    assert_same_as_keras(
        engine,
        problem,
        lambda _: [keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=1)],
        validation=misleading,
    )


def test_reduce_lr_on_plateau_has_its_rates_recorded(engine, problem, misleading):
    callback = keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=1)

    history = train(problem, engine, [callback], validation=misleading).history

    assert history["learning_rate"] == [0.25, 0.25, 0.125, 0.0625, 0.03125]


def test_learning_rate_scheduler_sets_the_rate_as_in_keras(engine, problem):
    assert_same_as_keras(
        engine,
        problem,
        lambda _: [keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)],
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "schedule",
    [
        keras.optimizers.schedules.ExponentialDecay(0.5, 2, 0.7),
        keras.optimizers.schedules.PiecewiseConstantDecay([3, 6], [0.5, 0.2, 0.1]),
        keras.optimizers.schedules.CosineDecay(
            0.1, 10, warmup_target=0.5, warmup_steps=4
        ),
    ],
    ids=lambda schedule: type(schedule).__name__,
)
def test_learning_rate_schedule_is_followed_as_in_keras(schedule, engine, problem):
    assert_same_as_keras(engine, problem, lambda _: [], learning_rate=schedule)


@pytest.mark.slow
@pytest.mark.parametrize("swap_on_epoch", [True, False])
def test_swap_ema_weights_swaps_as_in_keras(swap_on_epoch, engine, problem, misleading):
    assert_same_as_keras(
        engine,
        problem,
        lambda _: [keras.callbacks.SwapEMAWeights(swap_on_epoch)],
        optimizer=keras.optimizers.SGD(use_ema=True, ema_momentum=0.5),
        validation=misleading,
    )


# On other backends Keras' own loss is clipped, and finite for an epoch more.
@pytest.mark.tensorflow
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning:keras")
def test_terminate_on_nan_ends_in_the_epoch_in_which_keras_ends(
    engine, problem, capsys
):
    settings = {"learning_rate": 1e38, "optimizer": keras.optimizers.SGD(momentum=0.9)}
    trained = train(problem, engine, [keras.callbacks.TerminateOnNaN()], **settings)
    _, history = train_in_keras(problem, [keras.callbacks.TerminateOnNaN()], **settings)

    assert len(trained.history["loss"]) == len(history["loss"]) < EPOCHS
    assert not np.isfinite(trained.history["loss"][-1])


# Callbacks that write


@pytest.mark.parametrize(
    "save_best_only", [True, pytest.param(False, marks=pytest.mark.slow)]
)
def test_model_checkpoint_writes_the_files_that_keras_writes(
    save_best_only, engine, problem, misleading, tmp_path
):
    def make_callbacks(name):
        path = tmp_path / name / "{epoch}.keras"
        return [keras.callbacks.ModelCheckpoint(path, save_best_only=save_best_only)]

    assert_same_as_keras(
        engine, problem, make_callbacks, validation=misleading, epochs=3
    )

    written = sorted((tmp_path / "ours").iterdir())
    assert [path.name for path in written] == sorted(
        path.name for path in (tmp_path / "keras").iterdir()
    )
    for path in written:
        expected = keras.models.load_model(tmp_path / "keras" / path.name)
        loaded = keras.models.load_model(path)
        assert_weights_equal(loaded.get_weights(), expected.get_weights())


def test_model_checkpoint_loads_and_predicts_without_this_package(
    engine, problem, tmp_path
):
    path = tmp_path / "model.keras"
    trained = train(problem, engine, [keras.callbacks.ModelCheckpoint(path)])
    expected = as_keras(problem.network, trained.weights)

    loaded = keras.models.load_model(path)

    X = problem.samples.X
    assert type(loaded) is keras.Sequential
    assert type(loaded.loss) is keras.losses.SparseCategoricalCrossentropy
    assert_array_equal(loaded.predict(X, verbose=0), expected.predict(X, verbose=0))


def test_model_checkpoint_of_weights_loads_into_a_keras_model(
    engine, problem, tmp_path
):
    path = tmp_path / "epoch.weights.h5"
    callback = keras.callbacks.ModelCheckpoint(path, save_weights_only=True)
    trained = train(problem, engine, [callback])
    model = as_keras(problem.network, problem.weights)

    model.load_weights(path, skip_mismatch=True)

    assert_weights_equal(model.get_weights(), trained.weights)


def test_csv_logger_writes_what_keras_writes(engine, problem, misleading, tmp_path):
    assert_same_as_keras(
        engine,
        problem,
        lambda name: [keras.callbacks.CSVLogger(tmp_path / name)],
        validation=misleading,
    )

    ours, expected = (
        list(csv.reader((tmp_path / name).read_text().splitlines()))
        for name in ("ours", "keras")
    )
    assert ours[0] == expected[0]
    assert_allclose(np.array(ours[1:], float), np.array(expected[1:], float), rtol=1e-5)


def read_scalars(folder):
    """Return the scalars of TensorBoard's event files: by run and tag, by step."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util

    scalars = {}
    for run in ("train", "validation"):
        events = EventAccumulator(str(folder / run)).Reload()
        for tag in events.Tags()["tensors"]:
            scalars[run, tag] = [
                (event.step, float(tensor_util.make_ndarray(event.tensor_proto)))
                for event in events.Tensors(tag)
                if tag != "keras"
            ]
    return scalars


@pytest.mark.slow
def test_tensorboard_writes_the_scalars_that_keras_writes(
    engine, problem, misleading, tmp_path
):
    pytest.importorskip("tensorboard")

    assert_same_as_keras(
        engine,
        problem,
        lambda name: [keras.callbacks.TensorBoard(tmp_path / name)],
        validation=misleading,
    )

    ours, expected = read_scalars(tmp_path / "ours"), read_scalars(tmp_path / "keras")
    assert (
        ours.keys()
        == expected.keys()
        >= {
            ("train", "epoch_loss"),
            ("train", "epoch_learning_rate"),
            ("train", "keras"),
            ("validation", "epoch_accuracy"),
            ("validation", "evaluation_loss_vs_iterations"),
        }
    )
    for name, values in expected.items():
        assert_allclose(ours[name], values, rtol=1e-5, err_msg=name)


class Interrupt(keras.callbacks.Callback):
    """Stand for a machine that goes down at the beginning of the fourth epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 3:
            raise KeyboardInterrupt


def test_backup_and_restore_goes_on_where_training_was_interrupted(
    engine, problem, tmp_path
):
    settings = {"optimizer": keras.optimizers.SGD(momentum=0.9)}
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    uninterrupted = train(problem, engine, [], **settings)

    with pytest.raises(KeyboardInterrupt):
        train(problem, engine, [backup, Interrupt()], **settings)
    resumed = train(problem, engine, [backup], **settings)

    assert_weights_equal(resumed.weights, uninterrupted.weights)
    assert len(resumed.history["loss"]) == 2


def test_backup_and_restore_removes_its_files_as_in_keras(engine, problem, tmp_path):
    assert_same_as_keras(
        engine,
        problem,
        lambda name: [keras.callbacks.BackupAndRestore(tmp_path / name)],
    )

    assert not any(tmp_path.iterdir())


def test_backup_and_restore_leaves_the_next_fit_alone(engine, problem, tmp_path):
    """A program that was resumed starts the next fit at its first epoch."""
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(KeyboardInterrupt):
        train(problem, engine, [backup, Interrupt()])
    train(problem, engine, [backup])

    assert len(train(problem, engine, []).history["loss"]) == EPOCHS


# The user's own


class Recorder(keras.callbacks.Callback):
    """Record every call at the level of epochs."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def record(self, hook, epoch, logs):
        logs = {name: round(value, 4) for name, value in (logs or {}).items()}
        steps = int(self.model.optimizer.iterations)
        self.calls.append((hook, epoch, logs, steps, self.params["steps"]))

    def on_train_begin(self, logs=None):
        self.record("on_train_begin", None, logs)

    def on_epoch_begin(self, epoch, logs=None):
        self.record("on_epoch_begin", epoch, logs)

    def on_test_begin(self, logs=None):
        self.record("on_test_begin", None, logs)

    def on_test_end(self, logs=None):
        self.record("on_test_end", None, logs)

    def on_epoch_end(self, epoch, logs=None):
        self.record("on_epoch_end", epoch, logs)

    def on_train_end(self, logs=None):
        self.record("on_train_end", None, logs)


@pytest.mark.parametrize("validates", [True, False])
def test_callback_is_called_when_keras_calls_it(validates, engine, problem, misleading):
    (callback,), (expected,) = assert_same_as_keras(
        engine,
        problem,
        lambda _: [Recorder()],
        epochs=2,
        validation=misleading if validates else None,
    )

    assert [call[:2] for call in callback.calls] == [
        call[:2] for call in expected.calls
    ]
    for ours, theirs in zip(callback.calls, expected.calls, strict=True):
        assert ours[2] == pytest.approx(theirs[2], abs=2e-4)
        assert ours[3:] == theirs[3:]


class Predict(keras.callbacks.Callback):
    def __init__(self, X):
        super().__init__()
        self.X = X

    def on_train_begin(self, logs=None):
        self.outputs = []

    def on_epoch_end(self, epoch, logs=None):
        self.outputs.append(self.model.predict(self.X, verbose=0))


@pytest.mark.slow
def test_callback_predicts_with_the_model_of_the_epoch(engine, problem):
    (callback,), (expected,) = assert_same_as_keras(
        engine, problem, lambda _: [Predict(problem.samples.X)], epochs=2
    )

    assert_allclose(callback.outputs, expected.outputs, rtol=0, atol=1e-5)


class ZeroKernels(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        for layer in self.model.layers:
            layer.kernel.assign(np.zeros(layer.kernel.shape))


def test_callback_that_sets_weights_is_followed(engine, problem):
    assert_same_as_keras(engine, problem, lambda _: [ZeroKernels()], epochs=3)


class StopAtSecondEpoch(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = epoch == 1


def test_callback_that_stops_training_is_followed(engine, problem):
    trained = train(problem, engine, [StopAtSecondEpoch()])

    assert trained.ending == "stopped"
    assert len(trained.history["loss"]) == 2


def test_callback_may_add_to_the_history(engine, problem):
    class AddNorm(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs):
            logs["norm"] = float(np.linalg.norm(self.model.get_weights()[0]))

    assert_same_as_keras(engine, problem, lambda _: [AddNorm()])


def test_callbacks_of_an_estimator_serve_fit_after_fit(problem):
    stop = StopAtSecondEpoch()
    clf = DenseClassifier((4,), epochs=9, callbacks=[stop], random_state=0)

    first = clf.fit(problem.samples.X, problem.samples.y).loss_curve_
    second = clf.fit(problem.samples.X, problem.samples.y).loss_curve_

    assert clf.callbacks == [stop]
    assert len(first) == 2
    assert first == second


@dataclass
class WithALock(keras.callbacks.Callback):
    """Can be neither copied nor pickled."""

    lock: object = field(default_factory=threading.Lock)

    def __post_init__(self):
        super().__init__()


@pytest.mark.parametrize("params", [{}, {"early_stopping": True}], ids=str)
def test_callback_that_cannot_be_copied_is_called_as_it_is(params):
    X, y = load_iris(return_X_y=True)
    net = DenseRegressor((2,), epochs=2, tol=None, callbacks=[WithALock()], **params)

    assert net.fit(X, y).n_iter_ == 2


# What a callback does to its model


def callback_that_changes_its_model(change, hook="on_epoch_end"):
    """Return a callback that changes its model after the second epoch, or at first."""

    def act(*args):
        if hook != "on_epoch_end" or args[0] == 1:
            change(callback.model)

    callback = keras.callbacks.LambdaCallback(**{hook: act})
    return callback


def freeze(model):
    model.layers[0].trainable = False


def swap_the_optimizer(model):
    model.optimizer = keras.optimizers.SGD(0.1)


def set_a_schedule(model):
    model.optimizer.learning_rate = keras.optimizers.schedules.CosineDecay(0.1, 10)


def compile_anew(model):
    model.compile("sgd", loss="mse")


@pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_end"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (freeze, "changed trainable flag of a layer"),
        (swap_the_optimizer, "changed optimizer"),
        (set_a_schedule, "changed learning rate schedule"),
        (compile_anew, "changed optimizer"),
    ],
)
def test_change_that_training_cannot_follow_is_refused_and_outlives_nothing(
    change, words, hook, engine, problem
):
    expected = train(problem, engine, [])

    callback = callback_that_changes_its_model(change, hook)
    with pytest.raises(ValueError, match=f"Got a {words}"):
        train(problem, engine, [callback])

    again = train(problem, engine, [])
    for array, other in zip(again.weights, expected.weights, strict=True):
        assert_array_equal(array, other)


def test_learning_rate_that_is_set_acts_and_outlives_nothing(engine, problem):
    def set_rate(model):
        model.optimizer.learning_rate = 0.0

    expected = train(problem, engine, [])
    callback = callback_that_changes_its_model(set_rate)

    changed = train(problem, engine, [callback])
    again = train(problem, engine, [])

    assert_weights_equal(changed.weights, train(problem, engine, [], epochs=2).weights)
    for array, other in zip(again.weights, expected.weights, strict=True):
        assert_array_equal(array, other)


def test_kept_model_does_not_change_with_later_fits(engine, problem):
    kept = []
    callback = callback_that_changes_its_model(kept.append)
    train(problem, engine, [callback])
    weights = [array.copy() for array in kept[0].get_weights()]

    train(problem, engine, [keras.callbacks.LambdaCallback(on_epoch_end=print_nothing)])

    for array, other in zip(kept[0].get_weights(), weights, strict=True):
        assert_array_equal(array, other)


def print_nothing(epoch, logs):
    """Stand for a callback that does nothing to its model."""


class Evaluate(keras.callbacks.Callback):
    """Evaluate and predict with the model, as one does to log more."""

    def __init__(self, X, y):
        super().__init__()
        self.X, self.y = X, y

    def on_train_begin(self, logs=None):
        self.evaluated, self.predicted = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.evaluated.append(self.model.evaluate(self.X, self.y, verbose=0))
        self.predicted.append(self.model.predict(self.X, verbose=0))


LAYERS = {
    "plain": {},
    "dropout": {"dropout": 0.3},
    "normalisation": {"batch_norm": True},
    "both": {"dropout": 0.3, "batch_norm": True},
}
ALL_LAYERS = pytest.mark.parametrize("layers", LAYERS.values(), ids=list(LAYERS))


@ALL_LAYERS
@pytest.mark.parametrize("pixels", [False, True])
def test_model_evaluates_and_predicts_as_validation_does(
    layers, pixels, engine, make_problem
):
    problem = make_problem(dtype="float32", pixels=pixels, **layers)
    callback = Evaluate(problem.samples.X, problem.samples.y)

    history = train(
        problem, engine, [callback], epochs=2, validation=problem.samples
    ).history

    losses, accuracies = np.transpose(callback.evaluated)
    assert_allclose(losses, history["val_loss"], rtol=1e-4)
    assert_allclose(accuracies, history["val_accuracy"], rtol=1e-5)
    correct = np.argmax(callback.predicted[-1], axis=1) == problem.samples.y
    assert_allclose(correct.mean(), history["val_accuracy"][-1], rtol=1e-5)


@pytest.mark.parametrize(
    ("loss", "layers"),
    [
        ("log_loss", LAYERS["both"]),
        *(
            pytest.param(loss, LAYERS[name], marks=pytest.mark.slow)
            for loss, name in [
                ("binary_log_loss", "dropout"),
                ("squared_error", "normalisation"),
                ("poisson", "plain"),
                ("quantile", "plain"),
            ]
        ),
    ],
)
def test_checkpoint_loads_in_a_process_that_knows_keras_alone(
    loss, layers, engine, make_problem, tmp_path
):
    problem = make_problem(loss, dtype="float32", **layers)
    path = tmp_path / "model.keras"
    outputs = []
    predict = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: outputs.append(
            predict.model.predict(problem.samples.X, verbose=0)
        )
    )

    train(problem, engine, [predict, keras.callbacks.ModelCheckpoint(path)], epochs=1)

    loaded = keras.models.load_model(path)
    modules = {type(layer).__module__.split(".")[0] for layer in loaded.layers}
    assert modules == {"keras"}
    predicted = loaded.predict(problem.samples.X, verbose=0)
    assert_allclose(predicted, outputs[0], rtol=1e-5, atol=1e-6)
    loaded.fit(problem.samples.X, problem.samples.y, verbose=0)


@pytest.mark.parametrize("name", ["cosine", "onecycle"])
def test_checkpoint_under_a_schedule_by_name_loads_anywhere(name, problem, tmp_path):
    path = tmp_path / "model.keras"
    checkpoint = keras.callbacks.ModelCheckpoint(path)
    train(problem, None, [checkpoint], learning_rate=name)

    loaded = keras.models.load_model(path)

    schedule = loaded.optimizer._learning_rate
    assert type(schedule) is keras.optimizers.schedules.CosineDecay


class SetRate(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.optimizer.learning_rate = 0.123


@pytest.mark.tensorflow
def test_callback_of_lbfgs_may_not_set_the_rate():
    X, y = load_iris(return_X_y=True)
    net = DenseClassifier((2,), optimizer="lbfgs", callbacks=[SetRate()])

    with pytest.raises(ValueError, match="changed optimizer state or learning rate"):
        net.fit(X, y)


@pytest.mark.tensorflow
def test_callback_of_lbfgs_may_restore_weights_at_the_end():
    X, y = load_iris(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    stop = keras.callbacks.EarlyStopping(
        "val_loss", patience=1, restore_best_weights=True
    )
    net = DenseClassifier((5,), optimizer="lbfgs", callbacks=[stop], random_state=0)

    net.fit(X, y, X_val=X, y_val=(y + 1) % 3)

    assert net.n_iter_ == 2
    first = np.argmin(net.validation_loss_curve_)
    again = DenseClassifier(
        (5,), optimizer="lbfgs", epochs=int(first) + 1, tol=None, random_state=0
    ).fit(X, y)
    assert_allclose(net.coefs_[0], again.coefs_[0])


def test_training_that_has_ended_is_not_resumed(engine, problem, tmp_path):
    backup = keras.callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)
    train(problem, engine, [backup])

    with pytest.raises(ValueError, match=r"Got epoch 5 of epochs=5. Raise epochs"):
        train(problem, engine, [backup])


@pytest.mark.tensorflow
def test_callback_of_lbfgs_may_not_set_weights():
    X, y = load_iris(return_X_y=True)
    net = DenseClassifier((2,), optimizer="lbfgs", callbacks=[ZeroKernels()])

    with pytest.raises(ValueError, match="'lbfgs' needs the weights it chose itself"):
        net.fit(X, y)
