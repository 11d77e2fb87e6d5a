"""Ctrl-C while networks train: the first one waits for the end of the epoch.

An epoch is one call of compiled code, which no exception can leave, and an exception
that arrives as it returns may be dropped by a callback of the garbage collector. So the
first interrupt is noted, and asked for where training can stop. A second one is not
held back.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def held_interrupts(note: Callable[[], None]) -> Iterator[Callable[..., None]]:
    """Hold the first interrupt back, and call ``note`` when it comes.

    Gives a function that raises it as KeyboardInterrupt, if it came.
    """
    interrupted = False

    def hold(signum: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        signal.signal(signal.SIGINT, handler)
        note()

    def release(*_: object) -> None:
        if interrupted:
            raise KeyboardInterrupt

    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:  # else interrupts are not for us
        signal.signal(signal.SIGINT, hold)
    try:
        yield release
    finally:
        signal.signal(signal.SIGINT, handler)
