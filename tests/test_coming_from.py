"""The tables for users of other libraries are complete, and say what is so.

They are read from the pages. A table of parameters has each parameter of the other
library once. A row of a table of settings is fitted on both sides.
"""

import ast
import importlib
import inspect
import warnings
from functools import cache
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np
import pytest
from docutils import nodes
from docutils.core import publish_doctree
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skmlp import DenseClassifier, DenseRegressor

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)  # Keras 3.15, where callbacks read the learning rate

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ["coming_from_mlp.rst", "coming_from_keras.rst", "coming_from_skorch.rst"]


# Reading the pages


@cache
def tables():
    """Return the rows of each table by its title: the literals of each cell."""
    return {
        table.next_node(nodes.title).astext(): [
            [[code.astext() for code in cell.findall(nodes.literal)] for cell in row]
            for row in table.next_node(nodes.tbody)
        ]
        for page in PAGES
        for table in doctree(page).findall(nodes.table)
    }


def doctree(page):
    """Return a page as docutils reads it, which knows no roles of Sphinx."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return publish_doctree(text, settings_overrides={"report_level": 5})


def column(title, index):
    """Return what a column of a table has literally, cell after cell."""
    return [code for row in tables()[title] for code in row[index]]


def arguments(code):
    """Return the name of the method, or "", and what is given: names or keywords."""
    call = ast.parse(f"_({code})", mode="eval").body
    if call.args and isinstance(call.args[0], ast.Call):
        (call,) = call.args
    given = [*(name.id for name in call.args), *(key.arg for key in call.keywords)]
    return call.func.id.strip("_"), given


def settings(cell, names):
    """Return the keyword arguments that a cell gives, by what takes them."""
    taken = {}
    for code in cell:
        method, given = arguments(code)
        inner = code.removeprefix(f"{method}(").removesuffix(")") if method else code
        values = eval(f"dict({inner})", dict(names))
        assert list(values) == given
        taken.setdefault(method, {}).update(values)
    return taken


def rows(*both_sides):
    """Parametrise a test by the rows of tables of settings, given the classes.

    The first row of each table is for the quick run.
    """
    return pytest.mark.parametrize(
        ("their_class", "our_class", "theirs", "ours", "equal"),
        [
            pytest.param(
                their_class,
                our_class,
                *row,
                id=f"{title.split()[-1]}-{number}",
                marks=[pytest.mark.slow] if number > 1 else [],
            )
            for title, their_class, our_class in both_sides
            for number, row in enumerate(tables()[title], start=1)
        ],
    )


# The tables of parameters


def find(path):
    """Return the object of a dotted path, or skip what is not installed."""
    module, _, name = path.partition(":")
    found = pytest.importorskip(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


PEERS = {
    "Parameters of MLPClassifier and MLPRegressor": [
        "sklearn.neural_network:MLPClassifier",
        "sklearn.neural_network:MLPRegressor",
    ],
    "Arguments of Dense": ["keras:layers.Dense"],
    "Arguments of compile": ["keras:Model.compile"],
    "Arguments of fit": ["keras:Model.fit"],
    "Arguments of EarlyStopping": ["keras:callbacks.EarlyStopping"],
    "Parameters of KerasClassifier and KerasRegressor": [
        "scikeras.wrappers:KerasClassifier",
        "scikeras.wrappers:KerasRegressor",
    ],
    "Parameters of SKLearnClassifier and SKLearnRegressor": [
        "keras:wrappers.SKLearnClassifier",
        "keras:wrappers.SKLearnRegressor",
    ],
    "Parameters of NeuralNetClassifier and NeuralNetRegressor": [
        "skorch:NeuralNet",
        "skorch:NeuralNetClassifier",
        "skorch:NeuralNetRegressor",
    ],
}


@pytest.mark.parametrize("title", PEERS)
def test_table_has_each_parameter_of_the_other_side_once(title):
    theirs = {
        parameter.name
        for path in PEERS[title]
        for parameter in inspect.signature(find(path)).parameters.values()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    }

    assert sorted(column(title, 0)) == sorted(theirs - {"self"})


def test_table_has_each_callback_of_skorch_once():
    callbacks = pytest.importorskip("skorch.callbacks")

    assert sorted(column("Callbacks of skorch", 0)) == sorted(callbacks.__all__)


@pytest.mark.parametrize("title", [*PEERS, "Callbacks of skorch"])
def test_table_names_parameters_that_are_here(title):
    for code in column(title, 1):
        method, given = arguments(code)
        ours = [DenseClassifier, DenseRegressor]
        if method:
            ours = [getattr(estimator, method) for estimator in ours]

        known = {name for one in ours for name in inspect.signature(one).parameters}
        assert set(given) <= known


@pytest.mark.parametrize(
    ("mlp_class", "estimator_class"),
    [(MLPClassifier, DenseClassifier), (MLPRegressor, DenseRegressor)],
)
def test_defaults_are_those_of_mlp(mlp_class, estimator_class):
    theirs, ours = mlp_class().get_params(), estimator_class().get_params()
    of_sgd = {"learning_rate", "momentum"}  # which is the default of neither
    both = (theirs.keys() & ours.keys()) - of_sgd

    assert {name: ours[name] for name in both} == {name: theirs[name] for name in both}
    assert (ours["optimizer"], ours["epochs"]) == (theirs["solver"], theirs["max_iter"])
    adam = keras.optimizers.get(ours["optimizer"])
    for name, their_name in {
        "learning_rate": "learning_rate_init",
        "beta_1": "beta_1",
        "beta_2": "beta_2",
    }.items():
        assert float(getattr(adam, name)) == pytest.approx(theirs[their_name])


def test_table_has_each_attribute_of_mlp_once(problem):
    title = "Attributes of a fitted MLPClassifier"
    X, y = problem
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mlp = MLPClassifier(early_stopping=True, max_iter=1).fit(X, y)
    clf = DenseClassifier(epochs=1, tol=None).fit(X, y)

    public = {name for name in vars(mlp) if name[0] != "_" and name[-1] == "_"}
    assert sorted(column(title, 0)) == sorted(public)
    assert all(hasattr(clf, name) for name in column(title, 1))


# Fitting both sides

NAMES = {
    **vars(keras.callbacks),
    **vars(keras.losses),
    **vars(keras.optimizers),
    **vars(keras.optimizers.schedules),
    **vars(keras.regularizers),
}
LOSSES = {
    DenseClassifier: "sparse_categorical_crossentropy",
    DenseRegressor: "mean_squared_error",
}
N_OUTPUTS = {DenseClassifier: 3, DenseRegressor: 1}
BASE = {
    "hidden_layer_sizes": (6,),
    "alpha": 0.0,
    "epochs": 3,
    "shuffle": False,
    "tol": None,
}


@pytest.fixture(scope="module")
def problem():
    """Return 60 samples of 3 classes."""
    rng = np.random.RandomState(0)
    X = rng.randn(60, 5).astype(np.float32)
    signal = X[:, :3] + X[:, 2:] ** 2 + rng.randn(60, 3)
    return X, signal.argmax(axis=1)


@pytest.fixture(scope="module")
def validation():
    """Return samples that have little to do with the others."""
    rng = np.random.RandomState(1)
    return rng.randn(20, 5).astype(np.float32), rng.randint(3, size=20)


@pytest.fixture(scope="module")
def weight():
    """Return a weight for each of the 60 samples."""
    return np.random.RandomState(2).uniform(0.1, 3, 60).astype(np.float32)


def samples_for(estimator_class, samples):
    """Return features, and targets of a classifier or of a regressor."""
    X, y = samples
    if estimator_class is DenseRegressor:
        y = np.abs(X[:, 0] + X[:, 1] ** 2)
    return X, y


def initial_weights(hidden_layer_sizes, n_outputs):
    """Return kernels and biases of a network of 5 features."""
    rng = np.random.RandomState(0)
    sizes = [5, *hidden_layer_sizes, n_outputs]
    kernels = [
        rng.randn(n_in, n_out).astype(np.float32) / 2 for n_in, n_out in pairwise(sizes)
    ]
    return kernels, [rng.randn(n_out).astype(np.float32) / 2 for n_out in sizes[1:]]


def needs_tensorflow():
    if (backend := keras.config.backend()) != "tensorflow":
        pytest.skip(f"needs TensorFlow as the backend of Keras, which is {backend}")


def interleaved(kernels, biases):
    """Return kernels and biases layer by layer, as Keras orders them."""
    return [array for layer in zip(kernels, biases, strict=True) for array in layer]


def fit_from(coefs, intercepts, estimator, X, y, **fit_params):
    """Fit from given weights: those of a fit before, as ``warm_start`` takes them."""
    parameters = estimator.get_params()
    estimator.set_params(warm_start=True, epochs=1, early_stopping=False, tol=None)
    estimator.set_params(n_iter_no_change=10)  # the default: it would be ineffective
    estimator.fit(X, y)
    estimator.coefs_ = [coef.copy() for coef in coefs]
    estimator.intercepts_ = [intercept.copy() for intercept in intercepts]
    estimator.set_params(**parameters | {"warm_start": True})
    estimator.fit(X, y, **fit_params)
    estimator.loss_curve_ = estimator.loss_curve_[-estimator.n_iter_ :]
    return estimator


def assert_equal(cell, theirs, ours, start, atol):
    """Compare the attributes that a cell names: arrays, a number, or a curve.

    The kernels that both sides started from must have changed by more than that.
    """
    assert not np.allclose(ours.coefs_[0], start[0], rtol=0, atol=10 * atol)
    for name in cell:
        values, others = theirs[name], getattr(ours, name)
        if name.endswith("curve_"):
            others = others[-len(values) :]  # after those of the fit before
        if name != "coefs_":
            values, others = [values], [others]
        for value, other in zip(values, others, strict=True):
            assert_allclose(other, value, rtol=0, atol=atol)


def fit_mlp(mlp, X, y, **fit_params):
    """Fit scikit-learn's network; return it, and the weights that it began with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        # The smallest steps there are change no weight.
        still = {"solver": "sgd", "learning_rate_init": 1e-300, "max_iter": 1}
        start = clone(mlp).set_params(**still).fit(X, y)
        return mlp.fit(X, y, **fit_params), start


