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

``make_report`` makes the files, ``prepare_folder`` and ``write_report`` (``folder.py``)
keep them together on the disk.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from skmlp._report.folder import (
    CURVES,
    MADE_BY,
    NUMBERS,
    PAGE,
    TABLE,
    prepare_folder,
    write_report,
)
from skmlp._report.page import render_page
from skmlp._report.pictures import LIGHT, draw_pictures, picture_names
from skmlp._report.table import COLUMNS
from skmlp.model_selection import ArchitectureComparison

__all__ = ["COLUMNS", "file_names", "make_report", "prepare_folder", "write_report"]


def file_names(architectures: Iterable[str]) -> list[str]:
    """Return the names of the files that a report of these architectures has."""
    return [NUMBERS, PAGE, TABLE, CURVES, *picture_names(architectures)]


def make_report(
    comparison: ArchitectureComparison,
    X_test: np.ndarray,
    y_test: np.ndarray,
    *,
    title: str,
    summary: str,
    settings: Mapping[str, str],
    command: str,
) -> dict[str, bytes]:
    """Return the files of the report by name."""
    pictures = draw_pictures(comparison, X_test, y_test)
    page = render_page(
        comparison,
        pictures,
        title=title,
        summary=summary,
        settings=settings,
        command=command,
    )
    files = {
        PAGE: page.encode(),
        TABLE: comparison.to_csv().encode(),
        CURVES: comparison.history_to_csv().encode(),
        **{picture.file_name: picture.png[LIGHT] for picture in pictures},
    }
    numbers: dict[str, Any] = {
        "made_by": MADE_BY,
        "command": command,
        "settings": dict(settings),
        "files": [NUMBERS, *files],
        **comparison.to_dict(),
    }
    return {NUMBERS: json.dumps(numbers, indent=2).encode(), **files}
