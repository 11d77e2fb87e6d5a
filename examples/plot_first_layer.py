"""
The first layer finds out which pixels are neighbours
=====================================================

A dense network takes an image as 784 numbers in a row. That some of them are neighbours
in the image it is not told, but its weights come to say so: they draw strokes.
"""

# %%
# Network
# -------
# The penalty ``alpha`` shrinks weights that are of no use, as those of the pixels at
# the border.

from skmlp import DenseMNISTClassifier
from skmlp.datasets import load_mnist

X, y = load_mnist(subset="train", return_X_y=True)
X_test, y_test = load_mnist(subset="test", return_X_y=True)
settings = {"optimizer": "adam", "alpha": 1.0, "random_state": 0}
clf = DenseMNISTClassifier((32,), **settings, epochs=10).fit(X[:20_000], y[:20_000])

# %%
# Weights
# -------
# Ink on red excites a unit, ink on blue inhibits it.

from skmlp.inspection import FirstLayerDisplay

FirstLayerDisplay.from_estimator(clf)

# %%
# The same pixels, in another order
# ---------------------------------
# A network that is given the pixels shuffled learns as well, and finds the neighbours
# again: its weights make strokes once the pixels are put back.

import numpy as np

order = np.random.RandomState(0).permutation(X.shape[1])
shuffled = DenseMNISTClassifier((32,), **settings, epochs=10)
shuffled.fit(X[:20_000, order], y[:20_000])
images = shuffled.coefs_[0][np.argsort(order)].T.reshape(-1, 28, 28)

FirstLayerDisplay(images[:10], units=np.arange(10)).plot()

# %%
# Verdict
# -------
# Between neighbours, the weights correlate; before training they did not.


def correlation(images):
    """Correlation of the weights of pixels that are side by side."""
    left, right = images[:, :, :-1], images[:, :, 1:]
    return np.corrcoef(left.ravel(), right.ravel())[0, 1]


def images_of(network):
    return network.coefs_[0].T.reshape(-1, 28, 28)


untrained = DenseMNISTClassifier((32,), learning_rate=1e-9, epochs=1, random_state=0)
before = correlation(images_of(untrained.fit(X[:128], y[:128])))
after = correlation(images_of(clf)), correlation(images)
print(f"correlation of neighbours: {before:.2f} before training, {after[0]:.2f} after")
print(f"with the pixels shuffled: {after[1]:.2f}")
print(f"test accuracy: {clf.score(X_test, y_test):.3f} and", end=" ")
print(f"{shuffled.score(X_test[:, order], y_test):.3f}")
assert abs(before) < 0.1
assert min(after) > 0.7
