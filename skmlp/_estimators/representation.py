"""The HTML representation in notebooks: scikit-learn's, with a table of the layers.

scikit-learn shows the parameters by itself, and from 1.9 on the fitted attributes; the
layers come between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from types import SimpleNamespace
from typing import Any

from skmlp._compat import FittedAttributes, fitted_attributes
from skmlp._job import Network

# In scikit-learn's classes, so that the table looks like those around it.
_TABLE = """
<div class="estimator-table">
    <details open>
        <summary>Layers: {n_parameters:,} parameters</summary>
        <table class="parameters-table">
            <tbody>
                <tr>
                    <th>Layer</th><th>Units</th><th>Normalised</th><th>Activation</th>
                    <th>Dropout</th><th>Parameters</th>
                </tr>
                {rows}
            </tbody>
        </table>
    </details>
</div>
"""
_ROW = '<tr class="default">{cells}</tr>'
_CELL = "<td>{}</td>"


def fitted_html(estimator: Any, network: Network | None, doc_link: str) -> Any:
    """Return what has scikit-learn's HTML of the fitted attributes, with the layers.

    scikit-learn also asks an estimator that is not fitted, inside one that is; there is
    no network then, and nothing to show.
    """
    names = [name for name in vars(estimator) if name.endswith("_") and name[0] != "_"]
    # Of the estimator, scikit-learn would look at model_ too, which starts Keras.
    learned = SimpleNamespace(**{name: getattr(estimator, name) for name in names})
    attributes = fitted_attributes(learned, doc_link)
    if network is None:
        return attributes
    return FittedHTML(
        layer_table(network),
        fitted_attrs=attributes.data,
        estimator_class=type(estimator),
        doc_link=doc_link,
    )


class FittedHTML(FittedAttributes):
    """The table of the layers, followed by scikit-learn's of the fitted attributes."""

    def __init__(self, layers: str, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.layers = layers

    def _html_repr(self) -> str:
        return self.layers + super()._html_repr()


def layer_table(network: Network) -> str:
    """Return an HTML table of a network's layers."""
    return _TABLE.format(
        n_parameters=network.n_parameters,
        rows="\n".join(
            _ROW.format(cells="".join(_CELL.format(escape(cell)) for cell in row))
            for row in layer_rows(network)
        ),
    )


def layer_rows(network: Network) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each layer, as text.

    Parameters are those of prediction, into which a normalisation is folded.
    """
    n_features, *units = network.layer_sizes
    n_hidden = len(units) - 1
    divided = "" if network.input_divisor == 1 else f" / {network.input_divisor:g}"
    yield f"features{divided}", f"{n_features:,}", "", "", "", ""
    n_in = n_features
    for i, (n_out, activation) in enumerate(
        zip(units, network.activations, strict=True)
    ):
        is_hidden = i < n_hidden
        rate = network.dropout[i] if is_hidden else 0
        yield (
            f"hidden {i + 1}" if is_hidden else "output",
            f"{n_out:,}",
            "by batch" if network.normalization and is_hidden else "",
            getattr(activation, "__name__", str(activation)),
            f"{rate:g}" if rate else "",
            f"{(n_in + 1) * n_out:,}",
        )
        n_in = n_out
