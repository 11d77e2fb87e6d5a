"""The command ``python -m benchmarks``, the only printer."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks import report, works
from benchmarks.libraries import LIBRARIES
from benchmarks.results import Results
from benchmarks.runner import Plan, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments ask for, print the tables, write the files."""
    from rich.console import Console

    options = _parser().parse_args(arguments)
    console = Console()
    console.width = max(console.width, 100)
    options.out.mkdir(parents=True, exist_ok=True)
    json_path = options.out / "results.json"
    if options.report:
        results, machine = report.load(json_path)
    else:
        plan = Plan(
            works=[work for work in works.WORKS if work in options.only],
            libraries=[key for key in LIBRARIES if key in options.libraries],
            rounds=options.rounds,
            quick=options.quick,
            step_limit=options.step_limit,
            session_limit=options.session_limit,
        )
        machine = report.describe_machine()
        results = Results(_run_and_keep(plan, json_path, machine, console))

    for work in results.works():
        rows = report.rows(results, work)
        console.print(report.table(works.load(work).TITLE, rows))
        report.write_csv(options.out / f"{work}.csv", rows)
    goals = report.goal_rows(results)
    if len(goals) > 1:
        console.print(report.table("Goals", goals))
    report.write_csv(options.out / "goals.csv", goals)
    report.write_csv(
        options.out / "machine.csv", [list(row) for row in machine.items()]
    )
    plots = report.write_plots(options.out, results)
    console.print(f"Wrote {json_path}, {len(plots)} plots and the tables beside it.")
    return 0


def _run_and_keep(plan, json_path, machine, console):
    """Return the measurements, saved after each so that an interrupted run is kept."""
    measurements = []
    with console.status("") as status:
        for measurement in run(plan, status.update):
            measurements.append(measurement)
            report.save(json_path, Results(measurements), machine)
    return measurements


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Time skmlp beside its peers on the same work, and print the "
        "medians and their ratios to skmlp's.",
        epilog="A library that is not installed is shown as missing; "
        'pip install -e ".[bench]" installs all. The machine should be idle.',
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=works.WORKS,
        default=works.WORKS,
        help="the works to measure (default: all)",
    )
    parser.add_argument(
        "--libraries",
        nargs="+",
        choices=tuple(LIBRARIES),
        default=tuple(LIBRARIES),
        help="the libraries to compare (default: all)",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=3,
        help="how often all is measured; medians count (default: 3)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="tiny works, to see that everything runs"
    )
    parser.add_argument(
        "--step-limit",
        type=float,
        default=300.0,
        metavar="SECONDS",
        help="give up a fit, a search ... after so long (default: 300)",
    )
    parser.add_argument(
        "--session-limit",
        type=float,
        default=25.0,
        metavar="SECONDS",
        help="let a library sit out further rounds of what it worked on for so long "
        "(default: 25)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("build/benchmarks"),
        help="the folder for JSON, CSV and plots (default: build/benchmarks)",
    )
    parser.add_argument(
        "--report",
        action="store_true",
        help="measure nothing: report the JSON in --out again",
    )
    return parser
