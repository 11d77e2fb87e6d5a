"""The engines agree with each other, and with arithmetic that is not ours."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor

import skmlp._job.shape
import skmlp._training.compiled
from skmlp._job import Samples
from skmlp._named.optimizers import STEPPING

SLOW = pytest.mark.slow
ENGINES = ["compiled", pytest.param("keras_fit", marks=SLOW)]
# One optimizer that is plain, one with moments, and all of them in the slow part.
OPTIMIZERS = [
    name if name in {"adam", "sgd"} else pytest.param(name, marks=SLOW)
    for name in STEPPING
]
LOSSES = ["log_loss", "binary_log_loss", "squared_error"]
ALL_LOSSES = [*LOSSES, "absolute_error", "poisson", "huber", "quantile"]

# Keras averages the loss over an epoch in float32, whatever the network is trained in.
HISTORY_ERROR = 1e-6


@pytest.fixture
def switch_xla(monkeypatch):
    """Return a function that has XLA used, or not, however short the fit is."""

    def switch_xla(is_used):
        monkeypatch.setattr(
            skmlp._training.compiled, "pays_to_compile", lambda n_steps: is_used
        )

    return switch_xla


def assert_engines_agree(problem, *, atol=1e-10, switch_xla=None, **settings):
    """Train on both engines, compare, and return what the compiled one gives.

    With and without XLA if there is a function that switches it.
    """
    by_keras = problem.train("keras_fit", **settings)
    for xla in [None] if switch_xla is None else [False, True]:
        if switch_xla is not None:
            switch_xla(xla)
        compiled = problem.train("compiled", **settings)
        for array, other in zip(compiled.weights, by_keras.weights, strict=True):
            assert_allclose(array, other, rtol=0, atol=atol, err_msg=f"xla={xla}")
        assert list(compiled.history) == list(by_keras.history)
        for name, values in compiled.history.items():
            expected = by_keras.history[name]
            assert_allclose(values, expected, rtol=HISTORY_ERROR, atol=1e-6)
        assert compiled.best_epoch == by_keras.best_epoch
        initial = problem.weights[0]
        assert not np.allclose(compiled.weights[0], initial, rtol=0, atol=1e-5)
    return compiled


# Compiled, and by Keras' own fit


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_engines_agree_for_every_optimizer(optimizer, make_problem):
    learning_rate = 1.0 if optimizer == "adadelta" else "auto"

    assert_engines_agree(
        make_problem(), optimizer=optimizer, learning_rate=learning_rate
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("optimizer", "dtype", "atol"),
    [
        *((name, "float64", 1e-10) for name in STEPPING),
        *((name, "float32", 1e-5) for name in ("adafactor", "adam", "muon", "sgd")),
    ],
)
def test_engines_agree_for_every_optimizer_with_and_without_xla(
    dtype, atol, optimizer, switch_xla, make_problem
):
    problem = make_problem(dtype=dtype, weighted=True)
    learning_rate = 1.0 if optimizer == "adadelta" else "auto"

    assert_engines_agree(
        problem,
        atol=atol,
        switch_xla=switch_xla,
        optimizer=optimizer,
        learning_rate=learning_rate,
        alpha=0.1,
        validation=problem.head(20).samples,
    )


@pytest.mark.parametrize(
    "loss",
    [LOSSES[0], *(pytest.param(loss, marks=SLOW) for loss in ALL_LOSSES[1:])],
)
def test_engines_agree_with_sample_weights_and_a_penalty(loss, make_problem):
    assert_engines_agree(make_problem(loss, weighted=True), alpha=0.5)


def test_engines_agree_when_a_class_weighs_a_hundredfold(make_problem):
    problem = make_problem()
    X, y, weight = problem.samples.X, problem.samples.y, problem.samples.weight
    weighted = Samples(X, y, np.where(y == 0, 100.0, weight))

    assert_engines_agree(replace(problem, samples=weighted), learning_rate=0.1)


@pytest.mark.parametrize(
    "batch_size", [pytest.param(1, marks=SLOW), 7, pytest.param(49, marks=SLOW), 50]
)
def test_engines_agree_however_the_last_batch_is_filled(batch_size, make_problem):
    assert_engines_agree(make_problem(n_samples=50), batch_size=batch_size)


@pytest.mark.slow
@pytest.mark.parametrize("n_samples", [1, 2, 15, 16, 17, 32, 33, 64])
def test_engines_agree_however_the_data_fill_their_bucket(n_samples, make_problem):
    assert_engines_agree(
        make_problem("squared_error", n_samples=n_samples),
        batch_size=min(16, n_samples),
    )


def test_engines_agree_when_a_batch_is_larger_than_the_data(make_problem):
    assert_engines_agree(make_problem(n_samples=13), batch_size=200)


@pytest.mark.parametrize("hidden", [(), (4, 3, 2)])
def test_engines_agree_at_every_depth(hidden, make_problem):
    assert_engines_agree(make_problem(hidden=hidden))


@pytest.mark.slow
@pytest.mark.parametrize(
    "layers",
    [
        {"dropout": 0.5},
        {"batch_norm": True},
        {"dropout": 0.5, "batch_norm": True},
    ],
    ids=["dropout", "batch_norm", "both"],
)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_engines_agree_on_layers_of_training(
    layers, weighted, dtype, switch_xla, make_problem
):
    """A partial last batch is filled up on one engine, and not on the other.

    By SGD: the biases before a normalisation have no gradient but rounding, which Adam
    would scale up.
    """
    problem = make_problem(
        hidden=(6, 5), n_samples=53, weighted=weighted, dtype=dtype, **layers
    )

    assert_engines_agree(
        problem,
        atol=1e-5 if dtype == "float32" else 1e-10,
        switch_xla=switch_xla,
        learning_rate=0.1,
        validation=problem.head(20).samples,
    )


def test_engines_agree_in_the_order_of_the_data(make_problem):
    assert_engines_agree(make_problem(), shuffle=False)


@pytest.mark.slow
def test_engines_agree_on_pixels_as_stored(switch_xla, make_problem):
    problem = make_problem(pixels=True, dtype="float32")

    assert_engines_agree(problem, atol=1e-5, switch_xla=switch_xla, learning_rate=0.1)


@pytest.mark.parametrize(
    "loss", [LOSSES[0], *(pytest.param(loss, marks=SLOW) for loss in LOSSES[1:])]
)
@pytest.mark.parametrize(
    "n_validation", [pytest.param(1, marks=SLOW), pytest.param(16, marks=SLOW), 23]
)
def test_engines_agree_on_validation_curves(loss, n_validation, make_problem):
    problem = make_problem(loss, dtype="float32")
    held_out = make_problem(
        loss, n_samples=n_validation, dtype="float32", weighted=True, seed=1
    )

    assert_engines_agree(problem, validation=held_out.samples, atol=1e-5)


@pytest.mark.parametrize("resident_bytes", [0, 2**30], ids=["blocks", "resident"])
@pytest.mark.parametrize("as_given", [np.asarray, csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("engine", ENGINES)
def test_samples_among_others_give_what_they_give_alone(
    engine, as_given, resident_bytes, make_problem, monkeypatch
):
    monkeypatch.setattr(skmlp._job.shape, "RESIDENT_BYTES", resident_bytes)
    monkeypatch.setattr(skmlp._job.shape, "BLOCK_BYTES", 1024)
    problem = make_problem(n_samples=40, weighted=True)
    X, y, weight = problem.samples.X, problem.samples.y, problem.samples.weight
    rows = np.arange(0, 40, 3)
    alone = Samples(as_given(X[rows]), y[rows], weight[rows])
    among = Samples(as_given(X), y, weight).take(rows)

    expected, trained = (
        replace(problem, samples=samples).train(
            engine, validation=samples, batch_size=5
        )
        for samples in (alone, among)
    )

    for array, other in zip(trained.weights, expected.weights, strict=True):
        assert_array_equal(array, other)
    assert trained.history == expected.history


@pytest.mark.parametrize("pixels", [False, pytest.param(True, marks=SLOW)])
def test_engines_agree_on_sparse_samples(pixels, make_problem):
    problem = make_problem(pixels=pixels, dtype="float32", weighted=True)
    X, y, weight = problem.samples.X, problem.samples.y, problem.samples.weight
    sparse = replace(problem, samples=Samples(csr_array(X), y, weight))

    assert_engines_agree(
        sparse,
        atol=1e-5,
        learning_rate=0.1,
        validation=sparse.head(20).samples,
    )


@pytest.mark.parametrize("monitor", ["val_loss", pytest.param("val_score", marks=SLOW)])
def test_engines_agree_on_the_best_epoch_and_its_weights(monitor, make_problem):
    """The rate is too large, so that the best epoch is not the last."""
    problem = make_problem()
    settings = {
        "learning_rate": 3.0,
        "epochs": 8,
        "keep_best": True,
        "monitor": monitor,
        "validation": problem.head(20).samples,
        "score": lambda weights: float(np.sin(np.abs(weights[0]).sum())),
    }

    assert assert_engines_agree(problem, atol=1e-8, **settings).best_epoch < 8


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True},
        {"weight_decay": 0.1},
        {"clipnorm": 0.01},
        {"clipvalue": 0.001},
        {"global_clipnorm": 0.01},
        {"use_ema": True, "ema_momentum": 0.5},
        {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 3},
        {"loss_scale_factor": 8.0},
        {"gradient_accumulation_steps": 2},
    ],
    ids=lambda options: "-".join(options),
)
def test_engines_agree_for_every_option_of_an_optimizer(options, make_problem):
    optimizer = keras.optimizers.SGD(learning_rate=0.1, **options)

    assert_engines_agree(make_problem(), optimizer=optimizer)


def test_engines_agree_under_a_learning_rate_schedule(make_problem):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 2, 0.7)

    assert_engines_agree(make_problem(), learning_rate=schedule)


@pytest.mark.parametrize("name", ["cosine", pytest.param("onecycle", marks=SLOW)])
def test_engines_agree_under_a_schedule_by_name(name, make_problem):
    assert_engines_agree(make_problem(), learning_rate=name)


def test_engines_agree_when_a_program_served_another_fit_before(make_problem):
    make_problem(seed=1).train("compiled", optimizer="adam", alpha=1.0, epochs=1)

    assert_engines_agree(make_problem(), optimizer="adam")


# One step, written out

# Keras keeps it in float32, in which it is exact.
LEARNING_RATE = 0.125


@pytest.mark.parametrize("engine", ENGINES)
def test_one_step_of_sgd_is_the_one_written_out(engine, make_problem):
    problem = make_problem(n_samples=8, weighted=True)
    X, y, weight = problem.samples.X, problem.samples.y, problem.samples.weight
    kernel, bias, output_kernel, output_bias = problem.weights
    alpha = 0.5

    hidden = np.tanh(X @ kernel + bias)
    exponentials = np.exp(hidden @ output_kernel + output_bias)
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    to_logits = weight[:, np.newaxis] * (probabilities - np.eye(3)[y]) / weight.sum()
    to_hidden = (1 - hidden**2) * (to_logits @ output_kernel.T)
    gradients = [
        X.T @ to_hidden + alpha * kernel / weight.sum(),
        to_hidden.sum(axis=0),
        hidden.T @ to_logits + alpha * output_kernel / weight.sum(),
        to_logits.sum(axis=0),
    ]
    trained = problem.train(
        engine, learning_rate=LEARNING_RATE, alpha=alpha, batch_size=8, epochs=1
    )

    for array, before, gradient in zip(
        trained.weights, problem.weights, gradients, strict=True
    ):
        assert_allclose(array, before - LEARNING_RATE * gradient, rtol=0, atol=1e-10)


@pytest.mark.parametrize("engine", ENGINES)
def test_loss_of_an_epoch_is_the_one_written_out(engine, make_problem):
    problem = make_problem(n_samples=8, weighted=True)
    X, y, weight = problem.samples.X, problem.samples.y, problem.samples.weight
    kernel, bias, output_kernel, output_bias = problem.weights

    exponentials = np.exp(np.tanh(X @ kernel + bias) @ output_kernel + output_bias)
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    log_loss = -np.log(probabilities[np.arange(8), y])
    penalty = 0.5 / 2 * ((kernel**2).sum() + (output_kernel**2).sum())
    history = problem.train(engine, alpha=0.5, batch_size=8, epochs=1).history

    assert_allclose(
        history["loss"], ((weight * log_loss).sum() + penalty) / weight.sum(), rtol=1e-6
    )
    correct = probabilities.argmax(axis=1) == y
    assert_allclose(history["accuracy"], np.average(correct, weights=weight), rtol=1e-6)


# scikit-learn's networks, step by step


def as_scikit_learn(estimator_class, problem, alpha, **classes):
    """Return scikit-learn's network with the weights of the problem."""
    mlp = estimator_class(
        hidden_layer_sizes=problem.network.layer_sizes[1:-1],
        activation=problem.network.activations[0],
        solver="sgd",
        learning_rate_init=LEARNING_RATE,
        momentum=0,
        alpha=alpha,
    )
    X, y = problem.samples.X, problem.samples.y
    mlp.partial_fit(X, y.ravel(), **classes)  # makes the arrays
    mlp.coefs_ = [array.copy() for array in problem.weights[0::2]]
    mlp.intercepts_ = [array.copy() for array in problem.weights[1::2]]
    return mlp


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("alpha", [pytest.param(0.0, marks=SLOW), 0.5])
@pytest.mark.parametrize(
    ("loss", "n_classes"),
    [("log_loss", 3), pytest.param("binary_log_loss", 2, marks=SLOW)],
)
def test_sgd_follows_mlp_classifier_step_by_step(
    loss, n_classes, alpha, engine, make_problem
):
    problem = make_problem(loss, n_samples=40, hidden=(6, 4))
    classes = np.arange(n_classes)
    mlp = as_scikit_learn(MLPClassifier, problem, alpha, classes=classes)

    for start in range(0, 40, 10):
        batch = slice(start, start + 10)
        mlp.partial_fit(problem.samples.X[batch], problem.samples.y[batch].ravel())
        trained = problem.head(start + 10).train(
            engine,
            learning_rate=LEARNING_RATE,
            alpha=alpha,
            batch_size=10,
            epochs=1,
            shuffle=False,
        )

        for array, theirs in zip(trained.weights[0::2], mlp.coefs_, strict=True):
            assert_allclose(array, theirs, rtol=0, atol=1e-10)
        for array, theirs in zip(trained.weights[1::2], mlp.intercepts_, strict=True):
            assert_allclose(array, theirs, rtol=0, atol=1e-10)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("alpha", [pytest.param(0.0, marks=SLOW), 0.5])
