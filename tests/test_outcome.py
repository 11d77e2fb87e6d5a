"""What is said of a training that has ended: which cause is named, and what to do."""

import math
import re

import numpy as np
import pytest
import sklearn
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import scale

from skmlp import DenseClassifier, DenseRegressor

X, LABELS = load_iris(return_X_y=True)
X = scale(X)
Y = scale(X.sum(axis=1))

FEW = {"epochs": 3, "tol": None, "random_state": 0}
SGD = {"optimizer": "sgd", "epochs": 20, "tol": None, "random_state": 0}
BY_SCORE = {"early_stopping": True, "monitor": "r2"}


def with_nan(values):
    values = values.copy()
    values[3] = np.nan
    return values


# Divergence

Y_IS_LARGE = r"The step .* scale of y \(about 1e\+06\)\. Scale y \(Transformed.* or low"
X_IS_LARGE = (
    r"scale of X \(about 1e\+05\)\. Scale X \(StandardScaler\), or lower .*0.01"
)
BOTH_ARE = r"of X \(about 1e\+05\) and y \(about 1e\+06\)\. Scale X \(.*\) and scale y"
WEIGHTS_ARE_TINY = r"The weights, 1e-12 in .* beside alpha=1, .* Divide them by their m"
X_IS_NAN = r"X is nan or infinite in 1 of 1\d\d samples\. Fill"


@pytest.mark.parametrize(
    ("net", "data", "cause"),
    [
        (DenseRegressor(**SGD), (X, 1e6 * Y), Y_IS_LARGE),
        (DenseRegressor(**SGD, **BY_SCORE), (X, 1e6 * Y), Y_IS_LARGE),
        (DenseRegressor(**SGD, **BY_SCORE), (X, 1e6 * Y, np.ones(150)), Y_IS_LARGE),
        (DenseRegressor(**SGD), (1e5 * X, Y), X_IS_LARGE),
        (DenseRegressor(**SGD, **BY_SCORE), (1e5 * X, Y), X_IS_LARGE),
        (DenseRegressor(**SGD), (1e5 * X, 1e6 * Y), BOTH_ARE),
        (DenseRegressor(loss="poisson", **SGD), (X, 1e4 + Y), "Divide y by its mean"),
        (
            DenseClassifier(**SGD, alpha=1.0),
            (X, LABELS, np.full(150, 1e-12)),
            WEIGHTS_ARE_TINY,
        ),
        (
            DenseRegressor(**SGD | {"epochs": 60}, alpha=1e6),
            (X, Y),
            r"The penalty outweighs the data at alpha=1e\+06\. Lower it\.",
        ),
        (DenseClassifier(**SGD), (with_nan(X), LABELS), X_IS_NAN),
        (DenseRegressor(**SGD, **BY_SCORE), (with_nan(X), Y), X_IS_NAN),
        (DenseRegressor(**SGD), (X, with_nan(Y)), "y is nan or infinite in 1 of 150"),
        (
            DenseRegressor(**SGD | {"learning_rate": 1e30}),
            (X, Y),
            r"The step is too long\. Lower learning_rate \(now 1e\+30\)\.",
        ),
    ],
)
def test_divergence_names_its_cause(net, data, cause):
    with (
        sklearn.config_context(assume_finite=True),
        pytest.raises(ValueError, match=f"^The loss became .* at epoch .*{cause}"),
    ):
        net.fit(*data)


def test_mlp_that_diverged_is_not_taken_over():
    mlp = MLPRegressor(hidden_layer_sizes=(2,), max_iter=2, random_state=0)
    with pytest.warns(ConvergenceWarning):
        mlp.fit(X, Y)
    mlp.coefs_[0][0] = np.nan

    with pytest.raises(ValueError, match=r"outputs became .*nan.* trained elsewhere"):
        DenseRegressor.from_sklearn(mlp)


