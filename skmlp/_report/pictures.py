"""The pictures of the report, each drawn for a light and for a dark page.

An architecture has the same colour in all of them: that of its place in the comparison,
from palettes that colour-blind readers can tell apart (after Okabe and Ito, 2008).
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from textwrap import fill
from typing import Any

import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay

from skmlp.inspection import ConfidentErrorsDisplay, TrainingCurveDisplay
from skmlp.model_selection import ArchitectureComparison, ArchitectureResult


@dataclass(frozen=True)
class Theme:
    """Colours of the pictures, as the page has them."""

    name: str
    paper: str
    ink: str
    faint: str
    palette: tuple[str, ...]
    counts: tuple[str, ...]  # of a confusion matrix, from none to many
    pixels: str

    def color(self, index: int) -> str:
        """Colour of the architecture at this place of the comparison."""
        return self.palette[index % len(self.palette)]

    @property
    def rc_params(self) -> dict[str, Any]:
        """Matplotlib's settings."""
        return {
            "axes.edgecolor": self.faint,
            "axes.facecolor": self.paper,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "axes.labelcolor": self.ink,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "figure.facecolor": self.paper,
            "grid.alpha": 0.4,
            "grid.color": self.faint,
            "legend.edgecolor": "none",
            "legend.framealpha": 1,
            "lines.linewidth": 1.8,
            "text.color": self.ink,
            "xtick.color": self.faint,
            "xtick.labelcolor": self.ink,
            "ytick.color": self.faint,
            "ytick.labelcolor": self.ink,
        }


LIGHT = Theme(
    name="light",
    paper="#ffffff",
    ink="#24272c",
    faint="#a3a8b0",
    palette=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"),
    counts=("#f7f9fb", "#a9cce3", "#0072b2", "#00395a"),
    pixels="gray_r",
)
DARK = Theme(
    name="dark",
    paper="#16181c",
    ink="#e4e6ea",
    faint="#6d737d",
    palette=("#4ba6e3", "#f08a4b", "#2fc296", "#e09cc2", "#f0b83c", "#9ad2f5"),
    counts=("#1d2127", "#1f4d70", "#4ba6e3", "#cfe8fa"),
    pixels="gray",
)


@dataclass(frozen=True)
class Picture:
    """A drawn picture: PNG files by theme."""

    file_name: str
    description: str
    architecture: int | None  # place in the comparison; None shows all of them
    png: dict[Theme, bytes]


def picture_names(architectures: Iterable[str]) -> list[str]:
    """Return the names of the files of all pictures of these architectures."""
    return [
        *(_file_name(metric) for metric in _SUBJECTS),
        *(
            _file_name(subject, index, name)
            for index, name in enumerate(architectures)
            for subject in (*_SUBJECTS, "confusion", "errors")
        ),
    ]


def draw_pictures(
    comparison: ArchitectureComparison, X_test: np.ndarray, y_test: np.ndarray
) -> list[Picture]:
    """Draw the learning curves of all architectures, then all pictures of each."""
    pictures = [
        _picture(
            metric,
            f"{metric.capitalize()} of the training and test set after each epoch, "
            "for all architectures",
            partial(_draw_curves, results=comparison, first=0, metric=metric),
        )
        for metric in _SUBJECTS
    ]
    for index, result in enumerate(comparison):
        pictures += _pictures_of(result, index, X_test, y_test)
    return pictures


def _pictures_of(
    result: ArchitectureResult, index: int, X_test: np.ndarray, y_test: np.ndarray
) -> list[Picture]:
    probabilities = result.estimator.predict_proba(X_test)
    classes = result.estimator.classes_
    of_result = partial(_picture, index=index, name=result.name)
    return [
        *(
            of_result(
                metric,
                f"{metric.capitalize()} of {result.name} on the training and test set "
                "after each epoch",
                partial(_draw_curves, results=[result], first=index, metric=metric),
            )
            for metric in _SUBJECTS
        ),
        of_result(
            "confusion",
            f"Confusion matrix of {result.name} on the test set",
            partial(
                _draw_confusion,
                name=result.name,
                y_true=y_test,
                y_pred=classes[probabilities.argmax(axis=1)],
                classes=classes,
            ),
        ),
        of_result(
            "errors",
            f"Test images that {result.name} gets wrong with the greatest confidence",
            partial(
                _draw_errors,
                name=result.name,
                X=X_test,
                y_true=y_test,
                y_proba=probabilities,
                classes=classes,
            ),
        ),
    ]


