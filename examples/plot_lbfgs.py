"""
L-BFGS needs fewer epochs than Adam on small data
=================================================

``optimizer="lbfgs"`` takes all samples at once, and learns from its steps how long the
next should be. Adam comes as far on small data, in more epochs, if its learning rate is
well chosen.
"""

# %%
# Data
# ----
# 442 patients, ten measurements each, and how their diabetes progressed; all scaled.

from sklearn.datasets import load_diabetes
from sklearn.preprocessing import scale

X, y = load_diabetes(return_X_y=True)
X, y = scale(X), scale(y)

# %%
# Networks
# --------
# All minimise the same objective from the same initial weights: Adam, too, takes all
# samples at each step.

from sklearn.base import clone

from skmlp import DenseRegressor

net = DenseRegressor((32,), alpha=10.0, epochs=1500, tol=None, random_state=0)
networks = {"L-BFGS": clone(net).set_params(optimizer="lbfgs", epochs=100)}
for rate in [0.001, 0.003, 0.01, 0.03, 0.1]:
    adam = {"optimizer": "adam", "learning_rate": rate, "batch_size": len(X)}
    networks[f"Adam, {rate}"] = clone(net).set_params(**adam)
for network in networks.values():
    network.fit(X, y)

# %%
# Learning curves
# ---------------
# The dotted line is 1 % above the least loss of all.

import matplotlib.pyplot as plt

level = 1.01 * min(network.best_loss_ for network in networks.values())

fig, ax = plt.subplots(layout="constrained")
ax.axhline(level, color="0.5", linestyle=":")
for name, network in networks.items():
    color = "black" if name == "L-BFGS" else None
    ax.plot(range(1, network.n_iter_ + 1), network.loss_curve_, label=name, color=color)
ax.set(xscale="log", xlabel="Epoch", ylabel="Objective (half the squared error)")
ax.set(xlim=(1, 1500), ylim=(0.2, 0.8))
ax.legend()
plt.show()

# %%
# Verdict
# -------
# An epoch of L-BFGS looks at the samples once, at times twice. It is there in less than
# half the epochs that Adam takes with the best of five rates.

n_epochs = {
    name: next(
        (epoch for epoch, loss in enumerate(network.loss_curve_, 1) if loss < level),
        float("inf"),
    )
    for name, network in networks.items()
}
for name, n in n_epochs.items():
    print(f"{name:12}  {n} epochs")
lbfgs, *adam = n_epochs.values()
assert lbfgs < min(adam) / 2
