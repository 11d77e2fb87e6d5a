"""
A network is one more step in a pipeline and a grid search
==========================================================

A scaler and a network make a pipeline. It is cross-validated, and a grid search chooses
architecture and learning rate together, as with any estimator of scikit-learn.
"""

# %%
# Data
# ----
# The first 2,000 digits to learn from, as float32: of whole numbers the scaler would
# make float64, in which networks train more slowly.

from skmlp.datasets import load_mnist

X, y = load_mnist(subset="train", return_X_y=True)
X_test, y_test = load_mnist(subset="test", return_X_y=True)
X, y = X[:2000].astype("float32"), y[:2000]

# %%
# Pipeline
# --------
# The pixels reach the network scaled, and it leaves them as they are. The scaler clips:
# in a fold, a pixel at the border may be blank in all digits but those to predict.

from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from skmlp import MNIST_ARCHITECTURES, DenseMNISTClassifier

net = DenseMNISTClassifier(batch_size=64, epochs=8, random_state=0)
pipeline = Pipeline([("scaler", MinMaxScaler(clip=True)), ("net", net)])

scores = cross_val_score(pipeline, X, y, cv=3)
print(f"accuracy {scores.mean():.3f}, standard deviation {scores.std():.3f}")

# %%
# Grid search
# -----------
# Every architecture with every learning rate: 27 fits, and one more with the best.

search = GridSearchCV(
    pipeline,
    {
        "net__hidden_layer_sizes": list(MNIST_ARCHITECTURES.values()),
        "net__learning_rate": [0.01, 0.03, 0.1],
    },
    cv=3,
)
search.fit(X, y)

# %%
# What was found
# --------------

# The accuracies of three folds, and a frame around the best.

from skmlp.inspection import SearchResultsDisplay

SearchResultsDisplay.from_estimator(search)

# %%
# Verdict
# -------
# The search beats the pipeline it started from, on digits that neither has seen.

before = pipeline.fit(X, y).score(X_test, y_test)
after = search.score(X_test, y_test)
print(search.best_params_)
print(f"test accuracy: {before:.3f} before, {after:.3f} after the search")
assert after > before + 0.1
