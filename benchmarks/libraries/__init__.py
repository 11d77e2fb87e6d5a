"""The libraries that are compared, and how each is asked for the same network.

Each module of this package adapts one library, with the same two functions:

``start()``
    Import and start the library, and compile nothing.
``make_estimator(hidden_layer_sizes, *, epochs, batch_size, learning_rate)``
    Return an object with ``fit(X, y)`` and ``predict_proba(X)``: ReLU layers and a
    softmax trained on the log loss by plain SGD, for exactly these epochs, in a new
    random order each, without penalty or momentum.

A module whose estimator is one of scikit-learn's kind also has ``PARAMETERS``, the
names that its estimator gives to ``hidden_layer_sizes`` and ``learning_rate``.

A module whose estimators learn in all the ways of scikit-learn's MLP also has

``EARLY_STOPPING``
    Parameters of its estimator: a tenth of the samples is held out, their accuracy is
    taken after each epoch, and the best epoch's weights are kept. It still trains for
    all epochs, so that the work is the same whatever the accuracies are.
``make_lbfgs_estimator(hidden_layer_sizes, *, iterations, is_classifier, random_state)``
    Return a classifier or regressor that minimises by L-BFGS with the L2 penalty of
    ``ALPHA``, for these iterations unless no step improves any more. Fitted, it has
    ``loss_``, which the penalty is part of, and ``n_iter_``.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True)
class Library:
    """A row of the table.

    Attributes
    ----------
    title : str
        What the reports call it.
    module : str
        The module of this package that adapts it.
    requires : tuple of str
        The packages that it needs.
    """

    title: str
    module: str
    requires: tuple[str, ...]

    @property
    def missing(self) -> list[str]:
        """The packages that it needs and that are not installed."""
        return [name for name in self.requires if not importlib.util.find_spec(name)]

    def load(self) -> ModuleType:
        """Import the module that adapts it."""
        return importlib.import_module(f"{__name__}.{self.module}")


# Strength of the L2 penalty in L-BFGS: the minimum is a point then, not at infinity.
ALPHA = 1.0

LIBRARIES = {
    "skmlp": Library("skmlp", "skmlp_dense", ("skmlp", "tensorflow")),
    "jax": Library("JAX loop", "jax_loop", ("jax",)),
    "sklearn": Library("MLPClassifier", "sklearn_mlp", ("sklearn",)),
    "keras": Library("Keras fit", "keras_fit", ("keras", "tensorflow")),
    "scikeras": Library("scikeras", "scikeras_wrapper", ("scikeras", "tensorflow")),
    "skorch": Library("skorch", "skorch_net", ("skorch", "torch")),
}
