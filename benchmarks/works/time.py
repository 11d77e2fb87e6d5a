"""What one waits for: imports, the first fit of a process, scikit-learn's checks."""

from __future__ import annotations

from benchmarks.works import Session, Step

TITLE = "Waiting"
UNIT = "s"


def sessions(quick: bool) -> list[Session]:
    """Return a session of new interpreters, and one of scikit-learn's checks."""
    waits = Session(
        (
            Step("import_time", {}, "import"),
            Step("first_fit_time", {}, "first fit in a new process"),
        )
    )
    if quick:
        return [waits]
    return [
        waits,
        Session((Step("check", {}, "check_estimator"),), ("skmlp", "sklearn")),
    ]
