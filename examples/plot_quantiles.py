"""
Two quantile networks enclose nine of ten patients
==================================================

One network predicts what a patient's disease progression exceeds in 95 % of the cases,
another what it stays below in 95 %. Between the two lies an interval for every patient:
narrower where more is known.
"""

# %%
# Data
# ----
# 442 patients, ten measurements each, and a measure of how diabetes progressed.

from sklearn.datasets import load_diabetes

X, y = load_diabetes(return_X_y=True)

# %%
# Networks
# --------
# Every patient is predicted by networks that did not learn from this patient. Features
# and target are scaled in each fold anew.

from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmlp import DenseRegressor


def predict_quantile(quantile):
    training = {"learning_rate": 0.01, "batch_size": 32, "epochs": 50, "tol": None}
    network = DenseRegressor(
        (8,), loss="quantile", quantile=quantile, alpha=1.0, **training, random_state=0
    )
    model = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), network), transformer=StandardScaler()
    )
    folds = KFold(5, shuffle=True, random_state=0)
    return cross_val_predict(model, X, y, cv=folds)


low, high = predict_quantile(0.05), predict_quantile(0.95)

# %%
# Intervals
# ---------
# The patients in the order of their intervals' middles.

import matplotlib.pyplot as plt
import numpy as np

order = np.argsort(low + high)
inside = (low <= y) & (y <= high)
places = np.arange(len(y))

fig, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
ax.vlines(places, low[order], high[order], color="0.8", label="interval")
for color, is_inside, label in [("C0", True, "inside"), ("C1", False, "outside")]:
    shown = inside[order] == is_inside
    ax.plot(places[shown], y[order][shown], ".", color=color, label=label)
ax.set(xlabel="Patient", ylabel="Disease progression")
ax.legend()
plt.show()

# %%
# Verdict
# -------
# The share inside is 90 %, up to chance, and the intervals are narrower than the one
# from the 5 % to the 95 % quantile of all patients.

share, width = inside.mean(), (high - low).mean()
constant = np.quantile(y, 0.95) - np.quantile(y, 0.05)
print(f"{100 * share:.1f} % inside, mean width {width:.0f}, not {constant:.0f}")
assert abs(share - 0.9) <= 2 * (0.9 * 0.1 / len(y)) ** 0.5
assert width < 0.95 * constant