@rows(
    ("Settings of classifiers", MLPClassifier, DenseClassifier),
    ("Settings of regressors", MLPRegressor, DenseRegressor),
)
def test_mlp_and_estimator_learn_the_same(
    their_class, our_class, theirs, ours, equal, problem, weight
):
    X, y = samples_for(our_class, problem)
    X = X.astype(np.float64)
    theirs, ours = (
        settings(cell, NAMES | {"weight": weight}) for cell in (theirs, ours)
    )
    never = {"tol": 0.0, "n_iter_no_change": 1000, "random_state": 0}
    base = {"hidden_layer_sizes": (6,), "max_iter": 3, "shuffle": False, **never}
    mlp = their_class(**base | theirs.get("", {}))
    adam = {"optimizer": keras.optimizers.Adam(epsilon=1e-8), "alpha": 1e-4}
    parameters = BASE | adam | ours.get("", {})
    if parameters["optimizer"] == "lbfgs":
        needs_tensorflow()
        del parameters["shuffle"]  # ineffective there, of which it warns
    estimator = our_class(**parameters)

    mlp, start = fit_mlp(mlp, X, y, **theirs.get("fit", {}))
    weights = start.coefs_, start.intercepts_
    estimator = fit_from(*weights, estimator, X, y, **ours.get("fit", {}))
    if mlp.warm_start:
        mlp, _ = fit_mlp(mlp, X, y)
        estimator.fit(X, y)

    assert_equal(equal, vars(mlp), estimator, start.coefs_, atol=1e-6)


