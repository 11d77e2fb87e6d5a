"""Results as tables, JSON, CSV and plots."""

from __future__ import annotations

import csv
import importlib.metadata
import json
import math
import os
import platform
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import works
from benchmarks.libraries import LIBRARIES
from benchmarks.process import LibraryProcess
from benchmarks.results import GOALS, OURS, Goal, Measurement, Results

if TYPE_CHECKING:
    from rich.table import Table

# What a cell shows where nothing was measured: a hyphen would begin a list in Sphinx.
NOTHING = "\N{EN DASH}"

PACKAGES = (
    "skmlp",
    "numpy",
    "scikit-learn",
    "tensorflow",
    "keras",
    "scikeras",
    "torch",
    "skorch",
    "jax",
)


def describe_machine() -> dict[str, str]:
    """Return what the numbers depend on: processor, GPU if any, and versions."""
    machine = {
        "processor": _processor(),
        "SIMD": _simd(),
        "cores": str(len(os.sched_getaffinity(0))),
    }
    if names := gpu_names():
        machine["GPU"] = ", ".join(names)
    machine |= {
        "system": platform.system(),
        "Python": platform.python_version(),
    }
    for package in PACKAGES:
        try:
            machine[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            machine[package] = "not installed"
    return machine


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _simd() -> str:
    """Return the widest vector instructions that NumPy finds, by its name of them."""
    extensions = np.show_config(mode="dicts")["SIMD Extensions"]
    return [*extensions.get("baseline", ()), *extensions.get("found", ())][-1]


def gpu_names() -> list[str]:
    """Return the names of the GPUs that TensorFlow finds, in a process of its own."""
    if LIBRARIES[OURS].missing:
        return []
    process = LibraryProcess(OURS)
    try:
        return process.take("gpus", {}, limit=300)["value"]
    finally:
        process.end()


def save(path: Path, results: Results, machine: dict[str, str]) -> None:
    """Write everything as JSON."""
    measurements = [asdict(measurement) for measurement in results.measurements]
    content = {"machine": machine, "measurements": measurements}
    path.write_text(json.dumps(content, indent=1) + "\n")


def load(path: Path) -> tuple[Results, dict[str, str]]:
    """Read what :func:`save` wrote."""
    content = json.loads(path.read_text())
    found = (Measurement(**fields) for fields in content["measurements"])
    return Results(found), content["machine"]


def rows(results: Results, work: str) -> list[list[str]]:
    """Return the table of a work: its head, then a row for each case.

    A cell is the median, and how many times skmlp's that is. Columns of what the work
    shows beside that follow.
    """
    module = works.load(work)
    present = [key for key in LIBRARIES if key in results.libraries(work)]
    beside = [(name, key) for name in getattr(module, "BESIDE", ()) for key in present]
    head = [module.UNIT, *(LIBRARIES[key].title for key in present)]
    head += [f"{name}, {LIBRARIES[key].title}" for name, key in beside]
    table = [head]
    for case in results.cases(work):
        line = [case, *(_cell(results, work, case, key) for key in present)]
        for name, key in beside:
            value = results.beside(work, case, key, name)
            line.append(NOTHING if value is None else number(value, 4))
        table.append(line)
    return table


def _cell(results: Results, work: str, case: str, library: str) -> str:
    value = results.median(work, case, library)
    if value is None:
        problem = results.problem(work, case, library)
        return "missing" if problem.endswith("not installed") else problem or NOTHING
    ratio = results.ratio(work, case, library)
    if library == OURS or ratio is None or ratio < 0:
        return number(value)
    return f"{number(value)} ({number(ratio, 2)}x)"


def number(value: float, digits: int = 3) -> str:
    """Return a number to so many significant digits, never with an exponent."""
    if not value:
        return "0"
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    return f"{value:,.{decimals}f}"


def goal_rows(results: Results) -> list[list[str]]:
    """Return the table of the goals that were measured."""
    table = [["goal", "must be", "aim", "measured", ""]]
    for goal in GOALS:
        figure = goal.figure(results)
        if figure is not None:
            sign = "≤" if goal.less_is_better else "≥"
            bounds = (goal.must, goal.aim)
            limits = ["" if bound is None else f"{sign} {bound:g}" for bound in bounds]
            verdict = goal.verdict(results)
            table.append([_sentence(goal), *limits, number(figure), verdict])
    return table


def _sentence(goal: Goal) -> str:
    where = f"{goal.work}: {goal.case}"
    if goal.peer is None:
        return f"{where}, {works.load(goal.work).UNIT}"
    peer = LIBRARIES[goal.peer].title
    return f"{where}, " + (f"of {peer}" if goal.less_is_better else f"x {peer}")


def table(title: str, lines: list[list[str]]) -> Table:
    """Return a table to print."""
    from rich.table import Table

    head, *body = lines
    made = Table(title=title, title_justify="left")
    for i, name in enumerate(head):
        made.add_column(name, justify="right" if i else "left")
    for line in body:
        made.add_row(*line)
    return made


def write_csv(path: Path, lines: list[list[str]]) -> None:
    """Write a table as CSV, which the documentation includes."""
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)


