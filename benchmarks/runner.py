"""Rounds: in each, every library takes every session of a work in a new process.

The libraries follow one another within a round, each round begins with another one, and
the median over rounds is what counts: so a machine that slows down for a while slows
them all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

from benchmarks import works
from benchmarks.libraries import LIBRARIES
from benchmarks.process import LibraryProcess, StepFailed, TookTooLong
from benchmarks.results import Measurement
from benchmarks.works import Session


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes
    ----------
    works : sequence of str
        Keys of the works.
    libraries : sequence of str
        Keys of the libraries.
    rounds : int
        How often everything is measured.
    quick : bool
        Whether the works are made tiny, to see that all runs.
    step_limit : float
        Seconds after which a step is given up, with the rest of its session.
    session_limit : float
        Seconds of work on a session after which a library sits out further rounds.
    """

    works: Sequence[str]
    libraries: Sequence[str]
    rounds: int = 3
    quick: bool = False
    step_limit: float = 300.0
    session_limit: float = 25.0


def run(plan: Plan, tell: Callable[[str], None]) -> Iterator[Measurement]:
    """Measure what is planned, and yield each measurement when it is made."""
    for work in plan.works:
        for session in works.load(work).sessions(plan.quick):
            yield from _run_session(plan, work, session, tell)


def _run_session(
    plan: Plan, work: str, session: Session, tell: Callable[[str], None]
) -> Iterator[Measurement]:
    spent: dict[str, float] = defaultdict(float)
    present = [key for key in plan.libraries if key in session.libraries]
    for key in [key for key in present if LIBRARIES[key].missing]:
        present.remove(key)
        problem = f"{', '.join(LIBRARIES[key].missing)} not installed"
        for step in session.steps:
            if step.case and key in step.libraries:
                yield Measurement(work, step.case, key, 0, problem=problem)

    for number in range(plan.rounds):
        for key in in_turn(present, number):
            if spent[key] > plan.session_limit:
                continue
            tell(f"{work}: round {number + 1} of {plan.rounds}, {key}")
            began = perf_counter()
            yield from _take_steps(plan, work, session, key, number)
            spent[key] += perf_counter() - began


def in_turn(libraries: Sequence[str], number: int) -> list[str]:
    """Return the libraries in the order of a round: each round begins with another."""
    first = number % max(len(libraries), 1)
    return [*libraries[first:], *libraries[:first]]


def _take_steps(
    plan: Plan, work: str, session: Session, key: str, number: int
) -> Iterator[Measurement]:
    process = LibraryProcess(key)
    problem = ""
    for step in session.steps:
        if key not in step.libraries:
            continue
        measured: dict = {}
        if not problem:
            try:
                measured = process.take(step.task, step.arguments, plan.step_limit)
            except (StepFailed, TookTooLong) as error:
                problem = str(error)
        if step.case:
            value = measured.pop("value", None)
            yield Measurement(work, step.case, key, number, value, problem, measured)
    process.end()