def test_several_targets_take_longer_steps_in_mlp(problem):
    X, _ = problem
    X = X.astype(np.float64)
    y = np.c_[X[:, 0], X[:, 1] ** 2]
    sgd = {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.02, "alpha": 0.5}
    base = {"hidden_layer_sizes": (6,), "max_iter": 3, "shuffle": False}
    ours = BASE | {"optimizer": "sgd", "learning_rate": 2 * 0.02, "alpha": 0.5 / 2}

    mlp, start = fit_mlp(MLPRegressor(**base, **sgd, random_state=0), X, y)
    reg = fit_from(start.coefs_, start.intercepts_, DenseRegressor(**ours), X, y)

    assert_equal(["coefs_"], vars(mlp), reg, start.coefs_, atol=1e-6)


def test_early_stopping_is_as_patient_as_in_mlp(problem):
    """With steps of no length no epoch is better than the first."""
    patience = {"early_stopping": True, "n_iter_no_change": 3}

    mlp = MLPClassifier(solver="sgd", learning_rate_init=1e-30, **patience)
    clf = DenseClassifier(
        optimizer="sgd", learning_rate=1e-30, monitor="accuracy", **patience
    )

    assert clf.fit(*problem).n_iter_ == mlp.fit(*problem).n_iter_ == 5