def test_lbfgs_that_diverges_has_no_step_to_shorten():
    reg = DenseRegressor(optimizer="lbfgs", epochs=5, random_state=0)

    with pytest.raises(
        ValueError, match=r"objective overflows .* Scale X .*Scaler\)\.$"
    ):
        reg.fit(1e200 * X, Y)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("epochs", [1, 2])
def test_last_step_that_makes_predictions_nan_is_refused(optimizer, epochs):
    """The loss of an epoch is that before its last step."""
    clf = DenseClassifier(**SGD | {"optimizer": optimizer, "epochs": epochs})
    clf.set_params(learning_rate=1e20)

    with pytest.raises(ValueError, match=r"became .*nan at epoch .* \(now 1e\+20\)"):
        clf.fit(X.astype("float32"), LABELS)
    with pytest.raises(ValueError, match=r"became .*nan at epoch 1"):
        clf.partial_fit(X.astype("float32"), LABELS, classes=[0, 1, 2]).partial_fit(
            X.astype("float32"), LABELS
        )


@pytest.mark.parametrize(
    ("net", "data", "cause"),
    [
        (DenseClassifier(learning_rate=1e20, **FEW), (X, LABELS), "Lower learn"),
        (
            DenseRegressor(**SGD | {"learning_rate": 1.0, "epochs": 4}),
            (100 * X, Y),
            r"scale of X \(about 1e\+02\)\. Scale X .*, or lower learning_rate",
        ),
        (
            DenseRegressor(**FEW),
            (X, 2000 + Y),
            r"too few for the scale of y \(about 2e\+03\)\. Scale y .*, or raise e",
        ),
        (
            DenseRegressor(epochs=3, random_state=0),
            (X, 2000 + Y),
            r"Scale y .*, or raise epochs or learning_rate \(now 0.001\)",
        ),
        (
            DenseClassifier(alpha=1.0, epochs=2, tol=None, random_state=0),
            (X, LABELS, np.full(150, 1e-12)),
            WEIGHTS_ARE_TINY,
        ),
    ],
)
def test_loss_far_above_that_of_a_constant_warns(net, data, cause):
    with pytest.warns(ConvergenceWarning, match=f"of a constant .* Got .*{cause}"):
        net.fit(*data)


@pytest.mark.parametrize(
    ("loss", "learning_rate", "constant"),
    [
        ("squared_error", 2000.0, lambda y: y.var() / 2),
        ("absolute_error", 2000.0, lambda y: np.abs(y - np.median(y)).mean()),
        ("poisson", 5.0, lambda y: (y * np.log(y / y.mean())).mean()),
    ],
)
def test_constant_is_the_best_there_is(loss, learning_rate, constant):
    rng = np.random.RandomState(0)
    noise, y = rng.normal(size=(200, 3)), rng.gamma(1.0, 1.0, 200)
    reg = DenseRegressor((), loss=loss, learning_rate=learning_rate, **FEW)

    with pytest.warns(ConvergenceWarning) as caught:
        reg.fit(noise, y)

    (warning,) = caught
    named = re.search(r"prediction, ([\d.]+)\.", str(warning.message))[1]
    assert float(named) == pytest.approx(constant(y), rel=1e-3)


@pytest.mark.parametrize("y", [Y, np.zeros(150), np.full(150, 3.0), np.abs(Y) ** 3])
def test_few_epochs_on_ordinary_targets_do_not_warn(y):
    DenseRegressor(epochs=2, tol=None, random_state=0).fit(X, y)


# Epochs that are used up


@pytest.mark.parametrize(
    ("params", "remedy"),
    [
        ({}, r"Raise epochs, or learning_rate \(now 0\.001\)\.$"),
        ({"learning_rate": 0.02}, r"Raise epochs, or learning_rate \(now 0\.02\)\.$"),
        ({"optimizer": "lbfgs"}, r"Raise epochs, or tol\.$"),
        ({"early_stopping": True}, r"Raise epochs, or learning_rate \(now 0\.001\)\.$"),
    ],
)
def test_epochs_used_up_advise_what_ends_training(params, remedy):
    with pytest.warns(ConvergenceWarning, match=f"epochs=2 were used up. {remedy}"):
        DenseClassifier(epochs=2, random_state=0, **params).fit(X, LABELS)


