"""The table of parameters holds together, and the estimators' files are as it says."""

import ast
import inspect
import shutil

import pytest
from numpydoc.docscrape import FunctionDoc
from sklearn.utils._param_validation import validate_parameter_constraints

import skmlp
from skmlp._estimators.parameters import ESTIMATORS, PARAMETERS, parameters_of
from tools.spell_parameters import FILES, ROOT, literal, main, spelled

SOURCES = {name: (ROOT / name).read_text(encoding="utf-8") for name in FILES}

OF_EACH_ESTIMATOR = pytest.mark.parametrize("estimator", ESTIMATORS)
OF_EACH_ROW = pytest.mark.parametrize("row", PARAMETERS, ids=lambda row: row.name)


# The estimators' files


@pytest.mark.parametrize("name", FILES)
def test_file_is_as_the_table_says(name):
    assert spelled(SOURCES[name]) == SOURCES[name], "run tools/spell_parameters.py"


@OF_EACH_ESTIMATOR
def test_signature_and_docstring_name_every_parameter_and_its_default(estimator):
    estimator_class = getattr(skmlp, estimator)
    defaults = {row.name: row.default_of(estimator) for row in parameters_of(estimator)}

    signature = inspect.signature(estimator_class).parameters
    documented = FunctionDoc(estimator_class)["Parameters"]

    assert {name: signature[name].default for name in signature} == defaults
    assert {
        name: ast.literal_eval(type_.partition("default=")[2])
        for name, type_, _ in documented
    } == defaults


@OF_EACH_ESTIMATOR
def test_init_only_stores(estimator):
    values = {row.name: object() for row in parameters_of(estimator)}

    instance = getattr(skmlp, estimator)(**values)

    assert vars(instance) == values


@OF_EACH_ESTIMATOR
def test_constraints_are_those_of_the_table(estimator):
    constraints = getattr(skmlp, estimator)._parameter_constraints

    assert {name: tuple(constraints[name]) for name in constraints} == {
        row.name: tuple(row.constraints) for row in parameters_of(estimator)
    }


# The script

STALE = {
    "default in the signature": ("        epochs=200,", "        epochs=100,"),
    "default in the docstring": ("epochs : int, default=200", "epochs : int"),
    "description": ("Step size of the optimizer.", "Step size\n        of it."),
    "statement": ("        self.epochs = epochs\n", ""),
    "order": (
        "        self.epochs = epochs\n        self.tol = tol\n",
        "        self.tol = tol\n        self.epochs = epochs\n",
    ),
}


@pytest.mark.parametrize(("old", "new"), STALE.values(), ids=STALE)
def test_script_mends_what_is_stale(old, new):
    source = SOURCES["skmlp/_estimators/classifier.py"]
    stale = source.replace(old, new, 1)

    assert stale != source
    assert spelled(stale) == source


def test_script_mends_what_a_subclass_passes_on():
    source = SOURCES["skmlp/_mnist.py"]
    stale = source.replace("            tol=tol,\n", "", 1)

    assert stale != source
    assert spelled(stale) == source


def test_script_leaves_other_classes_alone():
    source = "class Other:\n    def __init__(self, epochs):\n        pass\n"

    assert spelled(source) == source


@pytest.fixture
def checkout(tmp_path):
    """Copies of the estimators' files, of which one is stale."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    stale = SOURCES["skmlp/_mnist.py"].replace("epochs=20,", "epochs=10,", 1)
    (tmp_path / "skmlp/_mnist.py").write_text(stale, encoding="utf-8")
    return tmp_path


def test_check_names_the_stale_file_and_writes_nothing(checkout, capsys):
    stale = (checkout / "skmlp/_mnist.py").read_text(encoding="utf-8")

    status = main(["--check"], checkout)

    assert status == 1
    assert capsys.readouterr().out == "skmlp/_mnist.py differs from the table\n"
    assert (checkout / "skmlp/_mnist.py").read_text(encoding="utf-8") == stale


def test_script_writes_the_stale_file(checkout, capsys):
    assert main([], checkout) == 0
    assert capsys.readouterr().out == "skmlp/_mnist.py written\n"

    for name, source in SOURCES.items():
        assert (checkout / name).read_text(encoding="utf-8") == source
    assert main(["--check"], checkout) == 0


# The table itself


def test_names_are_unique():
    names = [row.name for row in PARAMETERS]

    assert len(names) == len(set(names))


@OF_EACH_ROW
def test_default_obeys_the_constraints(row):
    for estimator in row.estimators:
        default = row.default_of(estimator)
        validate_parameter_constraints(
            {row.name: row.constraints}, {row.name: default}, estimator
        )
        assert ast.literal_eval(literal(default)) == default


@OF_EACH_ROW
def test_row_differs_only_for_estimators_that_have_it(row):
    assert set(row.estimators) <= set(ESTIMATORS)
    assert {*row.other_defaults, *row.other_descriptions} <= set(row.estimators)


@pytest.mark.parametrize(
    "row", [row for row in PARAMETERS if row.only_with], ids=lambda row: row.name
)
def test_condition_can_be_asked_of_default_estimators(row):
    for estimator in row.estimators:
        instance = getattr(skmlp, estimator)()
        for has_validation in False, True:
            assert row.only_with.holds(instance, has_validation) in (False, True)


@OF_EACH_ROW
def test_type_names_none_where_it_is_allowed(row):
    is_named = "None" in row.type.split()

    assert is_named == (None in row.constraints or "random_state" in row.constraints)


@OF_EACH_ROW
def test_texts_are_sentences(row):
    for estimator in row.estimators:
        text = row.description_of(estimator)
        assert text[0].isupper() or text[0].isdigit()
        assert text.endswith(".")
        assert text.count("``") % 2 == 0