def fit_ours(estimator_class, cell, samples, names):
    """Fit an estimator as a cell says; return it and the kernels it began with."""
    taken = settings(cell, names)
    base = BASE | {"optimizer": "sgd", "batch_size": 20}
    estimator = estimator_class(**base | taken.get("", {}))
    start = initial_weights(estimator.hidden_layer_sizes, N_OUTPUTS[estimator_class])
    return fit_from(*start, estimator, *samples, **taken.get("fit", {})), start[0]


def keras_model(
    n_outputs, hidden=(6,), activation="relu", output=None, kernel_regularizer=None
):
    """Return a Keras model with the initial weights."""
    if output is None:
        output = "softmax" if n_outputs > 1 else "linear"
    model = keras.Sequential([keras.layers.Input((5,))])
    for units, function in [*((n, activation) for n in hidden), (n_outputs, output)]:
        model.add(
            keras.layers.Dense(units, function, kernel_regularizer=kernel_regularizer)
        )
    model.set_weights(interleaved(*initial_weights(hidden, n_outputs)))
    return model


def learned_by(model, history):
    """Return what a Keras model learned, by the names of the attributes here."""
    return {
        "coefs_": model.get_weights()[::2],
        "loss_curve_": history["loss"],
        "validation_loss_curve_": history.get("val_loss"),
    }


@rows(
    ("Settings of Keras classifiers", keras.Model, DenseClassifier),
    ("Settings of Keras regressors", keras.Model, DenseRegressor),
)
def test_keras_and_estimator_learn_the_same(
    their_class, our_class, theirs, ours, equal, problem, validation, weight
):
    samples = samples_for(our_class, problem)
    X_val, y_val = samples_for(our_class, validation)
    names = NAMES | {"X_val": X_val, "y_val": y_val, "weight": weight}
    taken = settings(theirs, names)
    dense = taken.get("Dense", {})
    compiled = {"optimizer": "sgd", "loss": LOSSES[our_class]}
    compiled |= taken.get("compile", {})
    fitted = {"batch_size": 20, "epochs": 3, "shuffle": False, "verbose": 0}

    output = "exponential" if compiled["loss"] == "poisson" else None
    hidden = (dense.pop("units", 6),)
    model = keras_model(N_OUTPUTS[our_class], hidden, output=output, **dense)
    model.compile(**compiled)
    history = model.fit(*samples, **fitted | taken.get("fit", {})).history
    estimator, start = fit_ours(our_class, ours, samples, names)

    learned = learned_by(model, history)
    assert_equal(equal, learned, estimator, start, atol=1e-5)


@rows(
    ("Settings of KerasClassifier", "KerasClassifier", DenseClassifier),
    ("Settings of KerasRegressor", "KerasRegressor", DenseRegressor),
)
def test_scikeras_and_estimator_learn_the_same(
    their_class, our_class, theirs, ours, equal, problem, validation, weight
):
    needs_tensorflow()
    from scikeras import wrappers

    def build_model(
        hidden=(6,), activation="relu", output=None, kernel_regularizer=None
    ):
        n_outputs = N_OUTPUTS[our_class]
        return keras_model(n_outputs, hidden, activation, output, kernel_regularizer)

    samples = samples_for(our_class, problem)
    X_val, y_val = samples_for(our_class, validation)
    names = NAMES | {"X_val": X_val, "y_val": y_val, "weight": weight}
    taken = settings(theirs, names)
    base = {"epochs": 3, "batch_size": 20, "shuffle": False, "verbose": 0}
    parameters = {"optimizer": "sgd", "loss": LOSSES[our_class], **base}

    wrapper = getattr(wrappers, their_class)(
        build_model, **parameters | taken.get("", {})
    )
    wrapper.fit(*samples, **taken.get("fit", {}))
    estimator, start = fit_ours(our_class, ours, samples, names)

    learned = learned_by(wrapper.model_, wrapper.history_)
    assert_equal(equal, learned, estimator, start, atol=1e-5)


