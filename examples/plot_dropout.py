"""
Dropout narrows the gap between training and test loss on few digits
====================================================================

A network with far more weights than digits to learn from knows all of them by heart.
With half of its units dropped at each step it still does, but it reads new digits
better.
"""

# %%
# Data
# ----
# 2,000 digits to learn from, and 10,000 others.

from skmlp.datasets import load_mnist

X, y = load_mnist(subset="train", return_X_y=True)
X_test, y_test = load_mnist(subset="test", return_X_y=True)
X, y = X[:2000], y[:2000]

# %%
# Networks
# --------
# Equal but for the dropout. The test digits are measured after each epoch, and choose
# nothing.

from skmlp import DenseMNISTClassifier

networks = {
    f"dropout {rate}": DenseMNISTClassifier(
        (256, 256), dropout=rate, optimizer="adam", epochs=30, random_state=0
    ).fit(X, y, X_val=X_test, y_val=y_test)
    for rate in (0.0, 0.5)
}

# %%
# Learning curves
# ---------------
# Both forget nothing that they have seen, while on other digits (drawn through) the
# loss of the one without dropout rises. The dashed loss of the other is measured with
# half of the units dropped.

import matplotlib.pyplot as plt

from skmlp.inspection import TrainingCurveDisplay

display = TrainingCurveDisplay.from_estimators(networks)
display.ax_.set(ylim=(0, 1), ylabel="Loss (nats)")
plt.show()

# %%
# Verdict
# -------
# The gap, now with all units, is narrower, and the accuracy on the test digits rises by
# more than chance: more than two standard errors.

from sklearn.metrics import log_loss

gaps, correct = [], []
for name, network in networks.items():
    training_loss = log_loss(y, network.predict_proba(X))
    test_loss = log_loss(y_test, network.predict_proba(X_test))
    gaps.append(test_loss - training_loss)
    correct.append(network.predict(X_test) == y_test)
    print(f"{name}: loss {training_loss:.3f} in training, {test_loss:.3f} in the test,")
    print(f"  accuracy {network.score(X, y):.3f} and {correct[-1].mean():.3f}")

without, with_dropout = correct
difference = with_dropout.mean() - without.mean()
assert gaps[1] < 0.9 * gaps[0]
assert difference > 2 * (without != with_dropout).sum() ** 0.5 / len(y_test)
