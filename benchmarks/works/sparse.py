"""Sparse input: texts as word counts, of which each has a hundred."""

from __future__ import annotations

from benchmarks.works import COMPLETE, START, Session, Step

TITLE = "Sparse input: 10,000 texts, hidden layer (100,), batch 128, one warm fit"
UNIT = "s/epoch"

# A dictionary in which every twentieth word occurs in a text, and one of the size that
# is usual for text. MLPClassifier multiplies sparse batches, skmlp makes them dense.
WORDS = (2_000, 20_000)


def sessions(quick: bool) -> list[Session]:
    """Return a session: a fit for each number of words."""
    steps = []
    for n_words in WORDS:
        arguments = {
            "hidden_layer_sizes": (100,),
            "n_samples": 500 if quick else 10_000,
            "n_words": n_words,
            "epochs": 1 if quick else 3,
        }
        # The first fit is not counted: it may compile.
        steps += [
            Step("fit_texts", arguments),
            Step("fit_texts", arguments, f"{n_words:,} words"),
        ]
    return [Session((START, *steps), COMPLETE)]