def compiled_model(X, y, hidden=(6,), optimizer="sgd", loss=None):
    """Return a model for Keras' own wrapper, which makes labels one-hot rows."""
    model = keras_model(y.shape[1], hidden)
    if loss is None:
        is_one_hot = y.shape[1] > 1
        loss = "categorical_crossentropy" if is_one_hot else "mean_squared_error"
    model.compile(optimizer, loss)
    return model


@rows(
    (
        "Settings of SKLearnClassifier",
        keras.wrappers.SKLearnClassifier,
        DenseClassifier,
    ),
    ("Settings of SKLearnRegressor", keras.wrappers.SKLearnRegressor, DenseRegressor),
)
def test_wrapper_of_keras_and_estimator_learn_the_same(
    their_class, our_class, theirs, ours, equal, problem, weight
):
    samples = samples_for(our_class, problem)
    names = NAMES | {"weight": weight}
    taken = settings(theirs, names)
    base = {"batch_size": 20, "epochs": 3, "shuffle": False, "verbose": 0}
    given = taken.get("", {})
    given["fit_kwargs"] = base | given.get("fit_kwargs", {})

    wrapper = their_class(compiled_model, **given)
    wrapper.fit(*samples, **taken.get("fit", {}))
    estimator, start = fit_ours(our_class, ours, samples, names)

    learned = learned_by(wrapper.model_, wrapper.history_.history)
    assert_equal(equal, learned, estimator, start, atol=1e-5)


def torch_module(torch, n_outputs):
    """Return a module that ends without activation, with the initial weights."""
    layers = []
    for kernel, bias in zip(*initial_weights((6,), n_outputs), strict=True):
        layer = torch.nn.Linear(*kernel.shape, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(kernel.T))
            layer.bias.copy_(torch.tensor(bias))
        layers += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


@rows(
    ("Settings of NeuralNetClassifier", "NeuralNetClassifier", DenseClassifier),
    ("Settings of NeuralNetRegressor", "NeuralNetRegressor", DenseRegressor),
)
def test_skorch_and_estimator_learn_the_same(
    their_class, our_class, theirs, ours, equal, problem, validation
):
    torch, skorch = pytest.importorskip("torch"), pytest.importorskip("skorch")
    callbacks, dataset, helper = (
        importlib.import_module(f"skorch.{name}")
        for name in ("callbacks", "dataset", "helper")
    )
    X, y = samples_for(our_class, (problem[0].astype(np.float64), problem[1]))
    X_val, y_val = validation[0].astype(np.float64), validation[1]
    names = {
        **vars(callbacks),
        "predefined_split": helper.predefined_split,
        "torch": torch,
        "validation": dataset.Dataset(X_val, y_val),
    }
    parameters = {
        "max_epochs": 3,
        "batch_size": 20,
        "train_split": None,
        "verbose": 0,
    }
    if our_class is DenseClassifier:
        parameters["criterion"] = torch.nn.CrossEntropyLoss

    net = getattr(skorch, their_class)(
        torch_module(torch, N_OUTPUTS[our_class]),
        **parameters | settings(theirs, names)[""],
    ).fit(X, y if our_class is DenseClassifier else y[:, None])
    names = NAMES | {"X_val": X_val, "y_val": y_val}
    estimator, start = fit_ours(our_class, ours, (X, y), names)

    learned = {
        "coefs_": [layer.weight.detach().numpy().T for layer in net.module_[::2]],
        "loss_curve_": net.history[:, "train_loss"],
    }
    if net.train_split is not None:
        learned["validation_loss_curve_"] = net.history[:, "valid_loss"]
    assert_equal(equal, learned, estimator, start, atol=1e-5)
