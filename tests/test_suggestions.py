"""Names in messages: the nearest, sorted, and other libraries' answered with ours."""

import subprocess
import sys

import pytest
from sklearn.metrics import get_scorer_names

from skmlp import DenseClassifier, DenseRegressor
from skmlp._estimators.aliases import VALUES
from skmlp._estimators.parameters import PARAMETERS
from skmlp._named.losses import REGRESSION_LOSSES
from skmlp._named.optimizers import OPTIMIZERS
from skmlp._named.schedules import SCHEDULES

X, Y = [[0.0], [1.0], [2.0]], [0, 1, 0]


@pytest.mark.parametrize(
    ("params", "ours"),
    [
        ({"monitor": "acc"}, "accuracy"),
        ({"monitor": "val_acc"}, "accuracy"),
        ({"monitor": "val_accuracy"}, "accuracy"),
        ({"monitor": "val_loss"}, "loss"),
        ({"monitor": "mse"}, "neg_mean_squared_error"),
        ({"monitor": "val_mse"}, "neg_mean_squared_error"),
        ({"monitor": "MSE"}, "neg_mean_squared_error"),
        ({"monitor": "val_mean_absolute_error"}, "neg_mean_absolute_error"),
        ({"monitor": "auc"}, "roc_auc"),
        ({"monitor": "f1_score"}, "f1"),
        ({"monitor": "balanced_acuracy"}, "balanced_accuracy"),
        ({"loss": "mse"}, "squared_error"),
        ({"loss": "mean_squared_error"}, "squared_error"),
        ({"loss": "mae"}, "absolute_error"),
        ({"loss": "pinball"}, "quantile"),
        ({"loss": "hubber"}, "huber"),
        ({"optimizer": "Adm"}, "adam"),
        ({"optimizer": "l-bfgs"}, "lbfgs"),
        ({"learning_rate": "constant"}, "auto"),
        ({"learning_rate": "adaptive"}, "cosine"),
    ],
)
def test_value_of_another_library_is_answered_with_ours(params, ours):
    (name,) = params

    with pytest.raises(ValueError, match=rf"'{name}' par.*Did you mean '{ours}'\?$"):
        DenseRegressor(**params).fit(X, Y)


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"monitor": "acc"}, r"\{'accuracy', … \(\d+ names\)\} or a callable"),
        ({"optimizer": "adm"}, r"\{'adam', 'nadam', 'adamw', … \(15 names\)\} or"),
        ({"monitor": "zzz"}, r"\{'accuracy', ('\w+', ){7}… \(\d+ names\)\} or a call"),
        ({"monitor": 3}, r"\{'accuracy', ('\w+', ){7}… \(\d+ names\)\} or a callable"),
        ({"learning_rate": "zzz"}, r"\{'auto', 'cosine', 'onecycle'\}, a float"),
        ({"batch_size": "all"}, r"\{'auto'\} or an int"),
        ({"epochs": 0}, r"must be an int in the range"),
    ],
)
def test_few_names_are_listed(params, names):
    with pytest.raises(ValueError, match=names) as raised:
        DenseClassifier(**params).fit(X, Y)
    assert len(str(raised.value)) < 350


def test_message_is_the_same_in_each_process():
    script = """
from skmlp import DenseRegressor
for params in ({"monitor": "zz"}, {"optimizer": "zz"}, {"loss": "zz"}):
    try:
        DenseRegressor(**params).fit([[0.0], [1.0]], [0, 1])
    except ValueError as error:
        print(error)
"""
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    (lines,) = printed
    assert len(lines.splitlines()) == 3


def test_table_of_values_names_what_there_is():
    known = {
        "learning_rate": {"auto", *SCHEDULES},
        "loss": REGRESSION_LOSSES,
        "monitor": {"loss", *get_scorer_names()},
        "optimizer": OPTIMIZERS,
    }

    assert set(VALUES) == set(known) <= {row.name for row in PARAMETERS}
    for name, aliases in VALUES.items():
        assert set(aliases.values()) <= set(known[name])
        assert not set(aliases) & set(known[name])
