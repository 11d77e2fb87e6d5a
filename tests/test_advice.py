"""Arguments and attributes that there are not: which are meant, and nothing else."""

import copy
import inspect
import pickle

import cloudpickle
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor
from skmlp._estimators.aliases import (
    ADVICE_ON_ATTRIBUTES,
    ADVICE_ON_FIT,
    ADVICE_ON_PARAMETERS,
    PARAMETERS,
)
from skmlp._estimators.parameters import PARAMETERS as ROWS

ESTIMATORS = [DenseClassifier, DenseRegressor, DenseMNISTClassifier]
OF_EACH_ESTIMATOR = pytest.mark.parametrize("estimator_class", ESTIMATORS)

rng = np.random.RandomState(0)
X, Y = rng.normal(size=(20, 3)), np.arange(20) % 2

# Parameters

MISTAKES = {
    "max_iter": r"Did you mean 'epochs'\?",
    "max_epochs": r"Did you mean 'epochs'\?",
    "epohcs": r"Did you mean 'epochs'\?",
    "solver": r"Did you mean 'optimizer'\?",
    "learning_rate_init": r"Did you mean 'learning_rate'\?",
    "lr": r"Did you mean 'learning_rate'\?",
    "patience": r"Did you mean 'n_iter_no_change'\?",
    "early_stopping_rounds": r"Did you mean 'n_iter_no_change'\?",
    "validation_split": r"Did you mean 'validation_fraction'\?",
    "validation_data": r"Pass X_val and y_val to fit\.",
    "hidden_layers": r"Did you mean 'hidden_layer_sizes'\?",
    "hidden_layer": r"Did you mean 'hidden_layer_sizes'\?",
    "units": r"Did you mean 'hidden_layer_sizes'\?",
    "metrics": r"Did you mean 'monitor'\?",
    "weight_decay": r"Did you mean 'alpha'\?",
    "seed": r"Did you mean 'random_state'\?",
    "device": r"TensorFlow chooses the device",
    "loss": r"The loss of a classifier is the log loss",
    "criterion": r"The loss of a classifier is the log loss",
    "nesterovs_momentum": r"Pass an optimizer that has it",
    "n_jobs": r"TensorFlow uses all cores",
}


@pytest.mark.parametrize(("name", "advice"), MISTAKES.items())
def test_constructor_says_what_is_meant(name, advice):
    with pytest.raises(TypeError, match=rf"unexpected .* argument '{name}'\. {advice}"):
        DenseClassifier(**{name: 3})


@pytest.mark.parametrize(("name", "advice"), MISTAKES.items())
def test_set_params_says_what_is_meant(name, advice):
    net = DenseMNISTClassifier()

    with pytest.raises(
        ValueError, match=rf"^Invalid parameter '{name}' for .*{advice}"
    ):
        net.set_params(epochs=3, **{name: 3})
    assert net.epochs == 20


def test_names_that_resemble_none_get_no_advice():
    with pytest.raises(TypeError, match=r"keyword argument 'zzz'\.$"):
        DenseClassifier(zzz=3)
    with pytest.raises(ValueError, match=r"'zzz' .* Valid parameters are: \['activ"):
        DenseClassifier().set_params(zzz=3)


def test_parameter_of_another_estimator_is_explained():
    with pytest.raises(TypeError, match=r"Did you mean 'loss'\?"):
        DenseRegressor(criterion="mse")
    with pytest.raises(TypeError, match="Only classifiers have classes"):
        DenseRegressor(class_weight="balanced")


@pytest.mark.parametrize(
    ("args", "advice"),
    [
        ((32, 16), r"Pass the layers as a tuple: \w+\(\(32, 16\)\)\."),
        ((32, "relu"), r"Pass all but hidden_layer_sizes by name\."),
    ],
)
@OF_EACH_ESTIMATOR
def test_layers_by_position_are_explained(estimator_class, args, advice):
    with pytest.raises(TypeError, match=advice):
        estimator_class(*args)


# Arguments of fit


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"epochs": 5}, r"Pass epochs to DenseClassifier, or to set_params\."),
        ({"verbose": 0}, r"Pass verbose to DenseClassifier, or to set_params\."),
        ({"max_iter": 5}, r"Pass epochs to DenseClassifier, or to set_params\."),
        ({"validation_split": 0.1}, r"Pass validation_fraction to DenseClassifier"),
        ({"validation_data": (X, Y)}, r"Pass X_val and y_val\."),
        ({"eval_set": [(X, Y)]}, r"Pass X_val and y_val\."),
        ({"sample_weights": Y}, r"Did you mean 'sample_weight'\?"),
        ({"device": "cpu"}, r"TensorFlow chooses the device"),
        ({"zzz": 0}, r"keyword argument 'zzz'\.$"),
    ],
)
def test_fit_says_where_an_argument_belongs(given, advice):
    with pytest.raises(TypeError, match=rf"DenseClassifier\.fit\(\) got.* {advice}"):
        DenseClassifier().fit(X, Y, **given)


