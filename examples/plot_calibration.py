"""
One temperature mends the confidence of a network
=================================================

A network that knows its training digits by heart is surer of new ones than it should
be. Dividing its log-probabilities by one number, the temperature, changes none of its
predictions, and makes its confidence true.
"""

# %%
# Data and network
# ----------------

from skmlp import DenseMNISTClassifier
from skmlp.datasets import load_mnist

X, y = load_mnist(subset="train", return_X_y=True)
X_test, y_test = load_mnist(subset="test", return_X_y=True)
X, y = X[:2000], y[:2000]
net = DenseMNISTClassifier((256, 256), optimizer="adam", epochs=30, random_state=0)
net.fit(X, y)

# %%
# Temperature
# -----------
# The one with the least loss on digits that were held out, in each of three folds.
# From scikit-learn 1.8 on, ``CalibratedClassifierCV(method="temperature")`` does this.

from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict

held_out = cross_val_predict(net, X, y, cv=3, method="predict_log_proba")
temperature = minimize_scalar(
    lambda temperature: log_loss(y, softmax(held_out / temperature, axis=1)),
    bounds=(0.1, 10),
).x
print(f"temperature {temperature:.2f}")

probabilities = {
    "as trained": net.predict_proba(X_test),
    "with temperature": softmax(net.predict_log_proba(X_test) / temperature, axis=1),
}

# %%
# Confidence
# ----------
# Of the digits that are predicted with a confidence of 70 %, 70 % should be right.

import matplotlib.pyplot as plt
from sklearn.calibration import CalibrationDisplay

correct = net.predict(X_test) == y_test
fig, ax = plt.subplots(figsize=(5.5, 5.5), layout="constrained")
for name, proba in probabilities.items():
    CalibrationDisplay.from_predictions(
        correct, proba.max(axis=1), n_bins=10, name=name, ax=ax
    )
ax.set(xlabel="Confidence", ylabel="Share of right predictions")
ax.set(xlim=(0.4, 1), ylim=(0.3, 1))
plt.show()

# %%
# Verdict
# -------

errors = {}
for name, proba in probabilities.items():
    confidence = proba.max(axis=1)
    errors[name] = confidence.mean() - correct.mean()
    print(f"{name:16}  test loss {log_loss(y_test, proba):.3f}", end="  ")
    print(f"confidence {confidence.mean():.3f}  accuracy {correct.mean():.3f}")
assert errors["as trained"] > 0.03
assert abs(errors["with temperature"]) < 0.01
