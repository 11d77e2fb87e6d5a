"""The folder of the report: what may be written into it, and how a report gets there.

A report replaces another as a whole. Its files are written into a hidden folder inside
the folder, next to copies of those they replace. One renaming of the hidden folder
decides: before it the report is the old one, after it the new one.

===========================  ========================================================
what happens                 what the folder holds
===========================  ========================================================
an error at any step         the old report, and nothing else of this one
the process ends before      the old report; ``prepare_folder`` removes the rest
the process ends after       files of either report, each of them whole, if it ends
                             between two renamings: ``prepare_folder`` does the others
===========================  ========================================================

A file belongs to a report if ``results.json`` lists it, a report makes such names, and
it is no link, folder or device. All other files are the user's and stay as they are.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

MADE_BY = "skmlp"
NUMBERS = "results.json"
PAGE = "index.html"
CURVES, TABLE = "curves.csv", "results.csv"

_PICTURE = r"(loss|accuracy|[0-9]+-[A-Za-z0-9-]*-(loss|accuracy|confusion|errors))\.png"
_NAME = re.compile(rf"index\.html|(results|curves)\.csv|results\.json|{_PICTURE}")
_MOST_BYTES = 100_000_000  # of results.json: those of a million epochs
_HIDDEN, _UNFINISHED = ".skmlp-report-", ".part"
_NEW, _OLD = "new", "old"


def prepare_folder(folder: Path, names: Iterable[str]) -> None:
    """Make the folder, or find out why a report of these files cannot be put there.

    A folder that holds a report already may be used again, and one that a process left
    in the middle of writing is set right; other files are never written over.

    Raises
    ------
    OSError
        The folder cannot be made or written to, or holds other files: use another.
    """
    names = list(names)
    folder.mkdir(parents=True, exist_ok=True)
    for hidden in sorted(folder.glob(f"{_HIDDEN}*")):
        if not hidden.name.endswith(_UNFINISHED):
            _switch(folder, hidden, _listed(hidden / _NEW))
        _remove(hidden)
    _check_files(folder, names)
    if any(folder.iterdir()) and not find_files(folder):
        raise FileExistsError(None, "it holds files that are not of a report")
    with _hidden_folder(folder) as trial:  # names may be too long, folders forbidden
        _write(trial / _NEW / max(names, key=len), b"")


def write_report(report: Mapping[str, bytes], folder: Path) -> Path:
    """Replace the report in a prepared folder, as a whole, and return its page.

    Raises
    ------
    OSError
        There is no room, or the folder has changed since it was prepared: what it
        holds stays as it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _hidden_folder(folder) as hidden:
        for name, content in report.items():
            _write(hidden / _NEW / name, content)
        for name in find_files(folder):
            shutil.copy2(folder / name, hidden / _OLD / name)
        finished = hidden.rename(hidden.with_suffix(""))
        try:
            _switch(folder, finished, set(report))
        except BaseException:
            _switch_back(folder, finished, report)
            _remove(finished)
            raise
        _remove(finished)
    return folder / PAGE


def find_files(folder: Path) -> set[str]:
    """Return the names of the files of the report in the folder."""
    return {name for name in _listed(folder) if _is_plain_file(folder / name)}


def _listed(folder: Path) -> set[str]:
    """Return the names that ``results.json`` lists, but for those no report makes."""
    path = folder / NUMBERS
    if not _is_plain_file(path) or path.stat().st_size > _MOST_BYTES:
        return set()
    content = path.read_bytes()  # what cannot be read may list files: that is an error
    try:
        numbers = json.loads(content)
    except (ValueError, RecursionError, MemoryError):
        return set()
    if not isinstance(numbers, dict) or numbers.get("made_by") != MADE_BY:
        return set()
    files = numbers.get("files")
    if not isinstance(files, list):
        return set()
    names = {name for name in files if isinstance(name, str)}
    return {NUMBERS, *filter(_NAME.fullmatch, names)}


def _is_plain_file(path: Path) -> bool:
    return stat.S_ISREG(_mode(path))


def _is_folder(path: Path) -> bool:
    return stat.S_ISDIR(_mode(path))


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


def _check_files(folder: Path, names: Iterable[str]) -> None:
    """Refuse to write over files that are not of a report."""
    ours = find_files(folder)
    for name in names:
        if name not in ours and os.path.lexists(folder / name):
            raise FileExistsError(None, f"it holds {name}, which is not of a report")


@contextmanager
def _hidden_folder(folder: Path) -> Iterator[Path]:
    """Make a folder inside the folder, and remove it unless it was renamed."""
    hidden = Path(tempfile.mkdtemp(_UNFINISHED, _HIDDEN, folder))
    try:
        (hidden / _NEW).mkdir()
        (hidden / _OLD).mkdir()
        yield hidden
    finally:
        _remove(hidden)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # some disks notice only now that they are full


def _switch(folder: Path, hidden: Path, names: set[str]) -> None:
    """Move the new files to their places and remove what they do not replace.

    ``results.json`` moves last: as long as it is in the hidden folder, the one outside
    lists the old files, and this function can be called again to finish its work.
    """
    new = hidden / _NEW
    if not (_is_folder(hidden) and _is_folder(new) and _is_plain_file(new / NUMBERS)):
        return
    waiting = sorted(name for name in names if _is_plain_file(new / name))
    _check_files(folder, waiting)
    for name in waiting:
        if name != NUMBERS:
            os.replace(new / name, folder / name)
    for name in sorted(find_files(folder) - names):
        (folder / name).unlink()
    os.replace(new / NUMBERS, folder / NUMBERS)


def _switch_back(folder: Path, hidden: Path, names: Iterable[str]) -> None:
    """Undo what was done of a switch; what cannot be undone can still be finished."""
    new, old = hidden / _NEW, hidden / _OLD
    for name in names:
        if not (_is_plain_file(new / name) or _is_plain_file(old / name)):
            os.replace(folder / name, new / name)
    for name in sorted(os.listdir(old)):
        os.replace(old / name, folder / name)


def _remove(hidden: Path) -> None:
    """Remove a hidden folder, but for files that a report does not make."""
    if not _is_folder(hidden):
        return
    for part in (hidden / _NEW, hidden / _OLD):
        names = set(os.listdir(part)) if _is_folder(part) else set()
        # Without results.json, nobody takes a folder removed by half for a new report.
        for name in sorted(names, key=lambda name: name != NUMBERS):
            if _NAME.fullmatch(name):
                with suppress(OSError):
                    (part / name).unlink()
        with suppress(OSError):
            part.rmdir()
    with suppress(OSError):
        hidden.rmdir()
