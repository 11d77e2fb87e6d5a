"""What a fit costs as the data or the network grow."""

from __future__ import annotations

from benchmarks.works import START, Session, Step

TITLE = "Cost against size: one warm fit"
UNIT = "s/epoch"

# MNIST is repeated beyond its 60,000 digits. Small data and small networks get more
# epochs, as they do in use, so that what a fit costs once is shared out among them.
EPOCHS_OF_SAMPLES = {1_000: 20, 10_000: 10, 60_000: 2, 600_000: 1}
EPOCHS_OF_WIDTH = {32: 20, 128: 20, 512: 5, 1_024: 3, 4_096: 1}
SAMPLES_OF_WIDTHS = 5_000


def sessions(quick: bool) -> list[Session]:
    """Return a session for the numbers of samples and one for the widths."""
    samples = {1_000: 1, 2_000: 1} if quick else EPOCHS_OF_SAMPLES
    widths = {32: 2, 128: 2} if quick else EPOCHS_OF_WIDTH
    n_samples = 1_000 if quick else SAMPLES_OF_WIDTHS
    by_samples = [
        step
        for n, epochs in samples.items()
        for step in _warm_fit(f"{n:,} samples", (32, 16), n, epochs)
    ]
    by_width = [
        step
        for width, epochs in widths.items()
        for step in _warm_fit(f"{width:,} units", (width,), n_samples, epochs)
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
