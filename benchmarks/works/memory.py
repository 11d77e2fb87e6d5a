"""Memory: the most that a fit takes, and what each further fit keeps."""

from __future__ import annotations

from benchmarks.works import START, Session, Step

TITLE = "Resident memory"
UNIT = "MB"


def sessions(quick: bool) -> list[Session]:
    """Return a session for the peak and one for what a sweep keeps."""
    peak = Step(
        "peak_memory", {"hidden_layer_sizes": (32, 16)}, "peak, one epoch of MNIST"
    )
    counts = (
        {"n_settling": 2, "n_fits": 4} if quick else {"n_settling": 20, "n_fits": 40}
    )
    kept = Step("kept_memory", counts, "kept by each further fit")
    return [Session((START, peak)), Session((START, kept))]
