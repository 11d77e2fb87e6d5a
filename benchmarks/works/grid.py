"""A grid search on scikit-learn's small digits: 30 fits and the refit.

The warm search is that of the libraries that search fast: scikeras and skorch keep
nothing from one fit to the next, so theirs would be the cold search over again.
"""

from __future__ import annotations

from benchmarks.works import COMPLETE, START, Session, Step

TITLE = "GridSearchCV on load_digits, 31 fits, 20 epochs, batch 32"
UNIT = "s"

LIBRARIES = ("skmlp", "sklearn", "scikeras", "skorch")
ARCHITECTURES = [(64,), (32, 16)]
LEARNING_RATES = [0.003, 0.01, 0.03]


def sessions(quick: bool) -> list[Session]:
    """Return a session: the search, a further fit of it, the search again."""
    epochs = 1 if quick else 20
    arguments = {
        "architectures": ARCHITECTURES[:1] if quick else ARCHITECTURES,
        "learning_rates": LEARNING_RATES[:1] if quick else LEARNING_RATES,
        "epochs": epochs,
    }
    one_fit = {"hidden_layer_sizes": ARCHITECTURES[0], "epochs": epochs}
    return [
        Session(
            (
                START,
                Step("search", arguments, "search, cold"),
                Step("fit_digits", one_fit, "one further fit"),
                Step("search", arguments, "search, warm", COMPLETE),
            ),
            LIBRARIES,
        )
    ]
