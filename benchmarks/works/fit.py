"""The notebook's networks on MNIST: the first fit in a process, and the next."""

from __future__ import annotations

from benchmarks.works import START, Session, Step

TITLE = "Fitting MNIST, batch 128"
UNIT = "s/epoch"

# The hidden layers, and as many epochs as the figures to reach are stated for, or as
# make what is compiled once small beside the epochs.
NETWORKS = {
    "32-16": ((32, 16), 20),
    "128-128": ((128, 128), 5),
    "1024-512-256-128-64": ((1024, 512, 256, 128, 64), 2),
}


def sessions(quick: bool) -> list[Session]:
    """Return one session for each network: a cold and a warm fit."""
    found = []
    for name in NETWORKS:
        arguments = arguments_of(name, quick) | {"scored": True}
        cold = Step("fit", arguments, f"{name}, cold")
        warm = Step("fit", arguments, f"{name}, warm")
        found.append(Session((START, cold, warm)))
    return found


def arguments_of(name: str, quick: bool) -> dict:
    """Return what the task ``fit`` needs to know of a network and of the data."""
    hidden_layer_sizes, epochs = NETWORKS[name]
    return {
        "hidden_layer_sizes": hidden_layer_sizes,
        "n_samples": 2_000 if quick else 60_000,
        "epochs": 2 if quick else epochs,
    }
