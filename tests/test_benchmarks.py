"""The benchmarks: arithmetic, tables, and that everything runs. Never a time."""

import csv

import pytest

from benchmarks import cli, report, works
from benchmarks.libraries import LIBRARIES, Library
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


def test_results_take_the_median_of_the_rounds():
    results = results_of({"skmlp": [3.0, 1.0, 100.0], "keras": [4.0, 8.0]})
    assert results.median("fit", "32-16, warm", "skmlp") == 3.0
    assert results.median("fit", "32-16, warm", "keras") == 6.0


def test_results_leave_out_rounds_without_a_number():
    results = results_of({"skmlp": [None, 2.0]})
    assert results.median("fit", "32-16, warm", "skmlp") == 2.0
    assert results.median("fit", "32-16, warm", "keras") is None


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


def test_command_measures_prints_and_writes(tmp_path, capsys):
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
