"""A process of its own for a library: what one compiled helps and hurts no other."""

from __future__ import annotations

import multiprocessing
import os
import warnings
from multiprocessing.connection import Connection
from typing import Any


class TookTooLong(Exception):
    """A step did not end within its limit, and its process was ended."""


class StepFailed(Exception):
    """A step raised an error in its process."""


class LibraryProcess:
    """A new process that takes steps with one library, one at a time.

    Parameters
    ----------
    library : str
        A key of :data:`benchmarks.libraries.LIBRARIES`.
    """

    def __init__(self, library: str) -> None:
        # Spawned, not forked: the process has imported nothing and compiled nothing.
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(theirs, library), daemon=True
        )
        self._process.start()
        theirs.close()

    def take(self, task: str, arguments: dict[str, Any], limit: float) -> dict:
        """Return what a task of :mod:`benchmarks.tasks` measures.

        Parameters
        ----------
        task : str
            The name of the function.
        arguments : dict
            Its arguments after the library.
        limit : float
            Seconds after which the process is ended.
        """
        self._connection.send((task, arguments))
        if not self._connection.poll(limit):
            self.end()
            raise TookTooLong(f"over {limit:.0f} s")
        try:
            measured, error = self._connection.recv()
        except EOFError:
            self.end()
            raise StepFailed("the process died") from None
        if error:
            raise StepFailed(error)
        return measured

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self._connection.close()


def _serve(connection: Connection, library: str) -> None:
    """Take steps until the other end is closed."""
    with open(os.devnull, "w") as nowhere:  # frameworks talk on file descriptors
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    warnings.simplefilter("ignore")
    from benchmarks import tasks
    from benchmarks.libraries import LIBRARIES

    while True:
        try:
            task, arguments = connection.recv()
        except EOFError:
            return
        try:
            answer = getattr(tasks, task)(LIBRARIES[library], **arguments), None
        except Exception as error:
            answer = None, f"{type(error).__name__}: {error}"
        connection.send(answer)
