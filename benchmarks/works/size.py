"""What a fit costs as the data or the network grow."""

from __future__ import annotations

from benchmarks.works import START, Session, Step

TITLE = "Cost against size: one warm fit"
UNIT = "s/epoch"

# MNIST is repeated beyond its 60,000 digits; small data get more epochs.
EPOCHS_OF_SAMPLES = {1_000: 20, 10_000: 5, 60_000: 1, 600_000: 1}
WIDTHS = (32, 128, 512, 1_024, 4_096)
SAMPLES_OF_WIDTHS = 10_000


def sessions(quick: bool) -> list[Session]:
    """Return a session for the numbers of samples and one for the widths."""
    samples = {1_000: 1, 2_000: 1} if quick else EPOCHS_OF_SAMPLES
    widths = (32, 128) if quick else WIDTHS
    n_samples = 1_000 if quick else SAMPLES_OF_WIDTHS
    by_samples = [
        step
        for n, epochs in samples.items()
        for step in _warm_fit(f"{n:,} samples", (32, 16), n, epochs)
    ]
    by_width = [
        step
        for width in widths
        for step in _warm_fit(f"{width:,} units", (width,), n_samples, 2)
    ]
    return [Session((START, *by_samples)), Session((START, *by_width))]


def _warm_fit(case, hidden_layer_sizes, n_samples, epochs) -> list[Step]:
    """Return a fit that is not counted, for it may compile, and the one that is."""
    arguments = {
        "hidden_layer_sizes": hidden_layer_sizes,
        "n_samples": n_samples,
        "epochs": epochs,
    }
    return [Step("fit", arguments), Step("fit", arguments, case)]
