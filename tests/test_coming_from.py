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


def rows(title):
    """Return the rows of a table of settings, the first of them for the quick run."""
    return [
        pytest.param(
            *row,
            id=f"{title.split()[-1]}-{number}",
            marks=[pytest.mark.slow] if number > 1 else [],
        )
        for number, row in enumerate(tables()[title], start=1)
    ]


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
    "Parameters of KerasClassifier": ["scikeras.wrappers:KerasClassifier"],
    "Parameters of SKLearnClassifier": ["keras:wrappers.SKLearnClassifier"],
    "Parameters of NeuralNetClassifier": [
        "skorch:NeuralNet",
        "skorch:NeuralNetClassifier",
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


def test_table_of_callbacks_names_callbacks():
    callbacks = pytest.importorskip("skorch.callbacks")

    assert set(column("Callbacks of skorch", 0)) <= set(callbacks.__all__)


@pytest.mark.parametrize("title", [*PEERS, "Callbacks of skorch"])
def test_table_names_parameters_that_are_here(title):
    for code in column(title, 1):
        method, given = arguments(code)
        ours = [DenseClassifier, DenseRegressor]
        if method:
            ours = [getattr(estimator, method) for estimator in ours]

        known = {name for one in ours for name in inspect.signature(one).parameters}
        assert set(given) <= known


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


def initial_weights(hidden_layer_sizes):
    """Return kernels and biases of a network from 5 features to 3 classes."""
    rng = np.random.RandomState(0)
    sizes = [5, *hidden_layer_sizes, 3]
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


def fit_mlp(mlp, X, y):
    """Fit scikit-learn's network; return it, and the weights that it began with."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        # The smallest steps there are change no weight.
        still = {"solver": "sgd", "learning_rate_init": 1e-300, "max_iter": 1}
        start = clone(mlp).set_params(**still).fit(X, y)
        return mlp.fit(X, y), start


@pytest.mark.parametrize(
    ("mlp_class", "estimator_class", "theirs", "ours", "equal"),
    [
        pytest.param(*estimators, *row.values, id=row.id, marks=row.marks)
        for title, *estimators in [
            ("Settings of classifiers", MLPClassifier, DenseClassifier),
            ("Settings of regressors", MLPRegressor, DenseRegressor),
        ]
        for row in rows(title)
    ],
)
def test_mlp_and_estimator_learn_the_same(
    mlp_class, estimator_class, theirs, ours, equal, problem
):
    X, y = problem
    X = X.astype(np.float64)
    if mlp_class is MLPRegressor:
        y = np.abs(X[:, 0] + X[:, 1] ** 2)
    never = {"tol": 0.0, "n_iter_no_change": 1000, "random_state": 0}
    base = {"hidden_layer_sizes": (6,), "max_iter": 3, "shuffle": False, **never}
    mlp = mlp_class(**base | settings(theirs, NAMES)[""])
    adam = {"optimizer": keras.optimizers.Adam(epsilon=1e-8), "alpha": 1e-4}
    parameters = BASE | adam | settings(ours, NAMES)[""]
    if parameters["optimizer"] == "lbfgs":
        needs_tensorflow()
        del parameters["shuffle"]  # idle there, of which it warns
    estimator = estimator_class(**parameters)

    mlp, start = fit_mlp(mlp, X, y)
    estimator = fit_from(start.coefs_, start.intercepts_, estimator, X, y)
    if "warm_start" in arguments(theirs[0])[1]:
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


def fit_ours(cell, base, problem, names):
    """Fit an estimator from the weights that the others begin with."""
    taken = settings(cell, names)
    clf = DenseClassifier(**BASE | base | taken.get("", {}))
    start = initial_weights(clf.hidden_layer_sizes)
    return fit_from(*start, clf, *problem, **taken.get("fit", {}))


def keras_model(hidden=(6,), activation="relu", **dense):
    """Return a Keras model with the initial weights."""
    model = keras.Sequential([keras.layers.Input((5,))])
    for units in hidden:
        model.add(keras.layers.Dense(units, activation, **dense))
    model.add(keras.layers.Dense(3, "softmax", **dense))
    model.set_weights(interleaved(*initial_weights(hidden)))
    return model


@pytest.mark.parametrize(("theirs", "ours", "equal"), rows("Settings of Keras models"))
def test_keras_and_estimator_learn_the_same(theirs, ours, equal, problem, validation):
    X_val, y_val = validation
    weight = np.random.RandomState(2).uniform(0.1, 3, 60).astype(np.float32)
    names = NAMES | {"X_val": X_val, "y_val": y_val, "weight": weight}
    taken = settings(theirs, names)
    dense = taken.get("Dense", {})
    compiled = {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy"}
    fitted = {"batch_size": 20, "epochs": 3, "shuffle": False, "verbose": 0}

    model = keras_model((dense.pop("units", 6),), **dense)
    model.compile(**compiled | taken.get("compile", {}))
    history = model.fit(*problem, **fitted | taken.get("fit", {})).history
    clf = fit_ours(ours, {"optimizer": "sgd", "batch_size": 20}, problem, names)

    learned = {
        "coefs_": model.get_weights()[::2],
        "loss_curve_": history["loss"],
        "validation_loss_curve_": history.get("val_loss"),
    }
    start, _ = initial_weights(clf.hidden_layer_sizes)
    assert_equal(equal, learned, clf, start, atol=1e-5)


def build_model(hidden=(6,)):
    return keras_model(hidden)


@pytest.mark.parametrize(("theirs", "ours", "equal"), rows("Settings of scikeras"))
def test_scikeras_and_estimator_learn_the_same(theirs, ours, equal, problem):
    needs_tensorflow()
    from scikeras.wrappers import KerasClassifier

    base = {"epochs": 3, "batch_size": 20, "shuffle": False, "verbose": 0}
    loss = "sparse_categorical_crossentropy"
    parameters = {"model": build_model, "optimizer": "sgd", "loss": loss, **base}

    wrapper = KerasClassifier(**parameters | settings(theirs, NAMES)[""])
    wrapper.fit(*problem)
    clf = fit_ours(ours, {"optimizer": "sgd", "batch_size": 20}, problem, NAMES)

    learned = {
        "coefs_": wrapper.model_.get_weights()[::2],
        "loss_curve_": wrapper.history_["loss"],
    }
    start, _ = initial_weights(clf.hidden_layer_sizes)
    assert_equal(equal, learned, clf, start, atol=1e-5)


def torch_module(torch, hidden):
    """Return a module that ends in logits, with the initial weights."""
    layers = []
    for kernel, bias in zip(*initial_weights(hidden), strict=True):
        layer = torch.nn.Linear(*kernel.shape, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(kernel.T))
            layer.bias.copy_(torch.tensor(bias))
        layers += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


@pytest.mark.parametrize(("theirs", "ours", "equal"), rows("Settings of skorch"))
def test_skorch_and_estimator_learn_the_same(theirs, ours, equal, problem, validation):
    torch, skorch = pytest.importorskip("torch"), pytest.importorskip("skorch")
    callbacks, dataset, helper = (
        importlib.import_module(f"skorch.{name}")
        for name in ("callbacks", "dataset", "helper")
    )
    X, y = problem[0].astype(np.float64), problem[1]
    X_val, y_val = validation[0].astype(np.float64), validation[1]
    names = {
        **vars(callbacks),
        "predefined_split": helper.predefined_split,
        "torch": torch,
        "validation": dataset.Dataset(X_val, y_val),
    }
    parameters = {
        "criterion": torch.nn.CrossEntropyLoss,
        "max_epochs": 3,
        "batch_size": 20,
        "train_split": None,
        "verbose": 0,
    }

    net = skorch.NeuralNetClassifier(
        torch_module(torch, (6,)), **parameters | settings(theirs, names)[""]
    ).fit(X, y)
    base = {"optimizer": "sgd", "batch_size": 20}
    clf = fit_ours(ours, base, (X, y), NAMES | {"X_val": X_val, "y_val": y_val})

    learned = {
        "coefs_": [layer.weight.detach().numpy().T for layer in net.module_[::2]],
        "loss_curve_": net.history[:, "train_loss"],
    }
    if net.train_split is not None:
        learned["validation_loss_curve_"] = net.history[:, "valid_loss"]
    start, _ = initial_weights(clf.hidden_layer_sizes)
    assert_equal(equal, learned, clf, start, atol=1e-5)