def write_plots(folder: Path, results: Results) -> list[Path]:
    """Draw what was measured: bars for the works, curves for cost against size."""
    import matplotlib

    matplotlib.use("Agg")
    written = []
    for work in results.works():
        draw = _draw_curves if work in ("size", "predict") else _draw_bars
        figure = draw(results, work)
        written.append(folder / f"{work}.png")
        figure.savefig(written[-1], dpi=110)
    return written


def _draw_bars(results: Results, work: str):
    """Draw bars that begin at zero: the libraries of a case beside each other."""
    from matplotlib.figure import Figure

    cases = results.cases(work)
    keys = [key for key in LIBRARIES if key in results.libraries(work)]
    height = 0.6 + len(cases) * (0.6 + 0.2 * len(keys))  # inches
    figure = Figure(figsize=(8, height), layout="constrained")
    axes = figure.subplots(len(cases), 1, squeeze=False)[:, 0]
    for ax, case in zip(axes, cases, strict=True):
        for i, key in enumerate(keys):
            value = results.median(work, case, key)
            bar = ax.barh(i, value or 0.0, color=_color(key))
            text = _bar_text(results, work, case, key)
            ax.bar_label(bar, [text], padding=2, fontsize=8)
        ax.margins(x=0.15)
        ax.set_yticks(range(len(keys)), [LIBRARIES[key].title for key in keys])
        ax.invert_yaxis()
        ax.set_title(case, loc="left", fontsize=9)
        ax.tick_params(labelsize=8)
    axes[-1].set_xlabel(works.load(work).UNIT)
    figure.suptitle(works.load(work).TITLE)
    return figure


def _bar_text(results: Results, work: str, case: str, library: str) -> str:
    value = results.median(work, case, library)
    return _cell(results, work, case, library) if value is None else number(value)


def _draw_curves(results: Results, work: str):
    """Draw a curve for each library over each quantity that grows."""
    from matplotlib.figure import Figure

    quantities: dict[str, dict[int, str]] = {}  # "samples" -> {1000: "1,000 samples"}
    for case in results.cases(work):
        number, _, quantity = case.partition(" ")
        by_number = quantities.setdefault(quantity.rstrip("s") + "s", {})
        by_number[int(number.replace(",", ""))] = case

    figure = Figure(figsize=(5 * len(quantities), 4), layout="constrained")
    axes = figure.subplots(1, len(quantities), squeeze=False)[0]
    for ax, (quantity, cases) in zip(axes, quantities.items(), strict=True):
        for key in [key for key in LIBRARIES if key in results.libraries(work)]:
            medians = {n: results.median(work, case, key) for n, case in cases.items()}
            points = [(n, value) for n, value in medians.items() if value is not None]
            if points:
                label = LIBRARIES[key].title
                ax.plot(
                    *zip(*points, strict=True), "o-", color=_color(key), label=label
                )
        ax.set(
            xscale="log", yscale="log", xlabel=quantity, ylabel=works.load(work).UNIT
        )
    figure.legend(
        *axes[0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=3 * len(quantities),
        fontsize=8,
    )
    figure.suptitle(works.load(work).TITLE)
    return figure


def _color(library: str) -> str:
    return f"C{list(LIBRARIES).index(library)}"
