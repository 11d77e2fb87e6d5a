"""L-BFGS on small data: the time of an iteration, and the loss after all of them."""

from __future__ import annotations

from benchmarks.works import COMPLETE, START, Session, Step

TITLE = "L-BFGS, hidden layer (32,), alpha=1, float64, warm"
UNIT = "ms/iteration"
BESIDE = ("loss",)

DATA_SETS = ("iris", "digits", "diabetes")
# So many that neither library finds a minimum before.
ITERATIONS = 100


def sessions(quick: bool) -> list[Session]:
    """Return a session of all data sets, each fitted from several starts."""
    steps = []
    for data_set in DATA_SETS:
        arguments = {"data_set": data_set, "hidden_layer_sizes": (32,)}
        first = {"iterations": 2, "n_starts": 1}
        all_starts = {
            "iterations": 5 if quick else ITERATIONS,
            "n_starts": 1 if quick else 5,
        }
        steps += [
            Step("fit_by_lbfgs", arguments | first),  # it may compile
            Step("fit_by_lbfgs", arguments | all_starts, data_set),
        ]
    return [Session((START, *steps), COMPLETE)]
