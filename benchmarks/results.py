"""Measurements, their medians, ratios to skmlp, and the goals they are held against."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

OURS = "skmlp"


@dataclass(frozen=True)
class Measurement:
    """What one library measured in one round.

    Attributes
    ----------
    work, case, library : str
        Where it stands: the table, its row, its column.
    round : int
        The round, from 0.
    value : float or None
        The number, in the unit of the work; ``None`` if there is a problem.
    problem : str
        Why there is no number.
    beside : dict
        Whatever else the task reported.
    """

    work: str
    case: str
    library: str
    round: int
    value: float | None = None
    problem: str = ""
    beside: dict[str, Any] = field(default_factory=dict)


class Results:
    """Measurements, by work, case and library.

    Parameters
    ----------
    measurements : iterable of Measurement
        All that was measured.
    """

    def __init__(self, measurements: Iterable[Measurement]) -> None:
        self.measurements = list(measurements)

    def works(self) -> list[str]:
        """Return the works, in the order in which they were measured."""
        return list(dict.fromkeys(m.work for m in self.measurements))

    def cases(self, work: str) -> list[str]:
        """Return the cases of a work, in order."""
        cases = (m.case for m in self.measurements if m.work == work)
        return list(dict.fromkeys(cases))

    def libraries(self, work: str) -> set[str]:
        """Return the libraries that took part in a work."""
        return {m.library for m in self.measurements if m.work == work}

    def of(self, work: str, case: str, library: str) -> list[Measurement]:
        """Return the measurements of all rounds."""
        key = (work, case, library)
        return [m for m in self.measurements if (m.work, m.case, m.library) == key]

    def median(self, work: str, case: str, library: str) -> float | None:
        """Return the median over the rounds that gave a number, if any did."""
        rounds = self.of(work, case, library)
        values = [m.value for m in rounds if m.value is not None]
        return statistics.median(values) if values else None

    def beside(self, work: str, case: str, library: str, name: str) -> float | None:
        """Return the median over the rounds of what was reported beside the value."""
        reported = [m.beside.get(name) for m in self.of(work, case, library)]
        values = [value for value in reported if value is not None]
        return statistics.median(values) if values else None

    def problem(self, work: str, case: str, library: str) -> str:
        """Return why there is no number."""
        problems = [m.problem for m in self.of(work, case, library) if m.problem]
        return problems[0] if problems else ""

    def ratio(self, work: str, case: str, library: str, to: str = OURS) -> float | None:
        """Return how many times as much as ``to`` a library takes, where both did."""
        value, base = self.median(work, case, library), self.median(work, case, to)
        return value / base if value is not None and base else None


@dataclass(frozen=True)
class Goal:
    """A figure that skmlp is to reach.

    Attributes
    ----------
    work, case : str
        What it is measured on.
    peer : str or None
        The library that the figure is relative to: its time over skmlp's. ``None``
        stands for the measured value itself.
    must : float or None
        What has to be reached; None where something is only aimed at.
    aim : float or None
        What is aimed at.
    less_is_better : bool
        Whether the figure is at most, and not at least, its bounds. Then, relative to a
        peer, it is skmlp's time over the peer's.
    """

    work: str
    case: str
    peer: str | None
    must: float | None
    aim: float | None = None
    less_is_better: bool = False

    def figure(self, results: Results) -> float | None:
        """Return the figure, if it was measured."""
        if self.peer is None:
            return results.median(self.work, self.case, OURS)
        if self.less_is_better:
            return results.ratio(self.work, self.case, OURS, to=self.peer)
        return results.ratio(self.work, self.case, self.peer)

    def verdict(self, results: Results) -> str:
        """Return whether it is reached, in words; ``""`` where it was not measured."""
        figure = self.figure(results)
        if figure is None:
            return ""
        if self.must is not None and not self._is_met(figure, self.must):
            return "missed"
        if self.aim is not None and self._is_met(figure, self.aim):
            return "aim reached"
        return "aim missed" if self.must is None else "reached"

    def _is_met(self, figure: float, bound: float) -> bool:
        return figure <= bound if self.less_is_better else figure >= bound


# On two cores, side by side in one run.
GOALS = (
    Goal("fit", "32-16, cold", "keras", 3.5, 5),
    Goal("fit", "32-16, cold", "sklearn", 1.7, 2.5),
    Goal("fit", "32-16, warm", "keras", 4.5),
    Goal("fit", "32-16, warm", "sklearn", 2.3),
    Goal("fit", "32-16, warm", "jax", None, 1.15, less_is_better=True),
    Goal("fit", "1024-512-256-128-64, warm", "keras", 1.5),
    Goal("fit", "1024-512-256-128-64, warm", "sklearn", 2),
    Goal("fit", "1024-512-256-128-64, warm", "jax", None, 1.1, less_is_better=True),
    Goal("grid", "search, cold", "scikeras", 12, 25),
    Goal("grid", "search, cold", "sklearn", 1, 2),
    Goal("grid", "one further fit", "scikeras", 30),
    Goal("grid", "one further fit", "sklearn", 2.5),
    Goal("predict", "1 row", "sklearn", 1.3, 1, less_is_better=True),
    Goal("predict", "1 row", "scikeras", 200),
    Goal("predict", "10,000 rows", "keras", 3),
    Goal("predict", "10,000 rows", "sklearn", None, 1, less_is_better=True),
    Goal("memory", "kept by each further fit", None, 0.3, 0.1, less_is_better=True),
    Goal("time", "check_estimator", None, 90, 40, less_is_better=True),
)
