"""Single against double precision: the same fit of MNIST in both."""

from __future__ import annotations

from benchmarks.works import COMPLETE, START, Session, Step
from benchmarks.works.fit import arguments_of

TITLE = "float32 against float64: MNIST, batch 128, one warm fit"
UNIT = "s/epoch"

NETWORKS = ("32-16", "128-128")


def sessions(quick: bool) -> list[Session]:
    """Return a session: a fit of each network in each precision."""
    steps = []
    for name in NETWORKS:
        for dtype in ("float32", "float64"):
            arguments = arguments_of(name, quick) | {"epochs": 2, "dtype": dtype}
            # The first fit is not counted: it may compile.
            steps += [
                Step("fit", arguments),
                Step("fit", arguments, f"{name}, {dtype}"),
            ]
    return [Session((START, *steps), COMPLETE)]
