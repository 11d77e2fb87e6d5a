"""Going on from what was learned before, and ending when time or the user says so."""

import pickle

import keras
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_digits
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV

from skmlp import DenseClassifier, DenseRegressor

WHOLE = {"tol": None, "random_state": 0}


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return (X / 16)[:400], y[:400]


@pytest.mark.parametrize(
    "params", [{}, {"batch_norm": True}, {"dropout": 0.3}], ids=str
)
@pytest.mark.parametrize("pickled", [False, True])
def test_calls_of_partial_fit_do_what_as_many_epochs_do(digits, pickled, params):
    """The optimizer (Adam has a state), the order and dropout go on, if pickled too."""
    X, y = digits
    clf = DenseClassifier((8,), random_state=0, **params)
    for _ in range(4):
        clf.partial_fit(X, y, classes=np.arange(10))
        clf = pickle.loads(pickle.dumps(clf)) if pickled else clf

    if params.get("dropout"):  # each call seeds dropout anew
        assert np.isfinite(clf.loss_curve_).all()
        return
    whole = DenseClassifier((8,), epochs=4, **WHOLE, **params).fit(X, y)
    assert_array_equal(clf.coefs_[0], whole.coefs_[0])
    assert clf.loss_curve_ == whole.loss_curve_


def test_fit_in_between_makes_partial_fit_start_its_optimizer_afresh(digits):
    X, y = digits
    classes = np.arange(10)
    clf = DenseClassifier((8,), epochs=2, **WHOLE).partial_fit(X, y, classes=classes)
    clf.fit(X, y).partial_fit(X, y)

    other = DenseClassifier((8,), epochs=2, **WHOLE).fit(X, y).partial_fit(X, y)

    assert_array_equal(clf.coefs_[0], other.coefs_[0])


def test_learning_rate_may_change_between_calls_of_partial_fit(digits):
    X, y = digits
    clf = DenseClassifier((8,), random_state=0).partial_fit(X, y, classes=range(10))
    before = clf.coefs_[0]

    clf.set_params(learning_rate=1e-12).partial_fit(X, y)

    assert np.abs(clf.coefs_[0] - before).max() < 1e-10


def test_optimizer_may_not_change_between_calls_of_partial_fit(digits):
    X, y = digits
    clf = DenseClassifier((8,), random_state=0).partial_fit(X, y, classes=range(10))

    with pytest.raises(ValueError, match=r"Got SGD, first was Adam. Restore it"):
        clf.set_params(optimizer="sgd").partial_fit(X, y)


def test_partial_fit_of_a_regressor_goes_on(digits):
    X, y = digits
    reg = DenseRegressor((8,), random_state=0).partial_fit(X, y).partial_fit(X, y)

    whole = DenseRegressor((8,), epochs=2, **WHOLE).fit(X, y)
    assert_array_equal(reg.coefs_[0], whole.coefs_[0])


def test_partial_fit_takes_chunks_that_lack_classes(digits):
    X, y = digits
    clf = DenseClassifier((8,), random_state=0)

    clf.partial_fit(X[y < 3], y[y < 3], classes=np.arange(10))
    clf.partial_fit(X[y > 7], y[y > 7])

    assert clf.predict_proba(X).shape == (400, 10)


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({}, None, "first call to partial_fit needs classes"),
        ({"classes": [0, 1]}, None, r"need to be among \[0, 1\]. Got 2"),
        ({"classes": range(10)}, {"classes": range(9)}, "the same in each call"),
    ],
)
def test_partial_fit_refuses_unknown_or_changed_classes(digits, first, second, message):
    X, y = digits
    clf = DenseClassifier((8,), random_state=0)
    if second is not None:
        clf.partial_fit(X, y, **first)

    with pytest.raises(ValueError, match=message):
        clf.partial_fit(X, y, **(first if second is None else second))
    assert hasattr(clf, "coefs_") is (second is not None)


