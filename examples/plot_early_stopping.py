"""
Early stopping ends before a network grows sure of its mistakes
===============================================================

A network that goes on training after its validation loss is least hardly predicts other
classes. It grows surer of those that it predicts, the wrong ones too.
"""

# %%
# Data
# ----
# 569 tumours, of which 30 features were measured. Of three parts, one trains, one
# decides when to stop, and one is for the verdict.

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

X, y = load_breast_cancer(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
X, X_val, y, y_val = train_test_split(X, y, stratify=y, random_state=0)
scaler = StandardScaler().fit(X)
X, X_val, X_test = map(scaler.transform, (X, X_val, X_test))

# %%
# Networks
# --------
# Equal seeds: up to the epoch at which one stops, both are the same network. Without
# ``early_stopping``, the validation data are only measured.

from skmlp import DenseClassifier

settings = {"hidden_layer_sizes": (100, 100), "batch_size": 32, "random_state": 0}
full = DenseClassifier(**settings, epochs=100, tol=None)
stopped = DenseClassifier(**settings, epochs=100, early_stopping=True)
for network in (full, stopped):
    network.fit(X, y, X_val=X_val, y_val=y_val)

# %%
# Learning curves
# ---------------
# The dot is the epoch whose weights are kept. After it, accuracy changes little, while
# the loss, in which confidence counts, rises.

import matplotlib.pyplot as plt

from skmlp.inspection import TrainingCurveDisplay

fig, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for ax, metric in zip(axes, ["loss", "accuracy"], strict=True):
    TrainingCurveDisplay.from_estimator(full, name="100 epochs", metric=metric, ax=ax)
    TrainingCurveDisplay.from_estimator(stopped, name="stopped", metric=metric, ax=ax)
plt.show()

# %%
# Verdict
# -------
# It stopped where the longer training was best on validation data. On the test data its
# loss is less than half, and the accuracies differ by no more than chance.

import numpy as np
from sklearn.metrics import log_loss

losses = {}
for name, network in {"100 epochs": full, "stopped": stopped}.items():
    losses[name] = log_loss(y_test, network.predict_proba(X_test))
    accuracy = network.score(X_test, y_test)
    print(f"{name:10}  test loss {losses[name]:.3f}  accuracy {accuracy:.3f}")

assert stopped.best_epoch_ == 1 + np.argmin(full.validation_loss_curve_)
assert losses["stopped"] < losses["100 epochs"] / 2
disagree = full.predict(X_test) != stopped.predict(X_test)
difference = full.score(X_test, y_test) - stopped.score(X_test, y_test)
assert abs(difference) <= 2 * disagree.sum() ** 0.5 / len(y_test)
