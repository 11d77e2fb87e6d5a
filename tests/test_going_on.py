"""Going on from what was learned before, and ending when time or the user says so."""

import copy
import pickle
import time

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV

from skmlp import DenseClassifier, DenseRegressor

WHOLE = {"tol": None, "random_state": 0}


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return (X / 16)[:400], y[:400]


def in_parts(clf, X, y, pickled):
    """Return the classifier after four calls, pickled after each of them or not."""
    for _ in range(4):
        clf.partial_fit(X, y, classes=np.arange(10))
        clf = pickle.loads(pickle.dumps(clf)) if pickled else clf
    return clf


@pytest.mark.parametrize(
    "params",
    [{}, {"batch_norm": True}, {"dropout": 0.3, "optimizer": "nadam"}],
    ids=str,
)
@pytest.mark.parametrize("pickled", [False, True])
def test_calls_of_partial_fit_do_what_as_many_epochs_do(digits, pickled, params):
    """The optimizer (Adam has a state) and the order go on, if pickled too."""
    X, y = digits
    clf = in_parts(DenseClassifier((8,), random_state=0, **params), X, y, pickled)

    whole = DenseClassifier((8,), epochs=4, **WHOLE, **params).fit(X, y)
    assert_array_equal(clf.coefs_[0], whole.coefs_[0])
    assert clf.loss_curve_ == whole.loss_curve_


def test_partial_fit_draws_the_same_dropout_after_pickling(digits):
    clf = DenseClassifier((8,), dropout=0.3, random_state=0)

    kept, pickled = (
        in_parts(clone(clf), *digits, pickled) for pickled in (False, True)
    )

    assert_array_equal(pickled.coefs_[0], kept.coefs_[0])
    assert pickled.loss_curve_ == kept.loss_curve_


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


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (keras.optimizers.SGD(), keras.optimizers.SGD(momentum=0.9)),
        (keras.optimizers.Adam(), keras.optimizers.Adam(amsgrad=True)),
        (keras.optimizers.SGD(use_ema=True), keras.optimizers.SGD()),
    ],
    ids=["momentum", "amsgrad", "use_ema"],
)
def test_options_of_the_optimizer_that_change_its_state_may_not_change(
    digits, first, second
):
    X, y = digits
    clf = DenseClassifier((8,), optimizer=first).partial_fit(X, y, classes=range(10))

    with pytest.raises(ValueError, match=r"Got (SGD|Adam) with other options. Restore"):
        clf.set_params(optimizer=second).partial_fit(X, y)


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


def test_partial_fit_multiplies_the_weights_of_classes_in(digits):
    X, y = digits
    class_weight = {0: 5.0, 3: 0.5}
    weight = np.where(y == 0, 5.0, np.where(y == 3, 0.5, 1.0))
    clf = DenseClassifier((8,), random_state=0)
    classes = np.arange(10)

    by_sample = clone(clf).partial_fit(X, y, weight, classes).partial_fit(X, y, weight)
    clf.set_params(class_weight=class_weight).partial_fit(X, y, classes=classes)
    clf.partial_fit(X, y)

    assert_array_equal(clf.coefs_[0], by_sample.coefs_[0])
    assert clf.loss_curve_ == by_sample.loss_curve_


def test_schedule_by_name_lasts_for_as_many_calls_of_partial_fit_as_epochs(digits):
    X, y = digits
    reg = DenseRegressor((8,), learning_rate="cosine", epochs=3, random_state=0)

    kernels = [reg.partial_fit(X, y).coefs_[0] for _ in range(4)]

    assert np.abs(kernels[2] - kernels[1]).max() > 1e-6
    assert_array_equal(kernels[3], kernels[2])  # the rate is zero by now


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


def test_each_warm_start_looks_for_the_best_of_its_own_epochs(digits):
    X, y = digits
    params = {"learning_rate": 0.1, "early_stopping": True, "n_iter_no_change": 99}
    clf = DenseClassifier((8,), epochs=8, warm_start=True, **WHOLE, **params)

    clf.fit(X, y).set_params(epochs=3).fit(X, y)

    last = clf.validation_loss_curve_[8:]
    assert len(last) == 3
    assert clf.best_epoch_ == 9 + np.argmin(last)


def test_warm_start_holds_out_what_was_held_out_before(digits):
    """Else it would validate on samples that it has been trained on."""
    X, y = digits
    held_out = []

    def scorer(estimator, X, y):
        held_out.append(X)
        return estimator.score(X, y)

    clf = DenseClassifier((8,), epochs=2, early_stopping=True, warm_start=True, **WHOLE)
    clf.set_params(monitor=scorer).fit(X, y).fit(X, y)
    assert len(held_out) == 4
    assert all(np.array_equal(X_val, held_out[0]) for X_val in held_out)

    clf.set_params(warm_start=False, random_state=1).fit(X, y)
    assert not np.array_equal(held_out[-1], held_out[0])

    plain = clf.set_params(early_stopping=False, monitor="loss").fit(X, y)
    assert vars(plain).keys() == vars(clone(plain).fit(X, y)).keys()


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


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_weights_that_were_set_may_be_of_another_type(digits, method):
    X, y = digits
    clf = DenseClassifier((8,), epochs=1, warm_start=True, **WHOLE).fit(X, y)
    other = copy.deepcopy(clf)
    other.coefs_ = [coef.astype("float32") for coef in other.coefs_]
    clf.coefs_ = [coef.astype("float64") for coef in other.coefs_]

    getattr(clf, method)(X, y)
    getattr(other, method)(X, y)

    assert_array_equal(other.coefs_[0], clf.coefs_[0])


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