# What is monitored


def always_nan(estimator, X, y):
    return math.nan


@pytest.mark.parametrize(
    ("monitor", "name"), [(always_nan, "<function always_nan"), ("r2", "'r2'")]
)
def test_monitor_that_is_always_nan_is_refused(monitor, name):
    reg = DenseRegressor(monitor=monitor, early_stopping=True, n_iter_no_change=2)
    given = {"X_val": with_nan(X), "y_val": Y}

    with (
        sklearn.config_context(assume_finite=True),
        pytest.raises(
            ValueError, match=f"Got nan in each of 3 epochs from {name}.* Fill"
        ),
    ):
        reg.fit(X, Y, **given)
    assert not hasattr(reg, "coefs_")


def test_monitor_that_is_always_nan_without_early_stopping_warns():
    reg = DenseRegressor(monitor=always_nan, epochs=2, tol=None)

    with pytest.warns(UserWarning, match="nan in each of 2 epochs.*Use another scorer"):
        reg.fit(X, Y, X_val=X, y_val=Y)


def test_validation_loss_that_is_always_nan_is_refused():
    reg = DenseRegressor(early_stopping=True, n_iter_no_change=1)

    with (
        sklearn.config_context(assume_finite=True),
        pytest.raises(ValueError, match="nan in each of 2 epochs from 'loss'"),
    ):
        reg.fit(X, Y, X_val=with_nan(X), y_val=Y)


def test_interrupted_fit_keeps_its_weights_where_the_monitor_is_nan():
    def scorer(estimator, X, y):
        if scores.pop():
            raise KeyboardInterrupt
        return math.nan

    scores = [True, False, False]
    reg = DenseRegressor(monitor=scorer, early_stopping=True, on_interrupt="keep")

    with (
        pytest.warns(UserWarning, match="nan in each of 2 epochs"),
        pytest.warns(UserWarning, match="interrupted after epoch 2"),
    ):
        reg.fit(X, Y)
    assert reg.n_iter_ == 2


def test_monitor_that_is_nan_at_first_is_no_fault():
    scores = iter([math.nan, 0.5, 0.7])
    reg = DenseRegressor(monitor=lambda *_: next(scores), early_stopping=True, epochs=3)

    assert reg.set_params(tol=None).fit(X, Y).best_epoch_ == 3


TEXTS = np.array(["no", "yes"])[(LABELS == 0).astype(int)]


@pytest.mark.parametrize("weight", [None, np.ones(150)])
@pytest.mark.parametrize(
    ("net", "y", "message"),
    [
        (DenseClassifier(monitor="f1"), TEXTS, r"pos_label=1 is not a valid label"),
        (DenseClassifier(monitor="roc_auc"), LABELS, r"multi_class must be in"),
        (DenseClassifier(monitor="r2"), TEXTS, r"'f1'|could not convert|r2"),
        (DenseRegressor(monitor="f1"), Y, r"continuous is not supported"),
        (DenseRegressor(monitor=lambda: 0.0), Y, r"positional argument"),
    ],
)
def test_scorer_that_fails_is_reported_with_its_own_error(net, y, message, weight):
    net.set_params(early_stopping=True)

    with pytest.raises(ValueError, match="score the validation samples") as raised:
        net.fit(X, y, weight)
    assert re.search(message, str(raised.value))
    assert "sample_weight" not in str(raised.value).partition("raised")[0]


def test_class_that_is_missing_in_validation_data_is_the_scorers_own_error():
    clf = DenseClassifier(monitor="neg_log_loss", early_stopping=True)
    some = LABELS < 2
    weights = {"sample_weight_val": np.ones(some.sum())}

    with pytest.raises(ValueError, match=r"score the validation .* raised ValueError"):
        clf.fit(X, LABELS, X_val=X[some], y_val=LABELS[some], **weights)
