"""The progress of a training on standard output."""

from __future__ import annotations

import sys

import keras

from skmlp._job import Job
from skmlp._training.watch import Logs

# Characters of the progress bar, so that a line fits in 80 columns and can be redrawn.
_BAR_WIDTH = 15


class Progress:
    """A bar of epochs on a line that is redrawn, or a line for each epoch.

    Lines instead of a bar where bars would pile up, in a file or a pipe.
    """

    def __init__(self, job: Job) -> None:
        monitor = job.stopping.monitor
        # What fits on the line of the bar.
        self._shown = ("loss", monitor if monitor == "val_score" else "val_loss")
        self._n_epochs = job.recipe.epochs
        self._redraws = job.verbose == 1 and can_redraw_a_line()
        self._bar = keras.utils.Progbar(
            self._n_epochs,
            width=_BAR_WIDTH,
            verbose=1 if self._redraws else 2,
            stateless_metrics=(),
            unit_name="epoch",
        )
        self._seen = 0
        self._line_is_open = False

    def epoch_ends(self, epoch: int, logs: Logs) -> None:
        """Show the epoch."""
        names = self._shown if self._redraws else logs
        self._seen = epoch + 1
        self._line_is_open = self._redraws and self._seen < self._n_epochs
        self._bar.update(
            self._seen,
            [(name, logs[name]) for name in names if name in logs],
            finalize=not self._line_is_open,
        )

    def train_ends(self) -> None:
        """End the line where training ended before the last epoch."""
        if self._line_is_open:
            self._bar.update(self._seen, finalize=True)
            self._line_is_open = False


def can_redraw_a_line() -> bool:
    """Return whether standard output is a terminal or a notebook's.

    Keras' own test for that is true of every output on Linux.
    """
    return sys.stdout.isatty() or "ipykernel" in sys.modules
