"""Early stopping on MNIST: what holding out, scoring and keeping the best cost."""

from __future__ import annotations

from benchmarks.works import COMPLETE, START, Session, Step
from benchmarks.works.fit import arguments_of

TITLE = "Early stopping on MNIST, batch 128, a tenth held out, all epochs"
UNIT = "s/epoch"

NETWORK = "32-16"


def sessions(quick: bool) -> list[Session]:
    """Return a session: a cold and a warm fit."""
    arguments = arguments_of(NETWORK, quick) | {"early_stopping": True}
    cold = Step("fit", arguments, f"{NETWORK}, cold")
    warm = Step("fit", arguments, f"{NETWORK}, warm")
    return [Session((START, cold, warm), COMPLETE)]
