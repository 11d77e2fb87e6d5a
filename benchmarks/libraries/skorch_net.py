"""skorch's ``NeuralNetClassifier`` around a torch module."""

from __future__ import annotations

from itertools import pairwise

import torch
from skorch import NeuralNetClassifier

PARAMETERS = {
    "hidden_layer_sizes": "module__hidden_layer_sizes",
    "learning_rate": "lr",
}


def start() -> None:
    """Start torch's threads."""
    torch.ones(256, 256) @ torch.ones(256, 256)


class Network(torch.nn.Sequential):
    """The network, up to the logits."""

    def __init__(self, hidden_layer_sizes=(100,), n_features=784, n_classes=10):
        layers = []
        for n_in, n_out in pairwise((n_features, *hidden_layer_sizes)):
            layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
        last = (hidden_layer_sizes or (n_features,))[-1]
        super().__init__(*layers, torch.nn.Linear(last, n_classes))


class NetClassifier(NeuralNetClassifier):
    """skorch's classifier, whose module is told the number of features."""

    def fit(self, X, y):
        """Fit a module that is as wide as the data."""
        self.set_params(module__n_features=X.shape[1])
        return super().fit(X, y)


def make_estimator(hidden_layer_sizes, *, epochs, batch_size, learning_rate):
    """Return plain SGD on all samples, silent."""
    return NetClassifier(
        Network,
        module__hidden_layer_sizes=hidden_layer_sizes,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.SGD,
        lr=learning_rate,
        max_epochs=epochs,
        batch_size=batch_size,
        iterator_train__shuffle=True,
        iterator_valid__batch_size=4096,
        train_split=None,
        verbose=0,
    )
