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

    parser = _parser()
    options = parser.parse_args(arguments)
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
        machine["works"] = "tiny" if plan.quick else "full"
        try:
            earlier = _measured_earlier(json_path, plan, machine)
        except ValueError as error:
            parser.error(str(error))
        results = _run_and_keep(plan, earlier, json_path, machine, console)

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


def _measured_earlier(json_path, plan, machine):
    """Return what a run into the same folder has measured of other works."""
    if not json_path.exists():
        return []
    results, other = report.load(json_path)
    earlier = [m for m in results.measurements if m.work not in plan.works]
    changed = [key for key in machine | other if machine.get(key) != other.get(key)]
    if earlier and changed:
        raise ValueError(
            "a run adds to what --out has only on the same machine, with the same "
            f"versions. Got {json_path} with other values of {', '.join(changed)}. "
            "Choose another --out, or remove the file."
        )
    return earlier


def _run_and_keep(plan, earlier, json_path, machine, console):
    """Return all results, saved at each measurement so that what is done is kept."""
    results = in_order(earlier)
    with console.status("") as status:
        for measurement in run(plan, status.update):
            results = in_order([*results.measurements, measurement])
            report.save(json_path, results, machine)
    return results


def in_order(measurements):
    """Return results in the order of the works, whichever run measured them."""
    return Results(sorted(measurements, key=lambda m: works.WORKS.index(m.work)))


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
        help="the folder for JSON, CSV and plots (default: build/benchmarks); what it "
        "has of works that are not measured now is kept",
    )
    parser.add_argument(
        "--report",
        action="store_true",
        help="measure nothing: report the JSON in --out again",
    )
    return parser
