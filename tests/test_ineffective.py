"""Parameters that have no effect, given the others, are warned of, once."""

import warnings

import keras
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale

from skmlp import DenseClassifier, DenseRegressor
from skmlp._estimators.parameters import PARAMETERS
from skmlp._named.optimizers import OPTIMIZERS, STEPPING, has_momentum

FAST = {"epochs": 2, "tol": None, "random_state": 0}


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


def messages_of_fit(estimator, X, y, **given):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator.fit(X, y, **given)
    return [str(warning.message) for warning in caught]


INEFFECTIVE = {
    "activation": {"hidden_layer_sizes": (), "activation": "tanh"},
    "dropout": {"hidden_layer_sizes": (), "dropout": 0.5},
    "batch_norm": {"hidden_layer_sizes": (), "batch_norm": True},
    "learning_rate": {"optimizer": "lbfgs", "learning_rate": 0.1},
    "momentum": {"momentum": 0.5},
    "batch_size": {"optimizer": "lbfgs", "batch_size": 10},
    "n_iter_no_change": {"n_iter_no_change": 3},
    "validation_fraction": {"validation_fraction": 0.3},
    "monitor": {"monitor": "r2"},
    "shuffle": {"optimizer": "lbfgs", "shuffle": False},
    "quantile": {"quantile": 0.9},
}


def test_every_conditional_parameter_is_tested():
    assert set(INEFFECTIVE) == {row.name for row in PARAMETERS if row.only_with}


@pytest.mark.parametrize("name", INEFFECTIVE)
def test_parameter_without_effect_warns_once(iris, name):
    X, y = iris
    reg = DenseRegressor(**{"hidden_layer_sizes": (3,), **FAST, **INEFFECTIVE[name]})

    first, *others = messages_of_fit(reg, X, y)

    assert first.startswith(f"{name} has an effect only with ")
    assert not others


@pytest.mark.parametrize(
    ("params", "given"),
    [
        ({"validation_fraction": 0.3, "early_stopping": True}, False),
        ({"monitor": "accuracy", "early_stopping": True}, False),
        ({"monitor": "accuracy"}, True),
        ({"n_iter_no_change": 3, "early_stopping": True}, False),
        ({"n_iter_no_change": 3, "tol": 9.0, "epochs": 99}, False),
        ({"momentum": 0.5, "optimizer": "muon"}, False),
        ({"momentum": 0.5, "optimizer": keras.optimizers.SGD(0.1)}, False),
        ({"hidden_layer_sizes": (), "activation": [], "dropout": []}, False),
        ({"hidden_layer_sizes": 3, "activation": np.array(["tanh"])}, False),
        ({"learning_rate": keras.optimizers.schedules.CosineDecay(0.1, 9)}, False),
    ],
    ids=[
        "fraction of early stopping",
        "monitor of early stopping",
        "monitor of given data",
        "patience of early stopping",
        "patience of tol",
        "momentum by name",
        "momentum of an instance",
        "no hidden layer",
        "one hidden layer",
        "schedule",
    ],
)
def test_parameter_with_effect_warns_of_nothing(iris, params, given):
    X, y = iris
    clf = DenseClassifier(**{"hidden_layer_sizes": (3,), **FAST, **params})

    assert (
        messages_of_fit(clf, X, y, **({"X_val": X, "y_val": y} if given else {})) == []
    )


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"early_stopping": True, "validation_fraction": 0.3}, "validation_fraction"),
        ({"optimizer": keras.optimizers.Adam(), "momentum": 0.5}, "momentum"),
        (
            {"optimizer": "lbfgs", "tol": 1e-4, "epochs": 99, "n_iter_no_change": 3},
            "n_iter_no_change",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_parameter_that_something_else_replaces_warns(iris, params, name):
    X, y = iris
    clf = DenseClassifier((3,), **{**FAST, **params})

    (message,) = messages_of_fit(clf, X, y, X_val=X, y_val=y)

    assert message.startswith(f"{name} has an effect only with ")


def test_partial_fit_warns_at_its_first_call_alone(iris):
    X, y = iris
    reg = DenseRegressor((3,), quantile=0.9)

    with pytest.warns(UserWarning, match="quantile has an effect only with") as caught:
        reg.partial_fit(X, y)
    assert caught[0].filename == __file__
    reg.partial_fit(X, y)


def test_warning_names_the_line_of_the_caller(iris):
    with pytest.warns(UserWarning, match="momentum has an effect") as caught:
        DenseClassifier((3,), momentum=0.5, **FAST).fit(*iris)

    assert caught[0].filename == __file__


def test_named_optimizers_with_momentum_are_those_that_keras_says():
    with_momentum = {
        name
        for name in STEPPING
        if "momentum"
        in getattr(keras.optimizers, OPTIMIZERS[name].keras)().get_config()
    }

    assert with_momentum == set(filter(has_momentum, STEPPING))
