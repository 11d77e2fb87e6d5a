"""Standard output and standard error: closed, full, or short of characters.

None of it ends a training, or hides a report that was written.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any, TextIO


def open_closed_streams() -> None:
    """Put the null device where a standard stream is closed, as by ``>&-``.

    Else the next file opened would take its number, and what libraries say on standard
    error would be written into that file.
    """
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115


def write(text: str) -> None:
    """Write a text to standard output, with characters that it lacks escaped.

    Raises
    ------
    OSError, ValueError
        It is full, or was closed. A reader that has gone is no error: it has seen
        enough.
    """
    stream = sys.stdout
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        _abandon(stream)
    except (OSError, ValueError):  # ValueError: it was closed
        _abandon(stream)
        raise


def flush() -> None:
    """Flush the standard streams; Python would complain of those that cannot be."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _abandon(stream)


class StandardError:
    """Standard error, which drops what cannot be written."""

    def __init__(self) -> None:
        self._stream = sys.stderr

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> None:
        """Write a text, if that is possible."""
        try:
            self._stream.write(text)
        except (OSError, ValueError):
            _abandon(self._stream)

    def flush(self) -> None:
        """Flush the stream, if that is possible."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            _abandon(self._stream)


def _abandon(stream: TextIO) -> None:
    """Let what the stream still holds, and what follows, go to the null device."""
    with suppress(OSError, ValueError), open(os.devnull, "w") as null:
        os.dup2(null.fileno(), stream.fileno())


def readable(text: str) -> str:
    """Return an argument with the bytes escaped that are no characters."""
    try:
        content = os.fsencode(text)
    except UnicodeEncodeError:  # it does not come from a shell
        content = text.encode(errors="backslashreplace")
    return content.decode(errors="backslashreplace")
