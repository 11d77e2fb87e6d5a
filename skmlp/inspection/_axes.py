"""Axes to draw on, where the caller gives none or one that is to be divided."""


def new_axes(**figure_kwargs):
    """Return the axes of a new figure, which finds room for its labels itself."""
    from matplotlib import pyplot

    _, ax = pyplot.subplots(layout="constrained", **figure_kwargs)
    return ax


def axes_in_place_of(ax, n_axes, *, n_columns, cell_size, margin=0.0):
    """Return axes in rows, in the place of `ax` or of a new one, and that one.

    It stays, with nothing to be seen of it. `cell_size` is the width and height in
    inches that each of the axes gets in a new figure, and `margin` the width beside
    them.
    """
    n_columns = max(1, min(n_columns, n_axes))
    n_rows = max(1, -(-n_axes // n_columns))
    if ax is None:
        width, height = cell_size
        ax = new_axes(figsize=(width * n_columns + margin, height * n_rows))
    if ax.get_subplotspec() is None:
        raise ValueError(
            "ax must stand in a grid, of which its place is divided. Got axes made by "
            "their position alone. Make them with pyplot.subplots or add_subplot."
        )
    ax.set_axis_off()
    cells = list(ax.get_subplotspec().subgridspec(n_rows, n_columns))[:n_axes]
    return [ax.figure.add_subplot(cell) for cell in cells], ax