def _picture(
    subject: str,
    description: str,
    draw: Callable[[Any, Theme], None],
    *,
    index: int | None = None,
    name: str = "",
) -> Picture:
    return Picture(
        file_name=_file_name(subject, index, name),
        description=description,
        architecture=index,
        png={theme: _to_png(draw, theme) for theme in (LIGHT, DARK)},
    )


def _file_name(subject: str, index: int | None = None, name: str = "") -> str:
    if index is None:
        return f"{subject}.png"
    slug = re.sub(r"[^A-Za-z0-9]+", "-", name)[:_LONGEST].strip("-")
    return f"{index + 1}-{slug}-{subject}.png"


def _to_png(draw: Callable[[Any, Theme], None], theme: Theme) -> bytes:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(theme.rc_params):
        figure = Figure(figsize=(5.2, 4.6), layout="constrained")
        draw(figure, theme)
        png = io.BytesIO()
        figure.savefig(png, format="png", dpi=160)
    return png.getvalue()


_LONGEST = 100  # name of an architecture in one of a file, which may have 255 bytes
_SUBJECTS = {"loss": "Loss (nats)", "accuracy": "Accuracy"}


def _draw_curves(
    figure: Any,
    theme: Theme,
    *,
    results: Sequence[ArchitectureResult],
    first: int,
    metric: str,
) -> None:
    from matplotlib.lines import Line2D

    ax = figure.subplots()
    names = {}
    for index, result in enumerate(results, start=first):
        curves = {result.name: [result.history[c] for c in (metric, f"val_{metric}")]}
        color = theme.color(index)
        TrainingCurveDisplay(curves, metric=metric).plot(ax, color=color)
        names[result.name] = Line2D([], [], color=color)
    sets = {
        "training": Line2D([], [], color=theme.ink, linestyle="--"),
        "test": Line2D([], [], color=theme.ink),
    }
    legend = names | sets
    ax.legend(legend.values(), legend.keys(), borderaxespad=0)
    ax.set(ylabel=None, ylim=_limits(results, metric))
    _set_title(figure, _SUBJECTS[metric])


def _limits(results: Sequence[ArchitectureResult], metric: str) -> tuple[float, float]:
    """Room for the test curves, and for the training curves from the third epoch on.

    Means over the first epochs are so far off that they would flatten all else.
    """
    shown = np.concatenate(
        [
            curve
            for result in results
            for curve in (
                result.history[metric][2:] or result.history[metric],
                result.history[f"val_{metric}"],
            )
        ]
    )
    margin = 0.05 * np.ptp(shown) or 0.01
    return shown.min() - margin, shown.max() + margin


def _draw_confusion(
    figure: Any,
    theme: Theme,
    *,
    name: str,
    y_true: np.ndarray,
    y_pred: np.ndarray,
    classes: np.ndarray,
) -> None:
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm

    ax = figure.subplots()
    ax.grid(visible=False)
    ConfusionMatrixDisplay.from_predictions(
        y_true,
        y_pred,
        labels=classes,
        ax=ax,
        colorbar=False,
        cmap=LinearSegmentedColormap.from_list("counts", theme.counts),
        # Errors are few beside hits: the square root makes them visible.
        im_kw={"norm": PowerNorm(0.5)},
        text_kw={"fontsize": 8},
    )
    ax.tick_params(length=0)
    _set_title(figure, f"{name}: confusion matrix")


def _draw_errors(
    figure: Any,
    theme: Theme,
    *,
    name: str,
    X: np.ndarray,
    y_true: np.ndarray,
    y_proba: np.ndarray,
    classes: np.ndarray,
) -> None:
    ax = figure.subplots()
    ConfidentErrorsDisplay.from_predictions(
        X, y_true, y_proba, classes=classes, ax=ax, cmap=theme.pixels
    )
    _set_title(figure, f"{name}: most confident errors")


def _set_title(figure: Any, title: str) -> None:
    title = fill(title, 44)
    figure.suptitle(title, x=0.02, ha="left", fontsize="large", weight="bold")
