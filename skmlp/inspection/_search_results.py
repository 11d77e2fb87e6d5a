"""What a search over parameters found, as a heat map of two of them."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skmlp.inspection._axes import new_axes

# Longer labels below the columns would run into each other.
_LONGEST_LEVEL_LABEL = 6

# An estimator as a value would fill the picture with its parameters.
_LONGEST_LABEL = 30


class SearchResultsDisplay:
    """Scores of a search over parameters, as a heat map of two of them.

    A cell shows the best mean score among all candidates with its two values, and one
    without candidates is blank. A frame marks the cell of the candidate that the search
    chose. Make one with :meth:`from_estimator`.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_columns)
        Scores, NaN where there are none.

    row_labels : list of str
        Values of the parameter down the vertical axis.

    column_labels : list of str
        Values of the parameter along the horizontal axis.

    params : tuple of two str, default=None
        Names of the two parameters, as they stand at the axes: rows, then columns. None
        leaves the axes without names.

    score_label : str, default="Score"
        What the scores are, as it stands at the colour bar.

    notes : ndarray of str of shape (n_rows, n_columns), default=None
        What stands below the scores, such as the resources of a search that halves;
        None adds nothing.

    chosen : tuple of two int, default=None
        Row and column of the cell to frame; None frames none.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes drawn on.

    figure_ : matplotlib Figure
        The figure that holds them.

    im_ : matplotlib AxesImage
        The heat map.

    text_ : ndarray of shape (n_rows, n_columns), dtype=object
        The scores as matplotlib Text; None where a cell is blank or without a value.

    colorbar_ : matplotlib Colorbar
        The scale of the scores.

    frame_ : matplotlib Rectangle or None
        The frame of the candidate that was chosen.

    See Also
    --------
    sklearn.model_selection.ValidationCurveDisplay : Scores over one parameter.
    skmlp.model_selection.compare_architectures : Compare architectures, with reasons.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from skmlp import DenseClassifier
    >>> from skmlp.inspection import SearchResultsDisplay
    >>> net = DenseClassifier(epochs=5, tol=None, random_state=0)
    >>> grid = {"hidden_layer_sizes": [(4,), (8, 8)], "learning_rate": [0.01, 0.1]}
    >>> search = GridSearchCV(net, grid, cv=2).fit(*load_iris(return_X_y=True))
    >>> display = SearchResultsDisplay.from_estimator(search)
    >>> display.row_labels, display.column_labels
    (['4', '8-8'], ['0.01', '0.1'])
    """

    def __init__(
        self,
        scores,
        row_labels,
        column_labels,
        *,
        params=None,
        score_label="Score",
        notes=None,
        chosen=None,
    ):
        self.scores = scores
        self.row_labels = row_labels
        self.column_labels = column_labels
        self.params = params
        self.score_label = score_label
        self.notes = notes
        self.chosen = chosen

    @classmethod
    def from_estimator(
        cls,
        search,
        *,
        params=None,
        metric="score",
        ax=None,
        include_values=True,
        values_format=".3f",
        cmap="viridis",
    ):
        """Draw the results of a fitted search.

        Parameters
        ----------
        search : estimator
            Fitted search with ``cv_results_``: :class:`~sklearn.model_selection.\
GridSearchCV`, :class:`~sklearn.model_selection.RandomizedSearchCV` over lists of
            values, their halving forms, or another library's that records the same. Of
            a search that halves, a cell shows the candidates that came furthest, with
            the resources that they were given.

        params : tuple of two str, default=None
            Parameters down the rows and along the columns. None takes the first two
            of which the search tried more than one value, and puts labels that are too
            long for columns down the rows.

        metric : str, default="score"
            Which score, where the search measured several: a name in its ``scoring``.

        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        include_values : bool, default=True
            Whether the scores stand in the cells.

        values_format : str, default=".3f"
            Format of the scores in the cells.

        cmap : str or matplotlib Colormap, default="viridis"
            Colours of the cells.

        Returns
        -------
        display : SearchResultsDisplay
            The display, drawn.
        """
        check_is_fitted(search, "cv_results_")
        results = search.cv_results_
        means = _means(results, metric)
        candidates = results["params"]
        searched = _values_by_param(candidates)
        # What a halving search sets itself, of each iteration, is shown beside scores.
        searched.pop(getattr(search, "resource", None), None)
        params = _choose_params(params, searched)
        rows, columns = (searched[name] for name in params)
        cells = [_cell(candidate, params, (rows, columns)) for candidate in candidates]

        # A better candidate of the same cell comes later, and takes it.
        best = {cells[index]: index for index in _from_worst_to_best(results, means)}
        best.pop(None, None)
        scores = np.full((len(rows), len(columns)), np.nan)
        notes = np.full(scores.shape, "", dtype=object)
        for cell, index in best.items():
            scores[cell] = means[index]
            if "n_resources" in results:
                notes[cell] = _describe_resources(search, index)

        names = _short_names(searched)
        return cls(
            scores,
            list(rows.values()),
            list(columns.values()),
            params=tuple(names[name] for name in params),
            score_label=_describe_scores(metric, names, searched, params),
            notes=notes,
            chosen=cells[search.best_index_]
            if hasattr(search, "best_index_")
            else None,
        ).plot(
            ax=ax,
            include_values=include_values,
            values_format=values_format,
            cmap=cmap,
        )

    def plot(
        self, ax=None, *, include_values=True, values_format=".3f", cmap="viridis"
    ):
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; None makes new ones.

        include_values : bool, default=True
            Whether the scores stand in the cells.

        values_format : str, default=".3f"
            Format of the scores in the cells.

        cmap : str or matplotlib Colormap, default="viridis"
            Colours of the cells.

        Returns
        -------
        display : SearchResultsDisplay
            This display.
        """
        n_rows, n_columns = self.scores.shape
        if ax is None:
            figsize = max(4.5, 2.5 + 0.9 * n_columns), max(2.5, 1.2 + 0.6 * n_rows)
            ax = new_axes(figsize=figsize)
        self.ax_ = ax
        self.figure_ = ax.figure
        self.im_ = ax.imshow(self.scores, cmap=cmap, aspect="auto")
        self.colorbar_ = self.figure_.colorbar(self.im_, ax=ax, label=self.score_label)
        self.text_ = np.full(self.scores.shape, None, dtype=object)
        if include_values:
            for cell in zip(*np.nonzero(np.isfinite(self.scores)), strict=True):
                self.text_[cell] = self._write(cell, values_format)
        self._label_axes()
        self.frame_ = None if self.chosen is None else self._frame(self.chosen)
        return self

    def _write(self, cell, values_format):
        """Write the score of a cell in black or white, whichever is seen better."""
        score = self.scores[cell]
        red, green, blue, _ = self.im_.cmap(self.im_.norm(score))
        luminance = 0.299 * red + 0.587 * green + 0.114 * blue
        lines = [format(score, values_format)]
        if self.notes is not None and self.notes[cell]:
            lines.append(self.notes[cell])
        return self.ax_.text(
            cell[1],
            cell[0],
            "\n".join(lines),
            color="black" if luminance > 0.5 else "white",
            ha="center",
            va="center",
        )

    def _label_axes(self):
        if self.params is not None:
            rows, columns = self.params
            self.ax_.set(xlabel=columns, ylabel=rows)
        self.ax_.set_yticks(range(len(self.row_labels)), self.row_labels)
        slant = {}
        if max(map(len, self.column_labels)) > _LONGEST_LEVEL_LABEL:
            slant = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"}
        self.ax_.set_xticks(range(len(self.column_labels)), self.column_labels, **slant)

    def _frame(self, cell):
        from matplotlib.patches import Rectangle

        row, column = cell
        frame = Rectangle(
            (column - 0.5, row - 0.5),
            1,
            1,
            fill=False,
            edgecolor="C3",
            linewidth=3,
            clip_on=False,
        )
        return self.ax_.add_patch(frame)


