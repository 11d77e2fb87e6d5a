"""
Class weights raise the recall of a rare class, at the price of precision
=========================================================================

Where one digit in fifty is an eight, a network does well by seldom saying so. With
``class_weight="balanced"``, all eights together weigh as much as all other digits.
"""

# %%
# Data
# ----
# Is it an eight? 100 of 5,000 digits to learn from are. Of the 10,000 to test with, 974
# are: that many make the recall precise.

import numpy as np

from skmlp.datasets import load_mnist

X, y = load_mnist(subset="train", return_X_y=True)
X_test, y_test = load_mnist(subset="test", return_X_y=True)
few = np.r_[np.flatnonzero(y == 8)[:100], np.flatnonzero(y != 8)[:4900]]
X, y, y_test = X[few], y[few] == 8, y_test == 8

# %%
# Networks
# --------

from skmlp import DenseMNISTClassifier

networks = {
    f"class_weight={weight!r}": DenseMNISTClassifier(
        (64,), class_weight=weight, optimizer="adam", epochs=30, random_state=0
    ).fit(X, y)
    for weight in (None, "balanced")
}

# %%
# Precision and recall
# --------------------
# Both networks rank the digits about equally well. The weights move the point at which
# a network says "eight": the dots are what ``predict`` does.

import matplotlib.pyplot as plt
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    precision_score,
    recall_score,
)

fig, ax = plt.subplots(figsize=(6, 5), layout="constrained")
points = {}
for name, network in networks.items():
    probability = network.predict_proba(X_test)[:, 1]
    precision, recall, _ = precision_recall_curve(y_test, probability)
    area = average_precision_score(y_test, probability)
    (line,) = ax.plot(recall, precision, label=f"{name}: average {area:.2f}")
    predicted = network.predict(X_test)
    points[name] = recall_score(y_test, predicted), precision_score(y_test, predicted)
    ax.plot(*points[name], "o", color=line.get_color(), markersize=9)
ax.set(xlabel="Recall", ylabel="Precision")
ax.legend(title="Precision")
plt.show()

# %%
# Verdict
# -------
# Recall rises by more than chance: by more than two standard errors.

for name, (recall, precision) in points.items():
    print(f"{name:23}  recall {recall:.3f}  precision {precision:.3f}")

plain, balanced = (network.predict(X_test[y_test]) for network in networks.values())
rise = balanced.mean() - plain.mean()
assert rise > 2 * (plain != balanced).sum() ** 0.5 / len(plain)
assert points["class_weight='balanced'"][1] < points["class_weight=None"][1]
