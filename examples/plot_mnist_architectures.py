"""
Small networks underfit MNIST, and a large one begins to overfit
================================================================

Three networks, two of them small, learn to read digits. How do training and test
performance compare with the network before, is there a difference, and why?

To be quick, they learn from the first 10,000 digits. ``skmlp mnist`` asks the same of
all 60,000.
"""

# %%
# Data
# ----
# The pixels stay as they are stored, 0 to 255: :class:`~skmlp.DenseMNISTClassifier`
# scales them itself.

from skmlp.datasets import load_mnist

X_train, y_train = load_mnist(subset="train", return_X_y=True)
X_test, y_test = load_mnist(subset="test", return_X_y=True)
X_train, y_train = X_train[:10_000], y_train[:10_000]

# %%
# Networks
# --------
# By default the estimator trains with plain stochastic gradient descent for 20 epochs,
# in batches of 128. Every network starts from the same seed.

from skmlp import MNIST_ARCHITECTURES, DenseMNISTClassifier
from skmlp.model_selection import compare_architectures

net = DenseMNISTClassifier(random_state=1)
data = X_train, y_train, X_test, y_test
comparison = compare_architectures(net, MNIST_ARCHITECTURES, *data)

# %%
# Training and test accuracy
# --------------------------
# Where both are low together, the network is too small. Where the gap between them is
# wide, it overfits. The bars are two standard errors long, to each side.

from skmlp.inspection import ArchitectureComparisonDisplay

ArchitectureComparisonDisplay.from_comparison(comparison)

# %%
# Learning curves
# ---------------
# The dashed lines are the training set, the others the test set.

from skmlp.inspection import ConfidentErrorsDisplay, TrainingCurveDisplay

estimators = {result.name: result.estimator for result in comparison}
TrainingCurveDisplay.from_estimators(estimators, metric="accuracy")

# %%
# Errors
# ------
# What the largest network gets wrong with the greatest confidence: some of these would
# make a human reader hesitate, too.

ConfidentErrorsDisplay.from_estimator(comparison[-1].estimator, X_test, y_test)

# %%
# Verdict
# -------

from textwrap import fill

for verdict in comparison.verdicts:
    print(fill(verdict.question, 75))
    print(fill(verdict.difference, 75))
    print(fill(verdict.reason, 75), end="\n\n")

small, large = comparison.verdicts
assert small.underfits == "32-16"
assert large.underfits == "128-128"
assert large.overfits == "1024-512-256-128-64"
