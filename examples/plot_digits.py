"""
DenseClassifier learns what MLPClassifier learns
================================================

With its defaults, :class:`~skmlp.DenseClassifier` is the network that
:class:`sklearn.neural_network.MLPClassifier` is with its own. On the small digits of
scikit-learn their training losses fall together, and no difference between their
accuracies is larger than chance.
"""

# %%
# Data
# ----
# 1,797 digits of 8 by 8 pixels, from 0 to 16.

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X / 16, y, stratify=y, random_state=0
)

# %%
# Networks
# --------
# Both train until the loss no longer improves by ``tol``.

from sklearn.neural_network import MLPClassifier

from skmlp import DenseClassifier

networks = [
    DenseClassifier(epochs=500, random_state=0),
    MLPClassifier(max_iter=500, random_state=0),
]
for network in networks:
    network.fit(X_train, y_train)

# %%
# Training loss
# -------------

import matplotlib.pyplot as plt

from skmlp.inspection import TrainingCurveDisplay

display = TrainingCurveDisplay.from_estimators(networks, linestyle="-")
display.ax_.set(ylabel="Training loss (nats)", yscale="log")
plt.show()

# %%
# Verdict
# -------
# Of the test digits that only one of them reads correctly, each may read about half: a
# difference within two standard errors is chance.

dense, mlp = (network.predict(X_test) == y_test for network in networks)
difference = dense.mean() - mlp.mean()
standard_error = (dense != mlp).sum() ** 0.5 / len(y_test)
print(f"accuracy {dense.mean():.3f} and {mlp.mean():.3f}")
print(f"difference {difference:+.4f}, standard error {standard_error:.4f}")
assert abs(difference) <= 2 * standard_error
assert dense.mean() > 0.95