@pytest.mark.tensorflow
def test_max_time_counts_from_before_anything_is_compiled(digits, monkeypatch):
    clf = DenseClassifier((8,), epochs=400, **WHOLE).fit(*digits)
    monkeypatch.setattr(
        "skmlp._training.compiled.program.Program.compile_epoch",
        lambda self, *args, **kwargs: time.sleep(0.1),
    )

    # All is compiled already, and an epoch takes about a millisecond.
    assert clf.set_params(max_time=0.05).fit(*digits).n_iter_ == 1


class EachBatch(keras.callbacks.Callback):
    """Has batches trained one by one, by Keras."""

    def on_train_batch_end(self, batch, logs=None):
        pass


@pytest.mark.parametrize(
    "params",
    [
        {"callbacks": [EachBatch()]},
        pytest.param({"optimizer": "lbfgs"}, marks=pytest.mark.tensorflow),
    ],
    ids=["keras_fit", "lbfgs"],
)
def test_max_time_ends_training_on_the_other_engines_too(digits, params):
    clf = DenseClassifier((8,), epochs=500, max_time=1e-6, random_state=0, **params)

    clf.set_params(tol=1e-30 if "optimizer" in params else None)

    assert clf.fit(*digits).n_iter_ == 1


# Ctrl-C


class InterruptWithin(keras.callbacks.Callback):
    """Interrupt an epoch when its batches are trained and nothing of it is recorded."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        self.n_begun = epoch + 1

    def on_test_begin(self, logs=None):
        if self.n_begun == self.epoch:
            raise KeyboardInterrupt


class InterruptWithinBatches(InterruptWithin):
    """The same in the middle of an epoch, whose batches Keras trains one by one."""

    def on_train_batch_end(self, batch, logs=None):
        if (self.n_begun, batch) == (self.epoch, 1):
            raise KeyboardInterrupt


INTERRUPTS = {
    "compiled": (InterruptWithin, {}),
    "keras_fit": (InterruptWithinBatches, {}),
    "lbfgs": (InterruptWithin, {"optimizer": "lbfgs"}),
}


@pytest.mark.parametrize(
    "engine",
    [
        "compiled",
        pytest.param("keras_fit", marks=pytest.mark.slow),
        pytest.param("lbfgs", marks=pytest.mark.tensorflow),
    ],
)
def test_interrupt_keeps_the_epoch_that_early_stopping_finds_best(digits, engine):
    X, y = digits
    interrupt, params = INTERRUPTS[engine]
    scores = iter([0.1, 0.2, 0.9, 0.3, 0.2, 0.1])
    clf = DenseClassifier(
        (8,), epochs=7, on_interrupt="keep", early_stopping=True, **WHOLE
    ).set_params(monitor=lambda estimator, X, y: next(scores), **params)
    given = {"X_val": X[::2], "y_val": y[::2]}

    with pytest.warns(UserWarning, match=r"after epoch 6. The weights .* 3, are kept"):
        clf.set_params(callbacks=[interrupt(7)]).fit(X, y, **given)

    three = clone(clf).set_params(
        callbacks=None, epochs=3, early_stopping=False, monitor="loss"
    )
    assert (clf.n_iter_, clf.best_epoch_) == (6, 3)
    assert_allclose(clf.coefs_[0], three.fit(X, y).coefs_[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "engine", ["compiled", pytest.param("keras_fit", marks=pytest.mark.slow)]
)
def test_interrupt_keeps_the_epoch_of_the_least_training_loss(digits, engine):
    """Neither the last epoch, which is worse, nor the one that is interrupted."""
    X, y = digits
    interrupt, _ = INTERRUPTS[engine]
    # Too large a rate, so that the loss goes up and down.
    clf = DenseClassifier((8,), epochs=7, learning_rate=0.3, **WHOLE)
    clf.set_params(on_interrupt="keep", callbacks=[interrupt(7)])

    with pytest.warns(UserWarning, match="Training was interrupted after epoch 6."):
        clf.fit(X, y, X_val=X[::2], y_val=y[::2])

    assert clf.best_epoch_ == int(np.argmin(clf.loss_curve_)) + 1 < 6
    again = clone(clf).set_params(callbacks=None, epochs=clf.best_epoch_)
    assert_allclose(clf.coefs_[0], again.fit(X, y).coefs_[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("interrupt", [InterruptWithin, InterruptWithinBatches])
def test_interrupt_leaves_the_estimator_as_it_was(digits, interrupt):
    X, y = digits
    clf = DenseClassifier((8,), epochs=3, **WHOLE).fit(X, y)
    before = vars(clf).copy()

    clf.callbacks = before["callbacks"] = [interrupt(2)]
    with pytest.raises(KeyboardInterrupt):
        clf.fit(X, y, X_val=X, y_val=y)

    assert vars(clf) == before


def test_interrupt_before_the_first_epoch_has_ended_is_raised(digits):
    X, y = digits
    clf = DenseClassifier(on_interrupt="keep", callbacks=[InterruptWithin(1)], **WHOLE)

    with pytest.raises(KeyboardInterrupt):
        clf.fit(X, y, X_val=X, y_val=y)
    assert not hasattr(clf, "coefs_")


# A warning that is an error


def test_fit_whose_warning_is_an_error_leaves_the_estimator_as_it_was(digits):
    clf = DenseClassifier((8,), epochs=1, random_state=0)

    with pytest.raises(ConvergenceWarning):  # as all warnings are in these tests
        clf.fit(*digits)
    assert not hasattr(clf, "coefs_")
