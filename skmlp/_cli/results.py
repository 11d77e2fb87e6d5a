"""The table and the verdicts, as they are printed.

Both are complete on a terminal of 80 columns, in a file and in a pipe.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from textwrap import fill

from rich import box
from rich.console import Console
from rich.table import Table

from skmlp._cli.streams import readable, write
from skmlp._report import COLUMNS
from skmlp.model_selection import ArchitectureComparison

_INDENT = "    "
_NAME_WIDTH = 20  # 1024-512-256-128-64, and the table takes 80 columns


def print_results(comparison: ArchitectureComparison) -> None:
    """Print the table, then the verdicts."""
    console = _make_console()
    wrap = partial(
        fill, width=console.width, subsequent_indent=_INDENT, break_on_hyphens=False
    )
    with console.capture() as captured:
        console.print(_table(comparison), crop=False, width=200)
        for number, verdict in enumerate(comparison.verdicts, start=1):
            question = wrap(f"Q{number}. {verdict.question}", initial_indent="")
            console.print(f"\n{question}", style="bold", soft_wrap=True)
            for answer in (verdict.difference, verdict.reason):
                console.print(wrap(answer, initial_indent=_INDENT), soft_wrap=True)
    write(captured.get())


def print_page(page: Path) -> None:
    """Print where the report is."""
    write(f"\nReport: {readable(str(page))}\n")


def _make_console() -> Console:
    console = Console(highlight=False, markup=False)
    console.width = min(max(console.width, 80), 100)
    return console


def _table(comparison: ArchitectureComparison) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False)
    for name in COLUMNS:
        table.add_column(
            name.replace(" ", "\n"),
            justify="left" if name == "architecture" else "right",
            vertical="bottom",
            no_wrap=True,
        )
    for result in comparison:
        name, *numbers = (column(result) for column in COLUMNS.values())
        table.add_row(_break(name), *numbers)
    return table


def _break(name: str) -> str:
    """Break a name of many layers into lines, after its hyphens."""
    lines = [""]
    for part in name.replace("-", "-\0").split("\0"):
        if lines[-1] and len(lines[-1] + part) > _NAME_WIDTH:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)
