"""
Successive halving finds as good a network in half the epochs
=============================================================

A sweep trains bad candidates as long as good ones. Successive halving begins with two
epochs of each, and goes on with the best third for three times as many.
"""

# %%
# Candidates
# ----------
# Two architectures with five learning rates each, for small digits.

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from skmlp import DenseClassifier

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(
    (X / 16).astype("float32"), y, stratify=y, random_state=0
)
net = DenseClassifier(batch_size=32, epochs=18, tol=None, random_state=0)
candidates = {
    "hidden_layer_sizes": [(32,), (128,)],
    "learning_rate": [0.0003, 0.001, 0.003, 0.01, 0.03],
}

# %%
# Searches
# --------

from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV

sweep = GridSearchCV(net, candidates, cv=3).fit(X, y)
halving = HalvingGridSearchCV(
    net,
    candidates,
    resource="epochs",
    min_resources=2,
    max_resources=18,
    cv=3,
    random_state=0,
).fit(X, y)

# %%
# Results
# -------
# The frame is the winner. Most of the others were left after two epochs.

import matplotlib.pyplot as plt

from skmlp.inspection import SearchResultsDisplay

fig, axes = plt.subplots(2, 1, figsize=(7, 5), layout="constrained")
for ax, search in zip(axes, (sweep, halving), strict=True):
    SearchResultsDisplay.from_estimator(search, ax=ax)
    ax.set_title(type(search).__name__)
plt.show()

# %%
# Verdict
# -------
# The winners need not be the same: where candidates are close, the best after few
# epochs need not be the best after many. On the test set they are equally good.

n_epochs_sweep = len(sweep.cv_results_["params"]) * net.epochs
n_epochs_halving = halving.cv_results_["n_resources"].sum()
print(f"epochs a fold: {n_epochs_sweep} in the sweep, {n_epochs_halving} by halving")
print(f"winners: {sweep.best_params_}, {halving.best_params_}")
scores = [search.score(X_test, y_test) for search in (sweep, halving)]
print("test accuracies: {:.3f}, {:.3f}".format(*scores))
assert scores[1] > scores[0] - 0.01
assert n_epochs_halving < n_epochs_sweep / 2