def _means(results, metric):
    """Return the mean test score of each candidate."""
    prefix = "mean_test_"
    if f"{prefix}{metric}" not in results:
        measured = [
            key.removeprefix(prefix) for key in results if key.startswith(prefix)
        ]
        raise ValueError(
            f"metric must be one of the scores that the search measured, {measured}. "
            f"Got {metric!r}."
        )
    return np.asarray(results[f"{prefix}{metric}"])


def _from_worst_to_best(results, means):
    """Return candidates by their scores, the last ones those that came furthest."""
    iterations = results.get("iter", np.zeros(len(means)))
    return np.lexsort((np.nan_to_num(means, nan=-np.inf), iterations))


def _values_by_param(candidates):
    """Return the labels of the values tried of each parameter, by hashable value."""
    values = {}
    for candidate in candidates:
        for name, value in candidate.items():
            values.setdefault(name, {})[_hashable(value)] = value
    return {
        name: {key: _label(name, tried[key]) for key in _in_order(tried)}
        for name, tried in values.items()
    }


def _hashable(value):
    return tuple(value) if isinstance(value, list | np.ndarray) else value


def _in_order(values):
    """Return values sorted, or as they come where they cannot be."""
    try:
        return sorted(values)
    except TypeError:
        return list(values)


def _label(name, value):
    if name.endswith("hidden_layer_sizes"):
        return "-".join(map(str, np.atleast_1d(value).tolist())) or "linear"
    if isinstance(value, Real) and not isinstance(value, Integral):
        return f"{value:.4g}"
    if isinstance(value, tuple | list | np.ndarray):
        return ", ".join(_label("", entry) for entry in value)
    text = value.__name__ if hasattr(value, "__name__") else str(value)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


def _choose_params(params, searched):
    """Return the names of the two parameters, that of the rows first."""
    if params is None:
        varied = [name for name, labels in searched.items() if len(labels) > 1]
        if len(varied) < 2:
            raise ValueError(
                "A heat map needs two parameters of which the search tried several "
                f"values. Got {varied}. Search another, or name two in params."
            )
        first, second = varied[:2]
        longest = {name: max(map(len, searched[name].values())) for name in varied[:2]}
        if longest[second] > max(longest[first], _LONGEST_LEVEL_LABEL):
            return second, first
        return first, second
    if len(params) != 2 or len(set(params) & set(searched)) != 2:
        raise ValueError(
            f"params must name two parameters of the search, out of {list(searched)}. "
            f"Got {params!r}."
        )
    return tuple(params)


def _cell(candidate, params, labels):
    """Return the row and column of a candidate; None if it lacks a parameter."""
    if not set(params) <= set(candidate):
        return None
    return tuple(
        list(labels_of_param).index(_hashable(candidate[name]))
        for name, labels_of_param in zip(params, labels, strict=True)
    )


def _short_names(searched):
    """Return names without those of the steps of a pipeline, where it is clear."""
    short = [name.rpartition("__")[2] for name in searched]
    return {
        name: last if short.count(last) == 1 else name
        for name, last in zip(searched, short, strict=True)
    }


def _describe_scores(metric, names, searched, params):
    others = [
        names[name]
        for name, labels in searched.items()
        if name not in params and len(labels) > 1
    ]
    best = f",\nbest over {', '.join(others)}" if others else ""
    return f"Mean test {metric}{best}"


def _describe_resources(search, candidate):
    resource = search.resource.removeprefix("n_").rpartition("__")[2]
    return f"{resource}: {search.cv_results_['n_resources'][candidate]}"
