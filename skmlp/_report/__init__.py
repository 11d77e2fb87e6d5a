"""The report: a folder with a page, its pictures, and the numbers.

=================  ==================================================================
file               holds
=================  ==================================================================
``index.html``     everything, in one page that needs no other file
``results.json``   all numbers, learning curves and sentences, and how they were made
``results.csv``    the table, a line for each architecture
``curves.csv``     the learning curves, a line for each epoch
``*.png``          each picture
=================  ==================================================================
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from skmlp._report.page import render_page
from skmlp._report.pictures import LIGHT, draw_pictures
from skmlp._report.table import COLUMNS
from skmlp.model_selection import ArchitectureComparison

__all__ = ["COLUMNS", "prepare_folder", "write_report"]

_PAGE = "index.html"
_NUMBERS = "results.json"


def prepare_folder(folder: Path) -> None:
    """Make the folder, or find out why a report cannot be written into it.

    A folder that holds a report already may be used again; other files are never
    written over.

    Raises
    ------
    OSError
        The folder cannot be made or written to, or holds other files: use another.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not _earlier_files(folder):
        raise FileExistsError(None, "it holds files that are not of a report")
    with tempfile.TemporaryFile(dir=folder):
        pass


def write_report(
    comparison: ArchitectureComparison,
    X_test: np.ndarray,
    y_test: np.ndarray,
    folder: Path,
    *,
    title: str,
    summary: str,
    settings: Mapping[str, str],
    command: str,
) -> Path:
    """Write the report into a prepared folder and return the path of its page.

    Of what the folder held, the files of an earlier report are replaced or removed.
    """
    pictures = draw_pictures(comparison, X_test, y_test)
    page = render_page(
        comparison,
        pictures,
        title=title,
        summary=summary,
        settings=settings,
        command=command,
    )
    contents = {
        _PAGE: page.encode(),
        "results.csv": comparison.to_csv().encode(),
        "curves.csv": comparison.history_to_csv().encode(),
        **{picture.file_name: picture.png[LIGHT] for picture in pictures},
    }
    numbers: dict[str, Any] = {
        "made_by": "skmlp",
        "command": command,
        "settings": dict(settings),
        "files": [_NUMBERS, *contents],
        **comparison.to_dict(),
    }
    for name in _earlier_files(folder):
        with suppress(FileNotFoundError):
            (folder / name).unlink()
    # The list of files comes first: even a report cut short can be written over.
    contents = {_NUMBERS: json.dumps(numbers, indent=2).encode(), **contents}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder / _PAGE


def _earlier_files(folder: Path) -> list[str]:
    """Names of the files that an earlier report wrote into the folder."""
    try:
        numbers = json.loads((folder / _NUMBERS).read_bytes())
        files = numbers["files"] if numbers["made_by"] == "skmlp" else []
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [Path(name).name for name in files]