def test_sgd_follows_mlp_regressor_step_by_step(alpha, engine, make_problem):
    problem = make_problem("squared_error", n_samples=40, n_outputs=1)
    mlp = as_scikit_learn(MLPRegressor, problem, alpha)

    for start in range(0, 40, 10):
        batch = slice(start, start + 10)
        mlp.partial_fit(problem.samples.X[batch], problem.samples.y[batch].ravel())
        trained = problem.head(start + 10).train(
            engine,
            learning_rate=LEARNING_RATE,
            alpha=alpha,
            batch_size=10,
            epochs=1,
            shuffle=False,
        )

        for array, theirs in zip(trained.weights[0::2], mlp.coefs_, strict=True):
            assert_allclose(array, theirs, rtol=0, atol=1e-10)


# Linear models, whose optimum is known


def test_no_hidden_layer_finds_the_optimum_of_ridge(make_problem):
    problem = make_problem("squared_error", n_samples=50, hidden=(), n_outputs=1)
    optimum = Ridge(alpha=3.0).fit(problem.samples.X, problem.samples.y)

    trained = problem.train(learning_rate=0.5, alpha=3.0, batch_size=50, epochs=200)

    assert_allclose(trained.weights[0].T, optimum.coef_[np.newaxis], rtol=0, atol=1e-8)
    assert_allclose(trained.weights[1], optimum.intercept_, rtol=0, atol=1e-8)
