"""Probabilities of a few rows and of many."""

from __future__ import annotations

from benchmarks.works import START, Session, Step

TITLE = "predict_proba, 784 features, hidden layers (32, 16)"
UNIT = "ms"

ROWS = (1, 100, 10_000)


def sessions(quick: bool) -> list[Session]:
    """Return a session that asks the same fitted network for each number of rows."""
    steps = [
        Step(
            "predict",
            {"n_samples": n_samples, "seconds": 0.01 if quick else 0.5},
            f"{n_samples:,} row{'s' * (n_samples > 1)}",
        )
        for n_samples in ROWS
    ]
    prepare = Step("fit_to_predict", {"hidden_layer_sizes": (32, 16)})
    return [Session((START, prepare, *steps))]
