"""The benchmarks: arithmetic, tables, and that everything runs. Never a time."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose
from scipy.sparse import issparse
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, mean_squared_error

from benchmarks import cli, data, products, report, tasks, works
from benchmarks.libraries import ALPHA, LIBRARIES, Library
from benchmarks.process import LibraryProcess, StepFailed, TookTooLong
from benchmarks.results import GOALS, Goal, Measurement, Results
from benchmarks.runner import Plan, in_turn, run


def results_of(values, *, work="fit", case="32-16, warm"):
    """Return results in which each library measured these values, a round each."""
    return Results(
        Measurement(work, case, library, number, value)
        for library, rounds in values.items()
        for number, value in enumerate(rounds)
    )


def silent(message):
    """Tell nobody."""


@pytest.fixture
def machine(monkeypatch):
    """Return the machine that the command finds, without a look at its devices."""
    machine = {"processor": "a processor", "cores": "2"}
    monkeypatch.setattr(report, "describe_machine", machine.copy)
    return machine


@pytest.fixture
def measured_at_once(machine, monkeypatch):
    """Let a run give, for each case of its works, how many runs there have been."""
    runs = []

    def run_at_once(plan, tell):
        runs.append(plan)
        for work in plan.works:
            for session in works.load(work).sessions(quick=True):
                for case in [step.case for step in session.steps if step.case]:
                    yield Measurement(work, case, "skmlp", 0, float(len(runs)))

    monkeypatch.setattr(cli, "run", run_at_once)


def test_results_take_the_median_of_the_rounds():
    results = results_of({"skmlp": [3.0, 1.0, 100.0], "keras": [4.0, 8.0]})
    assert results.median("fit", "32-16, warm", "skmlp") == 3.0
    assert results.median("fit", "32-16, warm", "keras") == 6.0


def test_results_leave_out_rounds_without_a_number():
    results = results_of({"skmlp": [None, 2.0]})
    assert results.median("fit", "32-16, warm", "skmlp") == 2.0
    assert results.median("fit", "32-16, warm", "keras") is None


def test_results_take_the_median_of_what_was_reported_beside():
    results = Results(
        Measurement("lbfgs", "iris", "skmlp", number, 1.0, beside={"loss": loss})
        for number, loss in enumerate([0.3, 0.1, 0.2])
    )
    assert results.beside("lbfgs", "iris", "skmlp", "loss") == 0.2
    assert results.beside("lbfgs", "iris", "skmlp", "accuracy") is None
    assert results.beside("lbfgs", "iris", "sklearn", "loss") is None


def test_results_give_ratios_to_skmlp_or_to_another():
    results = results_of({"skmlp": [2.0], "keras": [8.0]})
    assert results.ratio("fit", "32-16, warm", "keras") == 4.0
    assert results.ratio("fit", "32-16, warm", "skmlp", to="keras") == 0.25
    assert results.ratio("fit", "32-16, warm", "jax") is None


@pytest.mark.parametrize(
    ("skmlp", "verdict"), [(5.0, "missed"), (2.0, "reached"), (1.0, "aim reached")]
)
def test_goal_of_a_ratio_is_reached_from_above(skmlp, verdict):
    goal = Goal("fit", "32-16, warm", "keras", must=5, aim=10)
    assert goal.verdict(results_of({"skmlp": [skmlp], "keras": [10.0]})) == verdict


@pytest.mark.parametrize(
    ("skmlp", "verdict"), [(0.5, "missed"), (0.2, "reached"), (0.05, "aim reached")]
)
def test_goal_of_an_amount_is_reached_from_below(skmlp, verdict):
    goal = Goal("fit", "32-16, warm", None, must=0.3, aim=0.1, less_is_better=True)
    assert goal.verdict(results_of({"skmlp": [skmlp]})) == verdict


@pytest.mark.parametrize(("skmlp", "verdict"), [(2, "aim reached"), (3, "aim missed")])
def test_goal_may_be_an_aim_alone(skmlp, verdict):
    goal = Goal("fit", "32-16, warm", "jax", must=None, aim=1.2, less_is_better=True)
    assert goal.verdict(results_of({"skmlp": [skmlp], "jax": [2.0]})) == verdict


def test_goal_has_no_verdict_where_it_was_not_measured():
    goal = Goal("fit", "32-16, warm", "keras", must=5)
    assert goal.verdict(results_of({"skmlp": [1.0]})) == ""


def test_goals_are_of_cases_that_are_measured():
    cases = {
        (work, step.case)
        for work in works.WORKS
        for session in works.load(work).sessions(quick=False)
        for step in session.steps
    }
    assert {(goal.work, goal.case) for goal in GOALS} <= cases


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0123456, "0.0123"),
        (1.0, "1.00"),
        (12.34, "12.3"),
        (1234.5, "1,234"),
    ],
)
def test_number_has_three_digits_and_no_exponent(value, text):
    assert report.number(value) == text


def test_each_round_begins_with_another_library():
    assert in_turn("abc", 0) == ["a", "b", "c"]
    assert in_turn("abc", 1) == ["b", "c", "a"]
    assert in_turn("abc", 4) == ["b", "c", "a"]
    assert in_turn([], 1) == []


def test_table_shows_medians_ratios_and_what_is_missing():
    results = results_of({"skmlp": [0.5], "keras": [2.0]})
    absent = Measurement("fit", "32-16, warm", "jax", 0, problem="jax not installed")
    slow = Measurement("fit", "32-16, warm", "skorch", 0, problem="over 300 s")
    results = Results([*results.measurements, absent, slow])
    head, row = report.rows(results, "fit")
    assert head == ["s/epoch", "skmlp", "JAX loop", "Keras fit", "skorch"]
    assert row == ["32-16, warm", "0.500", "missing", "2.00 (4.0x)", "over 300 s"]


def test_table_shows_in_further_columns_what_a_work_reports_beside():
    results = Results(
        [
            Measurement("lbfgs", "iris", "skmlp", 0, 2.0, "", {"loss": 0.125}),
            Measurement("lbfgs", "iris", "sklearn", 0, problem="over 300 s"),
        ]
    )
    head, row = report.rows(results, "lbfgs")
    columns = ["skmlp", "MLPClassifier", "loss, skmlp", "loss, MLPClassifier"]
    assert head[1:5] == columns
    assert row[:5] == ["iris", "2.00", "over 300 s", "0.1250", report.NOTHING]


def test_step_is_taken_by_its_libraries_alone(monkeypatch):
    for key in ("skmlp", "scikeras"):
        monkeypatch.setitem(LIBRARIES, key, Library(key, "absent", ("no_package",)))
    plan = Plan(["grid"], ["skmlp", "scikeras"], quick=True)
    cases = {(m.library, m.case) for m in run(plan, silent)}
    assert ("skmlp", "search, warm") in cases
    assert ("scikeras", "search, warm") not in cases
    assert ("scikeras", "search, cold") in cases


def test_missing_library_is_measured_as_missing(monkeypatch):
    absent = Library("absent", "absent", ("no_such_package",))
    monkeypatch.setitem(LIBRARIES, "jax", absent)
    measured = list(run(Plan(["memory"], ["jax"], quick=True), silent))
    assert {m.problem for m in measured} == {"no_such_package not installed"}
    assert {m.case for m in measured} == set(Results(measured).cases("memory"))


def test_saved_results_are_read_back(tmp_path):
    results = results_of({"skmlp": [0.5, None], "keras": [2.0]})
    report.save(tmp_path / "results.json", results, {"cores": "2"})
    read, machine = report.load(tmp_path / "results.json")
    assert read.measurements == results.measurements
    assert machine == {"cores": "2"}


@pytest.mark.slow
def test_run_keeps_what_an_earlier_one_measured_of_other_works(
    tmp_path, capsys, measured_at_once
):
    to_folder = ["--out", str(tmp_path)]

    cli.main(["--only", "grid", "time", *to_folder])
    cli.main(["--only", "fit", "time", *to_folder])
    capsys.readouterr()
    cli.main(["--report", *to_folder])

    results, _ = report.load(tmp_path / "results.json")
    assert results.works() == ["fit", "grid", "time"]
    assert results.median("grid", "search, cold", "skmlp") == 1.0
    assert results.median("time", "import", "skmlp") == 2.0
    assert len(results.of("time", "import", "skmlp")) == 1
    printed = capsys.readouterr().out
    for title in ("Fitting MNIST", "GridSearchCV", "Waiting"):
        assert title in printed


@pytest.mark.parametrize("another", ["machine", "size"])
def test_run_adds_nothing_to_what_is_not_comparable(
    another, tmp_path, capsys, machine, measured_at_once
):
    to_folder = ["--out", str(tmp_path)]
    cli.main(["--only", "grid", *to_folder])
    before = (tmp_path / "results.json").read_text()

    if another == "machine":
        machine["cores"] = "64"
    else:
        to_folder.append("--quick")
    with pytest.raises(SystemExit):
        cli.main(["--only", "fit", *to_folder])
    differs = "cores" if another == "machine" else "works"
    assert f"other values of {differs}." in capsys.readouterr().err
    assert (tmp_path / "results.json").read_text() == before

    cli.main(["--only", "grid", *to_folder])  # keeps nothing, so it may
    content = json.loads((tmp_path / "results.json").read_text())
    assert content["machine"][differs] != json.loads(before)["machine"][differs]


@pytest.mark.parametrize("names", [["NVIDIA A"], ["NVIDIA A", "NVIDIA B"], []])
def test_machine_names_the_gpus_that_are_found(names, monkeypatch):
    details = {f"device {i}": {"device_name": name} for i, name in enumerate(names)}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [*details])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", details.get)
    assert tasks.gpus(LIBRARIES["skmlp"]) == {"value": names}

    monkeypatch.setattr(report, "gpu_names", lambda: names)
    expected = {"GPU": ", ".join(names)} if names else {}
    machine = report.describe_machine()
    assert {key: machine[key] for key in machine if key == "GPU"} == expected


def test_process_ends_a_step_that_takes_too_long():
    with pytest.raises(TookTooLong, match="over 0 s"):
        LibraryProcess("sklearn").take("start", {}, limit=0)


def test_process_reports_the_error_of_a_step():
    process = LibraryProcess("sklearn")
    try:
        with pytest.raises(StepFailed, match="TypeError"):
            process.take("fit", {"no_such_argument": 1}, limit=60)
    finally:
        process.end()


def test_texts_are_sparse_rows_of_length_one():
    X, y = data.texts(200, 1_000)
    assert issparse(X)
    assert (X.shape, X.format, X.dtype) == ((200, 1_000), "csr", np.float32)
    assert_allclose(np.sqrt(X.multiply(X).sum(axis=1)), 1, rtol=1e-6)
    assert 50 < X.nnz / 200 <= 100
    assert set(y) == set(range(20))


def test_tables_are_standardised():
    for name in ("iris", "digits", "diabetes"):
        X, y = data.table(name)
        assert X.dtype == np.float64
        assert_allclose(X.mean(axis=0), 0, atol=1e-9)
        assert (y.dtype.kind == "f") == (name == "diabetes")


# scikit-learn warns that all epochs were used up, which is what is wanted here.
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer. Maximum iterations")
@pytest.mark.parametrize("key", works.COMPLETE)
def test_early_stopping_never_stops_and_scores_each_epoch(key):
    X, y = data.table("iris")
    module = LIBRARIES[key].load()
    estimator = module.make_estimator(
        (4,), epochs=15, batch_size=32, learning_rate=1e-9
    ).set_params(**module.EARLY_STOPPING)
    estimator.fit(X, y)
    assert estimator.n_iter_ == len(estimator.validation_scores_) == 15
    assert set(estimator.validation_scores_) <= {n / 15 for n in range(16)}


@pytest.mark.parametrize("key", works.COMPLETE)
@pytest.mark.parametrize("data_set", ["iris", "diabetes"])
def test_lbfgs_of_each_library_minimises_the_same_objective(data_set, key):
    X, y = data.table(data_set)
    is_classifier = data_set == "iris"
    estimator = (
        LIBRARIES[key]
        .load()
        .make_lbfgs_estimator(
            (), iterations=300, is_classifier=is_classifier, random_state=0
        )
    )
    estimator.fit(X, y)

    if is_classifier:
        reference = LogisticRegression(C=1 / ALPHA, tol=1e-10).fit(X, y)
        objective = log_loss(y, reference.predict_proba(X))
    else:
        reference = Ridge(alpha=ALPHA).fit(X, y)
        objective = mean_squared_error(y, reference.predict(X)) / 2
    objective += ALPHA / 2 * (reference.coef_**2).sum() / len(X)
    assert_allclose(estimator.loss_, objective, rtol=1e-6)


def test_documentation_shows_all_tables_and_plots():
    page = Path(__file__).parents[1] / "docs" / "performance.rst"
    lines = [line.strip() for line in page.read_text(encoding="utf-8").splitlines()]
    for name in (*works.WORKS, "goals", "machine"):
        assert f":file: _static/benchmarks/{name}.csv" in lines
    for name in works.WORKS:
        assert f".. figure:: _static/benchmarks/{name}.png" in lines


@pytest.mark.slow
def test_command_measures_prints_and_writes(tmp_path, capsys, machine):
    arguments = ["--quick", "--rounds", "1", "--out", str(tmp_path)]
    arguments += ["--only", "grid", "predict", "--libraries", "sklearn"]
    assert cli.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "GridSearchCV" in printed
    assert "MLPClassifier" in printed
    with (tmp_path / "grid.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["s", "MLPClassifier"]
    assert [float(value) > 0 for _, value in rows] == [True] * 3
    assert {path.name for path in tmp_path.glob("*.png")} == {"grid.png", "predict.png"}

    assert cli.main(["--report", "--out", str(tmp_path)]) == 0
    again = capsys.readouterr().out
    assert again == printed


@pytest.mark.slow
@pytest.mark.parametrize("work", ["stopping", "sparse", "lbfgs", "precision"])
def test_complete_libraries_take_every_step(work):
    plan = Plan([work], works.COMPLETE, rounds=1, quick=True)
    measured = list(run(plan, silent))
    assert {m.problem for m in measured} == {""}
    assert {m.library for m in measured} == set(works.COMPLETE)


@pytest.mark.slow
@pytest.mark.parametrize("key", LIBRARIES)
def test_every_library_fits_the_same_network(key):
    if LIBRARIES[key].missing:
        pytest.skip(f"{LIBRARIES[key].missing} not installed")
    process = LibraryProcess(key)
    arguments = {
        "hidden_layer_sizes": (32, 16),
        "n_samples": 6_000,
        "epochs": 20,
        "scored": True,
    }
    try:
        measured = process.take("fit", arguments, limit=120)
    finally:
        process.end()
    assert 0.6 < measured["test_accuracy"] < 0.92


def test_products_are_those_of_a_gradient_step():
    made = [product().shape for product in products.products((784, 32, 10))]

    forward_and_kernels = [(128, 32), (784, 32), (128, 10), (32, 10)]
    assert sorted(made) == sorted([*forward_and_kernels, (128, 32)])


def test_products_of_each_network_are_timed(monkeypatch, capsys):
    monkeypatch.setattr(products, "N_STEPS", 1)

    products.main()

    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == list(products.NETWORKS)
    assert all(line.endswith(" s/epoch") for line in lines)
