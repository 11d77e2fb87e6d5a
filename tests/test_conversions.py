"""Ways out to Keras and scikit-learn, and in from scikit-learn: the same network."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor
from skmlp._named.optimizers import OPTIMIZERS

FAST = {"epochs": 3, "tol": None, "random_state": 0}
RATE = 2.0**-7  # Keras keeps rates in float32, which holds this one exactly

rng = np.random.RandomState(0)
X = rng.randn(48, 5).astype(np.float32).astype(np.float64)  # float32 holds them too
LABELS = rng.randint(3, size=48)
NAMES = np.array(["ant", "bee", "cat"])[LABELS]
INDICATORS = np.c_[LABELS == 0, LABELS > 0, X[:, 0] > 0].astype(int)
TARGETS = np.abs(X @ rng.randn(5, 2)).astype(np.float32).astype(np.float64)

# The estimator, its targets, and what Keras takes for them.
PROBLEMS = {
    "multiclass": (DenseClassifier(), NAMES, LABELS),
    "binary": (DenseClassifier(), LABELS > 0, LABELS > 0),
    "multilabel": (DenseClassifier(), INDICATORS, INDICATORS),
    "one target": (DenseRegressor(), TARGETS[:, 0], TARGETS[:, 0]),
    "targets": (DenseRegressor(), TARGETS, TARGETS),
    "poisson": (DenseRegressor(loss="poisson"), TARGETS, TARGETS),
}
LOSSES = {
    loss: (DenseRegressor(loss=loss, quantile=quantile), TARGETS, TARGETS)
    for loss, quantile in (("absolute_error", 0.5), ("huber", 0.5), ("quantile", 0.8))
}


def fit(problem, X=X, **params):
    estimator, y, _ = problem
    params = {"hidden_layer_sizes": (6,), "activation": "tanh", **FAST, **params}
    return clone(estimator).set_params(**params).fit(X, y)


def outputs(estimator, X=X):
    return getattr(estimator, "predict_proba", estimator.predict)(X)


def weights(estimator):
    layers = zip(estimator.coefs_, estimator.intercepts_, strict=True)
    return [array for layer in layers for array in layer]


def assert_close(arrays, others, atol):
    for array, other in zip(arrays, others, strict=True):
        assert_allclose(array, other, rtol=0, atol=atol)


# To Keras


@pytest.fixture
def keras():
    """Return Keras, which computes in float64 during the test."""
    import keras

    keras.config.set_floatx("float64")
    yield keras
    keras.config.set_floatx("float32")


@pytest.mark.slow
@pytest.mark.parametrize("problem", PROBLEMS | LOSSES)
def test_keras_model_trains_further_as_warm_start_does(keras, problem):
    problem = (PROBLEMS | LOSSES)[problem]
    plan = {"alpha": 0.5, "batch_size": 16, "shuffle": False}
    net = fit(problem, optimizer="sgd", learning_rate=0.05, momentum=0.9, **plan)

    model = net.to_keras()
    model.fit(X, problem[2], batch_size=16, epochs=3, shuffle=False, verbose=0)

    further = net.set_params(warm_start=True).fit(X, problem[1])
    assert_close(model.get_weights(), weights(further), atol=1e-6)


@pytest.mark.parametrize("problem", ["multiclass", "binary", "targets"])
def test_keras_model_predicts_the_same_in_keras_own_type(problem):
    net = fit(PROBLEMS[problem])

    by_keras = net.to_keras().predict(X, verbose=0)

    assert by_keras.dtype == np.float32
    assert_allclose(outputs(net)[:, -by_keras.shape[1] :], by_keras, atol=1e-6)


def test_keras_model_divides_pixels_itself():
    pixels = rng.randint(256, size=(40, 9)).astype(np.uint8)
    clf = DenseMNISTClassifier((4,), **FAST).fit(pixels, np.arange(40) % 3)

    by_keras = clf.to_keras().predict(pixels, verbose=0)

    assert_allclose(by_keras, clf.predict_proba(pixels), atol=1e-6)


def test_keras_model_has_a_fresh_copy_of_the_optimizer():
    from keras.optimizers import Adam

    net = fit(PROBLEMS["multiclass"], optimizer=Adam(0.02, beta_1=0.8))

    optimizer = net.to_keras().optimizer

    assert optimizer is not net.optimizer
    assert optimizer.beta_1 == 0.8
    assert float(optimizer.learning_rate) == pytest.approx(0.02)
    assert int(optimizer.iterations) == 0


def test_keras_model_begins_at_the_rate_that_a_schedule_by_name_began_at():
    net = fit(PROBLEMS["multiclass"], learning_rate="cosine")

    assert float(net.to_keras().optimizer.learning_rate) == pytest.approx(0.001)


# Keras 3.15 converts its variables in a way that NumPy 2 warns of.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.slow
def test_file_of_a_keras_model_loads_without_this_package(tmp_path):
    nets = [fit(problem, dropout=0.2) for problem in PROBLEMS.values()]
    for i, net in enumerate(nets):
        net.to_keras().save(tmp_path / f"{i}.keras")
    np.save(tmp_path / "X.npy", X)
    program = """
