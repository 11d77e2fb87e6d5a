"""
Chunks read from a file teach what the data teach at once
=========================================================

``partial_fit`` trains one epoch on the samples that it is given. Over the chunks of a
file it takes the same gradient steps as ``fit`` over all the data, and neither the file
nor an epoch has to fit in memory.
"""

# %%
# Data
# ----
# A file of 60,000 digits, which is opened without being read.

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from skmlp.datasets import load_mnist

X, y = load_mnist(subset="train", return_X_y=True)
X_test, y_test = load_mnist(subset="test", return_X_y=True)
folder = TemporaryDirectory()
path = Path(folder.name) / "digits.npy"
np.save(path, X)
digits = np.load(path, mmap_mode="r")

# %%
# Network
# -------
# A chunk is 16 batches of 128. The last chunk is shorter, as is its last batch.

from sklearn.utils import gen_batches

from skmlp import DenseMNISTClassifier

settings = {"optimizer": "adam", "shuffle": False, "random_state": 0}
stream = DenseMNISTClassifier((128, 128), **settings)
n_seen, accuracies = [], []
for chunk in gen_batches(len(digits), 16 * 128):
    stream.partial_fit(digits[chunk], y[chunk], classes=np.arange(10))
    n_seen.append(chunk.stop)
    accuracies.append(stream.score(X_test, y_test))

at_once = DenseMNISTClassifier((128, 128), **settings, epochs=1).fit(X, y)

# %%
# Accuracy
# --------

import matplotlib.pyplot as plt

fig, ax = plt.subplots(layout="constrained")
ax.plot(n_seen, accuracies, marker=".", label="partial_fit, chunk by chunk")
ax.axhline(at_once.score(X_test, y_test), color="C1", ls="--", label="fit, at once")
ax.set(xlabel="Digits seen", ylabel="Test accuracy")
ax.legend()
plt.show()

# %%
# Verdict
# -------
# The two networks are equal, but for rounding.

del digits
folder.cleanup()
pairs = list(zip(stream.coefs_, at_once.coefs_, strict=True))
difference = max(np.abs(one - other).max() for one, other in pairs)
print(f"accuracy {accuracies[-1]:.4f} and {at_once.score(X_test, y_test):.4f}")
print(f"largest difference between two weights: {difference:.1e}")
assert difference < 1e-5