def test_fit_takes_three_arguments_by_position():
    with pytest.raises(TypeError, match="Pass all but X, y, sample_weight by name"):
        DenseClassifier().fit(X, Y, None, X, Y)
    with pytest.raises(TypeError, match=r"DenseClassifier\.fit\(\) missing 1 .* 'y'"):
        DenseClassifier().fit(X)


@pytest.mark.parametrize("given", [(X, Y), (X, Y, Y)])
def test_validation_data_in_the_place_of_weights_are_refused(given):
    with pytest.raises(TypeError, match="Pass validation data as X_val and y_val"):
        DenseClassifier().fit(X, Y, given)


def test_weights_may_be_a_tuple():
    clf = DenseClassifier((2,), epochs=1, tol=None, random_state=0)

    assert clf.fit(X[:2], [0, 1], (1.0, 2.0)).n_iter_ == 1


# Attributes


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("model", r"Use model_\."),
        ("history", r"Use history_\."),
        ("save", r"Use joblib\.dump"),
        ("evaluate", r"Use score"),
        ("coef_", r"Use coefs_"),
        ("zzz", r"has no attribute 'zzz'$"),
    ],
)
def test_attribute_of_another_library_is_explained(name, advice):
    with pytest.raises(AttributeError, match=advice):
        getattr(DenseClassifier(), name)
    assert not hasattr(DenseClassifier(), name)
    assert getattr(DenseClassifier(), name, None) is None


def test_errors_of_properties_and_absent_methods_stay_as_they_are():
    with pytest.raises(NotFittedError, match="is not fitted yet"):
        DenseClassifier().model_  # noqa: B018
    with pytest.raises(
        AttributeError, match="has no attribute 'partial_fit'"
    ) as raised:
        DenseClassifier(early_stopping=True).partial_fit  # noqa: B018
    assert "needs early_stopping=False" in str(raised.value.__cause__)


# What is left alone


@OF_EACH_ESTIMATOR
def test_signatures_are_those_of_the_source(estimator_class):
    signature = inspect.signature(estimator_class)
    kinds = {parameter.kind for parameter in signature.parameters.values()}

    assert next(iter(signature.parameters)) == "hidden_layer_sizes"
    assert inspect.Parameter.VAR_KEYWORD not in kinds
    assert list(inspect.signature(estimator_class.fit).parameters)[1:4] == [
        "X",
        "y",
        "sample_weight",
    ]
    assert (
        estimator_class.__init__.__qualname__ == f"{estimator_class.__name__}.__init__"
    )


class Shallow(DenseClassifier):
    """A subclass with a constructor of its own."""

    def __init__(self, units=3, *, epochs=1):
        super().__init__((units,), epochs=epochs, tol=None)
        self.units = units


class Wide(DenseClassifier):
    """A subclass without one."""


@pytest.mark.parametrize("copied", [clone, copy.copy, copy.deepcopy])
@pytest.mark.parametrize("net", [Shallow(4, epochs=2), Wide(5, epochs=2, tol=None)])
def test_subclasses_are_made_copied_and_pickled(net, copied):
    for other in (copied(net), pickle.loads(pickle.dumps(net))):
        assert other.get_params() == net.get_params()


def test_subclass_of_a_notebook_goes_to_another_process_by_value():
    class Local(DenseClassifier):
        def __init__(self, units=3, *, epochs=1):
            super().__init__((units,), epochs=epochs, tol=None)
            self.units = units

    (again,) = cloudpickle.loads(cloudpickle.dumps([Local(2)]))

    assert again.fit(X, Y).coefs_[0].shape == (3, 2)


def test_subclass_with_a_constructor_of_its_own_has_its_errors():
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'unit'$"):
        Shallow(unit=3)
    with pytest.raises(TypeError, match=r"argument 'max_iter'\. Did you mean 'epochs'"):
        Wide(max_iter=3)


def test_error_inside_a_constructor_of_a_subclass_is_its_own():
    class Strict(DenseClassifier):
        def __init__(self, epochs=1):
            raise TypeError("my own")

    with pytest.raises(TypeError, match=r"^my own$"):
        Strict()


# The tables


def test_tables_name_what_there_is():
    names = {row.name for row in ROWS}
    fitted = set(dir(DenseClassifier((2,), epochs=1, tol=None).fit(X, Y)))

    assert set(PARAMETERS.values()) <= names
    assert not set(PARAMETERS) & names
    assert not set(PARAMETERS) & set(ADVICE_ON_PARAMETERS)
    assert not set(ADVICE_ON_FIT) & names
    assert not set(ADVICE_ON_ATTRIBUTES) & fitted
