"""The page of the report: one HTML file, with everything in it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from string import Template

from skmlp._report.pictures import DARK, LIGHT, Picture
from skmlp._report.table import COLUMNS
from skmlp.model_selection import ArchitectureComparison, ArchitectureResult, Verdict

_ERRORS = (
    "Above each digit: the class predicted, the true class, "
    "and the probability predicted."
)
_NO_VERDICTS = "<p>One architecture alone has nothing to be compared with.</p>"


def render_page(
    comparison: ArchitectureComparison,
    pictures: Iterable[Picture],
    *,
    title: str,
    summary: str,
    settings: Mapping[str, str],
    command: str,
) -> str:
    """Return the page as HTML."""
    figures: dict[int | None, list[str]] = defaultdict(list)
    for picture in pictures:
        figures[picture.architecture].append(_figure(picture))
    page = files("skmlp._report").joinpath("page.html").read_text(encoding="utf-8")
    return Template(page).substitute(
        title=escape(title),
        summary=escape(summary),
        header=_row(_header_cell(name) for name in COLUMNS),
        rows="".join(_table_row(i, result) for i, result in enumerate(comparison)),
        verdicts="".join(
            _verdict(number, verdict)
            for number, verdict in enumerate(comparison.verdicts, start=1)
        )
        or _NO_VERDICTS,
        curves="".join(figures[None]),
        architectures="".join(
            _section(i, result, figures[i]) for i, result in enumerate(comparison)
        ),
        command=escape(command),
        settings="".join(
            f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
            for name, value in settings.items()
        ),
    )


def _row(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def _header_cell(name: str) -> str:
    return f'<th scope="col">{escape(name)}</th>'


def _table_row(index: int, result: ArchitectureResult) -> str:
    texts = [escape(column(result)) for column in COLUMNS.values()]
    head = f'<th scope="row">{_swatch(index)}{texts[0]}</th>'
    return _row([head, *(f"<td>{text}</td>" for text in texts[1:])])


def _swatch(index: int) -> str:
    light, dark = LIGHT.color(index), DARK.color(index)
    return f'<span class="swatch" style="--light: {light}; --dark: {dark}"></span>'


def _verdict(number: int, verdict: Verdict) -> str:
    findings = "".join(
        f"<span>{_unbroken(finding)}</span> " for finding in verdict.findings
    )
    return (
        f"<article><h3>Q{number}. {_unbroken(verdict.question)}</h3>"
        f'<p class="findings">{findings}</p>'
        f"<p>{_unbroken(verdict.difference)}</p>"
        f"<p>{_unbroken(verdict.reason)}</p></article>"
    )


def _unbroken(text: str) -> str:
    """Escape a text, and let no line end within 1024-512-256."""
    return re.sub(r"\w+(-\w+)+", r'<span class="name">\g<0></span>', escape(text))


def _section(index: int, result: ArchitectureResult, figures: Iterable[str]) -> str:
    return (
        f"<section><h2>{_swatch(index)}{escape(result.name)}</h2>"
        f'<div class="pictures">{"".join(figures)}</div>'
        f'<p class="note">{_ERRORS}</p></section>'
    )


def _figure(picture: Picture) -> str:
    light, dark = (
        f"data:image/png;base64,{b64encode(picture.png[theme]).decode()}"
        for theme in (LIGHT, DARK)
    )
    return (
        "<picture>"
        f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" alt="{escape(picture.description)}" '
        'width="832" height="736">'
        "</picture>"
    )