import sys
from pathlib import Path
import keras
import numpy as np
for path in Path().glob("*.keras"):
    model = keras.saving.load_model(path)
    assert model.optimizer is not None
    np.save(path.stem, model.predict(np.load("X.npy"), verbose=0))
assert not any(name.startswith("skmlp") for name in sys.modules)
"""
    subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, check=True, capture_output=True
    )

    for i, net in enumerate(nets):
        loaded = np.load(tmp_path / f"{i}.npy")
        expected = outputs(net).reshape(len(X), -1)[:, -loaded.shape[1] :]
        assert_allclose(loaded, expected, atol=1e-5)


def test_training_a_keras_model_leaves_the_estimator_as_it_is():
    net = fit(PROBLEMS["multiclass"])
    before = outputs(net)

    net.to_keras().fit(X, LABELS, verbose=0)

    assert_array_equal(outputs(net), before)


def test_lbfgs_makes_no_compiled_keras_model():
    net = fit(PROBLEMS["multiclass"], optimizer="lbfgs")

    with pytest.raises(ValueError, match="needs an optimizer of Keras"):
        net.to_keras()


# To scikit-learn


@pytest.mark.parametrize("problem", PROBLEMS)
def test_mlp_predicts_the_same(problem):
    net = fit(PROBLEMS[problem])

    mlp = net.to_sklearn()

    assert_allclose(outputs(mlp), outputs(net), atol=1e-14)
    assert_close(weights(mlp), weights(net), atol=0)


# Every network here is given an activation, that without hidden layers too.
@pytest.mark.filterwarnings("ignore:activation has an effect only with hidden layers")
@pytest.mark.parametrize("hidden", [(), (6, 4)])
def test_mlp_has_the_layers_and_the_type_of_the_network(hidden):
    single = X.astype(np.float32)
    net = fit(PROBLEMS["multiclass"], single, hidden_layer_sizes=hidden)

    mlp = net.to_sklearn()

    assert mlp.hidden_layer_sizes == hidden
    assert outputs(mlp, single).dtype == np.float32
    assert_allclose(outputs(mlp, single), outputs(net), atol=1e-6)


@pytest.mark.parametrize("problem", ["multiclass", "binary", "multilabel"])
def test_mlp_predicts_the_same_labels(problem):
    net = fit(PROBLEMS[problem])

    assert_array_equal(net.to_sklearn().predict(X), net.predict(X))


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_mlp_has_the_activation_by_name(activation):
    net = fit(PROBLEMS["multiclass"], activation=activation)

    mlp = net.to_sklearn()

    assert mlp.activation == activation
    assert_allclose(outputs(mlp), outputs(net), atol=1e-14)


@pytest.mark.parametrize("activation", ["gelu", ["relu", "tanh"], abs])
def test_activations_that_scikit_learn_lacks_are_refused(activation):
    net = fit(PROBLEMS["multiclass"], hidden_layer_sizes=(6, 4), activation=activation)

    with pytest.raises(ValueError, match="needs one activation for all hidden layers"):
        net.to_sklearn()


@pytest.mark.parametrize(
    ("params", "atol"),
    [
        ({"optimizer": "sgd", "momentum": 0.5}, 1e-9),
        pytest.param(  # its betas are in float32
            {"optimizer": "adam", "alpha": 0.3}, 1e-5, marks=pytest.mark.slow
        ),
    ],
    ids=["sgd", "adam"],
)
@pytest.mark.parametrize("problem", ["multiclass", "binary", "one target", "poisson"])
def test_mlp_trains_further_as_warm_start_does(problem, params, atol):
    """With several targets scikit-learn follows another gradient, as documented."""
    estimator, y, _ = PROBLEMS[problem]
    if problem == "poisson":
        y = y[:, 0]
    plan = {"learning_rate": RATE, "batch_size": 16, "shuffle": False, **params}
    net = fit((estimator, y, None), warm_start=True, **plan)

    mlp = net.to_sklearn().partial_fit(X, y)

    further = net.set_params(epochs=1).fit(X, y)
    assert_close(weights(mlp), weights(further), atol)


def test_mlp_stops_early_from_the_best_weights_so_far():
    net = fit(
        PROBLEMS["one target"],
        early_stopping=True,
        monitor="r2",
        validation_fraction=0.3,
        warm_start=True,
    )
    mlp = net.to_sklearn().set_params(learning_rate_init=100.0, max_iter=1)

    with pytest.warns(UserWarning, match="Maximum iterations"):
        mlp.fit(X, TARGETS[:, 0])  # a step so long that it is none to keep

    assert mlp.validation_scores_[:3] == net.validation_scores_
    assert_close(mlp.coefs_, net.coefs_, atol=0)


def test_mlp_remembers_the_training():
    net = fit(PROBLEMS["multiclass"])

    mlp = net.to_sklearn()

    assert (mlp.n_iter_, mlp.loss_) == (3, net.loss_)
    assert mlp.loss_curve_ == net.loss_curve_
    assert mlp.best_loss_ == net.best_loss_


def test_mlp_keeps_the_names_of_the_features():
    import pandas as pd

    table = pd.DataFrame(X, columns=list("abcde"))
    net = fit(PROBLEMS["multiclass"], table)

    mlp = net.to_sklearn()

    assert_array_equal(mlp.feature_names_in_, list("abcde"))
    assert_array_equal(mlp.predict(table), net.predict(table))


def test_mlp_takes_pixels_as_fit_saw_them():
    pixels = rng.randint(256, size=(40, 9)).astype(np.uint8)
    clf = DenseMNISTClassifier((4,), **FAST).fit(pixels, np.arange(40) % 3)

    assert_allclose(outputs(clf.to_sklearn(), pixels), outputs(clf, pixels), atol=1e-6)


def test_mlp_of_many_classes_predicts_them():
    y = np.repeat(np.arange(30), 2)
    X = np.random.RandomState(0).randn(60, 5)
    net = DenseClassifier((4,), **FAST).fit(X, y)

    assert_array_equal(net.to_sklearn().predict(X), net.predict(X))


def test_batch_normalisation_is_worked_into_the_mlp():
    net = fit(PROBLEMS["multiclass"], batch_norm=True)

    with pytest.warns(UserWarning, match="no equivalent of batch_norm=True"):
        mlp = net.to_sklearn()

    assert_allclose(outputs(mlp), outputs(net), atol=1e-14)


@pytest.mark.parametrize(
    ("problem", "params"),
    [
        ("multiclass", {"dropout": 0.2}),
        ("multiclass", {"class_weight": "balanced"}),
        ("multiclass", {"learning_rate": "cosine"}),
        ("multiclass", {"optimizer": "rmsprop"}),
        ("multiclass", {"max_time": 100.0}),
        ("multiclass", {"early_stopping": True, "monitor": "f1_macro"}),
        ("one target", {"loss": "huber"}),
    ],
)
def test_what_the_mlp_would_train_without_is_named(problem, params):
    net = fit(PROBLEMS[problem], **params)
    *_, (name, value) = params.items()

    with pytest.warns(UserWarning, match=f"no equivalent of {name}={value!r}"):
        mlp = net.to_sklearn()

    assert_allclose(outputs(mlp), outputs(net), atol=1e-14)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("SGD", {"weight_decay": 0.01}),
        ("SGD", {"clipnorm": 1.0}),
        ("Adam", {"amsgrad": True}),
        ("Adam", {"use_ema": True}),
    ],
)
def test_settings_that_the_optimizer_of_an_mlp_lacks_are_named(name, settings):
    import keras

    optimizer = getattr(keras.optimizers, name)(**settings)
    net = fit(PROBLEMS["multiclass"], optimizer=optimizer)

    with pytest.warns(UserWarning, match=f"no equivalent of optimizer=.*{name}"):
        mlp = net.to_sklearn()

    assert mlp.solver == name.lower()


def test_best_score_is_of_the_epochs_that_were_validated():
    net = fit(PROBLEMS["multiclass"], warm_start=True)
    net.set_params(early_stopping=True, monitor="accuracy").fit(X, NAMES)

    mlp = net.to_sklearn()

    assert np.isnan(mlp.validation_scores_[0])
    assert mlp.best_validation_score_ == max(mlp.validation_scores_[net.epochs :])


def test_mlp_takes_the_configuration_of_an_optimizer_instance():
    from keras.optimizers import SGD

    optimizer = SGD(0.25, momentum=0.5, nesterov=True)
    mlp = fit(PROBLEMS["multiclass"], optimizer=optimizer).to_sklearn()

    assert (mlp.solver, mlp.learning_rate_init) == ("sgd", 0.25)
    assert (mlp.momentum, mlp.nesterovs_momentum) == (0.5, True)


def test_schedule_of_an_optimizer_instance_is_named():
    from keras.optimizers import SGD
    from keras.optimizers.schedules import CosineDecay

    net = fit(PROBLEMS["multiclass"], optimizer=SGD(CosineDecay(0.1, 10)))

    with pytest.warns(UserWarning, match="no equivalent of optimizer=<.*SGD"):
        net.to_sklearn()


@pytest.mark.parametrize(
    "name", [name for name, row in OPTIMIZERS.items() if row.keras and row.sklearn]
)
def test_defaults_of_optimizers_are_those_of_keras(name):
    import keras

    config = keras.optimizers.get(name).get_config()

    assert {key: config[key] for key in OPTIMIZERS[name].sklearn} == pytest.approx(
        dict(OPTIMIZERS[name].sklearn)
    )


# From scikit-learn


def fit_mlp(problem, **params):
    estimator, y, _ = PROBLEMS[problem]
    is_regressor = isinstance(estimator, DenseRegressor)
    mlp_class = MLPRegressor if is_regressor else MLPClassifier
    if is_regressor:
        params["loss"] = estimator.loss
    mlp = mlp_class(hidden_layer_sizes=(6,), random_state=0, max_iter=500, **params)
    return type(estimator), mlp.set_params(tol=1e-2).fit(X, y), y


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_estimator_predicts_as_the_mlp_that_it_comes_from(problem, solver):
    estimator_class, mlp, _ = fit_mlp(problem, solver=solver)

    net = estimator_class.from_sklearn(mlp)

    assert_allclose(outputs(net), outputs(mlp), atol=1e-14)
    assert_array_equal(net.predict(X), mlp.predict(X))
    assert (net.n_iter_, net.loss_) == (mlp.n_iter_, mlp.loss_)


TRAININGS = {
    "adam": {"solver": "adam", "beta_1": 1 - 2.0**-3, "beta_2": 1 - 2.0**-5},
    "sgd": {"solver": "sgd", "momentum": 0.0},
    "momentum": {"solver": "sgd", "momentum": 0.5, "nesterovs_momentum": False},
    "nesterov": {"solver": "sgd", "momentum": 0.5},
}
PLAN = {"learning_rate_init": RATE, "batch_size": 16, "shuffle": False, "alpha": 0.1}


@pytest.mark.parametrize("training", TRAININGS)
def test_estimator_goes_on_as_the_mlp_would(training):
    """Step by step, with the state of the optimizer."""
    _, mlp, y = fit_mlp("multiclass", **PLAN, **TRAININGS[training])

    net = DenseClassifier.from_sklearn(mlp)

    for _ in range(3):
        mlp.partial_fit(X, y)
        net.partial_fit(X, y)
    assert_close(weights(net), weights(mlp), atol=1e-9)


@pytest.mark.parametrize("training", TRAININGS)
def test_warm_start_goes_on_as_the_mlp_would(training):
    _, mlp, y = fit_mlp("one target", **PLAN, **TRAININGS[training])
    mlp.set_params(warm_start=True, max_iter=3, n_iter_no_change=np.inf)

    net = DenseRegressor.from_sklearn(mlp).fit(X, y)

    with pytest.warns(UserWarning, match="Maximum iterations"):
        mlp.fit(X, y)
    assert_close(weights(net), weights(mlp), atol=1e-9)


@pytest.mark.parametrize("hidden", [8, [8], (8, 4)])
def test_parameters_come_back_as_they_went(hidden):
    net = DenseClassifier(
        hidden,
        activation="tanh",
        optimizer="sgd",
        learning_rate=0.05,
        momentum=0.5,
        alpha=0.01,
        batch_size=16,
        epochs=4,
        tol=None,
        shuffle=False,
        warm_start=True,
        random_state=3,
    ).fit(X, NAMES)

    params = DenseClassifier.from_sklearn(net.to_sklearn()).get_params()

    sizes = (hidden,) if isinstance(hidden, int) else tuple(hidden)
    assert params == {**net.get_params(), "hidden_layer_sizes": sizes}


@pytest.mark.parametrize(("verbose", "expected"), [(False, 0), (True, 2), (10, 2)])
def test_mlp_that_prints_each_epoch_becomes_a_line_for_each(verbose, expected):
    _, mlp, _ = fit_mlp("multiclass", solver="lbfgs")

    net = DenseClassifier.from_sklearn(mlp.set_params(verbose=verbose))

    assert net.verbose == expected
    assert net.to_sklearn().verbose == bool(verbose)


def test_early_stopping_comes_along():
    _, mlp, _ = fit_mlp("multiclass", early_stopping=True, validation_fraction=0.2)

    net = DenseClassifier.from_sklearn(mlp)

    assert (net.early_stopping, net.monitor) == (True, "accuracy")
    assert net.validation_scores_ == mlp.validation_scores_
    assert net.validation_scores_[net.best_epoch_ - 1] == mlp.best_validation_score_


def test_endless_patience_of_an_mlp_trains_all_epochs():
    _, mlp, _ = fit_mlp("multiclass", solver="lbfgs", n_iter_no_change=np.inf)

    assert DenseClassifier.from_sklearn(mlp).tol is None


def test_names_of_features_come_along():
    import pandas as pd

    table = pd.DataFrame(X, columns=list("abcde"))
    mlp = MLPClassifier((4,), solver="lbfgs", tol=1.0).fit(table, NAMES)

    net = DenseClassifier.from_sklearn(mlp)

    assert_array_equal(net.feature_names_in_, list("abcde"))


def test_mnist_classifier_takes_what_the_mlp_was_trained_on_as_it_is():
    _, mlp, _ = fit_mlp("multiclass", solver="lbfgs")

    clf = DenseMNISTClassifier.from_sklearn(mlp)

    assert clf.pixel_scale_ == 1
    assert_allclose(outputs(clf), outputs(mlp), atol=1e-14)


def test_estimator_shares_nothing_with_the_mlp():
    estimator_class, mlp, y = fit_mlp("multiclass")
    net = estimator_class.from_sklearn(mlp)
    before = outputs(net)

    mlp.partial_fit(X, y)

    assert_array_equal(outputs(net), before)


def test_unfitted_mlp_is_refused():
    with pytest.raises(NotFittedError, match="MLPClassifier"):
        DenseClassifier.from_sklearn(MLPClassifier())


@pytest.mark.parametrize(
    ("estimator_class", "mlp"),
    [
        (DenseClassifier, MLPRegressor()),
        (DenseRegressor, MLPClassifier()),
        (DenseClassifier, MLPClassifier),
        (DenseMNISTClassifier, DenseMNISTClassifier()),
    ],
)
def test_what_is_no_mlp_of_the_kind_is_refused(estimator_class, mlp):
    with pytest.raises(TypeError, match=r"from_sklearn needs an MLP\w+\. Got"):
        estimator_class.from_sklearn(mlp)


@pytest.mark.parametrize("schedule", ["adaptive", "invscaling"])
def test_schedule_of_an_mlp_is_refused(schedule):
    _, mlp, _ = fit_mlp("multiclass", solver="sgd", learning_rate=schedule)

    with pytest.raises(ValueError, match="needs learning_rate='constant'"):
        DenseClassifier.from_sklearn(mlp)


@pytest.mark.parametrize("n_labels", [2, 3])
def test_mnist_classifier_refuses_an_mlp_of_several_labels(n_labels):
    mlp = MLPClassifier((4,), solver="lbfgs", tol=1.0).fit(X, INDICATORS[:, :n_labels])

    with pytest.raises(ValueError, match="takes one label per sample"):
        DenseMNISTClassifier.from_sklearn(mlp)


# Both


@pytest.mark.parametrize(
    "convert", ["to_keras", "to_sklearn", "to_onnx"], ids=lambda name: name
)
def test_unfitted_estimator_is_not_converted(convert):
    arguments = ["never-written.onnx"] if convert == "to_onnx" else []

    with pytest.raises(NotFittedError):
        getattr(DenseClassifier(), convert)(*arguments)


def test_scikit_learn_is_left_and_entered_without_keras(tmp_path):
    net = fit(PROBLEMS["multiclass"], optimizer="sgd")
    (tmp_path / "net.pickle").write_bytes(pickle.dumps(net))
    program = """
import pickle, sys
from skmlp import DenseClassifier
net = pickle.load(open("net.pickle", "rb"))
DenseClassifier.from_sklearn(net.to_sklearn())
assert not {"tensorflow", "keras", "scikeras"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)


def test_subclass_with_fewer_parameters_becomes_an_mlp():
    class Net(DenseClassifier):
        def __init__(self, epochs=3):
            super().__init__((4,), epochs=epochs, tol=None, random_state=0)

    net = Net().fit(X, LABELS)

    assert_allclose(net.to_sklearn().predict_proba(X), net.predict_proba(X), rtol=1e-6)