def test_warm_start_trains_further_epochs_on_top(digits):
    """Plain SGD has no state, so two fits of 3 epochs are one of 6."""
    X, y = digits
    params = {"optimizer": "sgd", "shuffle": False, **WHOLE}
    warm = (
        DenseClassifier((8,), epochs=3, warm_start=True, **params).fit(X, y).fit(X, y)
    )

    whole = DenseClassifier((8,), epochs=6, **params).fit(X, y)

    assert_array_equal(warm.coefs_[0], whole.coefs_[0])
    assert warm.loss_curve_ == whole.loss_curve_
    assert (warm.n_iter_, warm.best_epoch_) == (3, 6)


def test_curves_of_what_was_not_recorded_before_begin_with_nan(digits):
    """So each curve has a value an epoch, and ``best_epoch_`` stands in all of them."""
    X, y = digits
    clf = DenseClassifier((8,), epochs=3, warm_start=True, **WHOLE).fit(X, y)

    clf.set_params(early_stopping=True).fit(X, y)

    assert len(clf.validation_loss_curve_) == len(clf.loss_curve_) == 6
    assert np.isnan(clf.validation_loss_curve_[:3]).all()
    best = clf.validation_loss_curve_[clf.best_epoch_ - 1]
    assert best == np.nanmin(clf.validation_loss_curve_)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_layer_sizes": (9,)}, "goes on only with the network it began with"),
        ({"activation": "tanh"}, "goes on only with the network it began with"),
    ],
)
def test_warm_start_refuses_another_network(digits, change, message):
    clf = DenseClassifier((8,), epochs=1, warm_start=True, **WHOLE).fit(*digits)

    with pytest.raises(ValueError, match=message):
        clf.set_params(**change).fit(*digits)


def test_warm_start_refuses_other_classes(digits):
    X, y = digits
    clf = DenseClassifier((8,), epochs=1, warm_start=True, **WHOLE).fit(X, y)

    with pytest.raises(ValueError, match="needs the classes it began with"):
        clf.fit(X[y < 5], y[y < 5])


def test_successive_halving_takes_epochs_as_its_resource(digits):
    clf = DenseClassifier((8,), **WHOLE)
    grid = {"learning_rate": [1e-4, 1e-3, 1e-2]}

    search = HalvingGridSearchCV(
        clf, grid, resource="epochs", min_resources=2, max_resources=6, cv=2
    ).fit(*digits)

    assert search.best_params_ == {"learning_rate": 1e-2, "epochs": 6}


def test_max_time_ends_training_at_the_end_of_an_epoch(digits):
    clf = DenseClassifier((8,), epochs=10**6, max_time=0.01, **WHOLE).fit(*digits)

    assert 1 <= clf.n_iter_ < 10**6


def interrupt_at(epoch_of_interrupt):
    def interrupt(epoch, logs):
        if epoch == epoch_of_interrupt:
            raise KeyboardInterrupt

    return keras.callbacks.LambdaCallback(on_epoch_begin=interrupt)


def test_interrupt_keeps_what_was_learned_when_asked_to(digits):
    clf = DenseClassifier(
        (8,), epochs=9, on_interrupt="keep", callbacks=[interrupt_at(2)], **WHOLE
    )

    with pytest.warns(
        UserWarning, match=r"interrupted after 2 epochs.*epoch 2 are kept"
    ):
        clf.fit(*digits)

    two = DenseClassifier((8,), epochs=2, **WHOLE).fit(*digits)
    assert_array_equal(clf.coefs_[0], two.coefs_[0])


def test_interrupt_keeps_the_best_weights_with_early_stopping(digits):
    X, y = digits
    clf = DenseClassifier(
        (8,),
        epochs=9,
        early_stopping=True,
        on_interrupt="keep",
        callbacks=[interrupt_at(4)],
        **WHOLE,
    )

    with pytest.warns(UserWarning, match="interrupted after 4 epochs"):
        clf.fit(X, y)

    assert clf.best_epoch_ == int(np.argmin(clf.validation_loss_curve_)) + 1


def test_interrupt_before_the_first_epoch_has_ended_is_raised(digits):
    clf = DenseClassifier(on_interrupt="keep", callbacks=[interrupt_at(0)], **WHOLE)

    with pytest.raises(KeyboardInterrupt):
        clf.fit(*digits)
    assert not hasattr(clf, "coefs_")
