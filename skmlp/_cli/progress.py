"""What is shown while networks train: a bar for each, or a line where none can move.

All of it goes to standard error: standard output holds the results alone.
"""

from __future__ import annotations

from typing import IO, Self, cast

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from skmlp._cli.streams import StandardError
from skmlp.model_selection import ArchitectureResult


def make_progress(*, quiet: bool) -> Silence:
    """Choose what can be shown."""
    console = Console(
        file=cast(IO[str], StandardError()), highlight=False, markup=False
    )
    if quiet:
        return Silence()
    return Bars(console) if console.is_terminal else Lines(console)


class Silence:
    """Show nothing; the others say when what is shown."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Training is over, or was stopped."""

    def say(self, text: str) -> None:
        """Show a line of text."""

    def begin(self, name: str, epochs: int) -> None:
        """Show that a network begins to train."""

    def end_epoch(self, epoch: int, logs: dict[str, float]) -> None:
        """Show what was measured of an epoch, counted from 0."""

    def finish(self, result: ArchitectureResult) -> None:
        """Show that a network is trained and measured."""

    def stop_soon(self) -> None:
        """Show that training stops at the end of the epoch."""


class Lines(Silence):
    """Show a line for each network, for a log."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def say(self, text: str) -> None:
        self._console.print(text, soft_wrap=True)

    def finish(self, result: ArchitectureResult) -> None:
        self.say(
            f"{result.name}: trained in {result.fit_seconds:.1f} s, "
            f"test accuracy {result.test.accuracy:.4f}"
        )


class Bars(Silence):
    """Show a bar for each network, which moves with every epoch."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TextColumn("{task.fields[measured]}"),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            console=console,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
        self.say("")

    def say(self, text: str) -> None:
        self._progress.console.print(text, soft_wrap=True)

    def begin(self, name: str, epochs: int) -> None:
        self._progress.add_task(name, total=epochs, measured="")

    def end_epoch(self, epoch: int, logs: dict[str, float]) -> None:
        self._progress.update(
            self._progress.task_ids[-1],
            completed=epoch + 1,
            measured=f"loss {logs['loss']:.4f} accuracy {logs['accuracy']:.4f}",
        )

    def stop_soon(self) -> None:
        for task in self._progress.task_ids[-1:]:
            self._progress.update(task, measured="stopping after this epoch")
