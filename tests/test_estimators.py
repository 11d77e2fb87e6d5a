"""What the estimators promise, beside scikit-learn's own checks."""

import inspect
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor

FAST = {"epochs": 3, "tol": None, "random_state": 0}


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return scale(X), y


@pytest.fixture(scope="module")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return scale(X), scale(y)


@pytest.fixture(scope="module")
def fitted(iris):
    return DenseClassifier((8, 4), **FAST).fit(*iris)


# Parameters


@pytest.mark.parametrize(
    "estimator_class", [DenseClassifier, DenseRegressor, DenseMNISTClassifier]
)
def test_documented_defaults_are_those_of_the_signature(estimator_class):
    documented = dict(
        re.findall(
            r"^    (\w+) : .*default=([^\n]+)$", estimator_class.__doc__, re.MULTILINE
        )
    )
    signature = inspect.signature(estimator_class).parameters

    assert {name: repr(p.default) for name, p in signature.items()} == {
        name: repr(eval(default)) for name, default in documented.items()
    }


@pytest.mark.parametrize(
    ("hidden_layer_sizes", "layers"),
    [
        (5, [4, 5, 3]),
        (np.int64(5), [4, 5, 3]),
        ((5, 2), [4, 5, 2, 3]),
        ([5, 2], [4, 5, 2, 3]),
        (np.array([5, 2]), [4, 5, 2, 3]),
        ((), [4, 3]),
    ],
)
def test_hidden_layer_sizes_may_be_any_sequence_or_one_size(
    iris, hidden_layer_sizes, layers
):
    clf = DenseClassifier(hidden_layer_sizes, **FAST).fit(*iris)

    assert [len(coef) for coef in clf.coefs_] + [clf.n_outputs_] == layers
    assert clf.n_layers_ == len(layers)


@pytest.mark.parametrize("sizes", [(3, -1), (3, 0), (2.5,), (True,), ("3",)])
def test_hidden_layer_sizes_refuses_what_is_not_a_positive_whole_number(iris, sizes):
    with pytest.raises(ValueError, match="whole numbers of units, each at least 1"):
        DenseClassifier(sizes).fit(*iris)


def test_layers_of_keras_are_refused(iris):
    import keras

    layers = [keras.layers.Dense(8, name="first"), keras.layers.GaussianNoise(0.1)]

    with pytest.raises(
        ValueError,
        match=r"Got <Dense name=first, .*>\]\. Every layer is dense: pass how many",
    ):
        DenseClassifier(layers).fit(*iris)
    with pytest.raises(ValueError, match=r"'hidden_layer_sizes' parameter .*<Dense"):
        DenseClassifier(layers[0]).fit(*iris)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"activation": "rellu"}, r"activation needs one of.*Did you mean 'relu'\?"),
        ({"activation": "glu"}, r"Got 'glu'. Keras' own halves the number of units."),
        ({"optimizer": "Adm"}, r"'optimizer' parameter.*Did you mean 'adam'\?"),
        ({"optimizer": 3}, "'optimizer' parameter.*keras.optimizers.Optimizer"),
        ({"learning_rate": 0}, "'learning_rate' parameter"),
        ({"momentum": 1}, "'momentum' parameter"),
        ({"alpha": -1}, "'alpha' parameter"),
        ({"batch_size": 0}, "'batch_size' parameter"),
        ({"epochs": 0}, "'epochs' parameter"),
        ({"tol": -1}, "'tol' parameter"),
        ({"n_iter_no_change": 0}, "'n_iter_no_change' parameter"),
        ({"class_weight": "even"}, "'class_weight' parameter"),
        ({"shuffle": "yes"}, "'shuffle' parameter"),
        ({"callbacks": print}, "'callbacks' parameter"),
        ({"random_state": "x"}, "'random_state' parameter"),
        ({"hidden_layer_sizes": 0}, "'hidden_layer_sizes' parameter"),
    ],
)
def test_fit_refuses_a_bad_parameter_with_scikit_learns_sentence(iris, params, message):
    with pytest.raises(ValueError, match=message):
        DenseClassifier(**params).fit(*iris)


def test_callbacks_refuses_what_keras_could_not_call(iris):
    with pytest.raises(
        TypeError, match=r"instances of keras\.callbacks\.Callback\. Got"
    ):
        DenseClassifier(callbacks=[int]).fit(*iris)


@pytest.mark.parametrize(
    "estimator_class", [DenseClassifier, DenseRegressor, DenseMNISTClassifier]
)
def test_clone_keeps_every_parameter(estimator_class):
    """Whatever its value is: parameters are checked by ``fit``."""
    names = inspect.signature(estimator_class).parameters
    params = {name: f"any {name}" for name in names}

    assert clone(estimator_class(**params)).get_params() == params


def test_set_params_proposes_the_nearest_name():
    with pytest.raises(ValueError, match=r"Did you mean 'hidden_layer_sizes'\?"):
        DenseClassifier().set_params(hidden_layer=(3,))


def test_optimizer_instance_is_copied_not_trained(iris):
    import keras

    optimizer = keras.optimizers.SGD(0.25, momentum=0.5)
    clf = DenseClassifier((4,), optimizer=optimizer, **FAST)

    first = clf.fit(*iris).loss_curve_
    second = clf.fit(*iris).loss_curve_

    assert first == second
    assert not optimizer.built
    by_name = clone(clf).set_params(optimizer="sgd", learning_rate=0.25, momentum=0.5)
    assert by_name.fit(*iris).loss_curve_ == first


def test_learning_rate_overrides_that_of_an_optimizer_instance(iris):
    import keras

    slow = DenseClassifier(optimizer=keras.optimizers.SGD(1e-6), **FAST).fit(*iris)
    fast = clone(slow).set_params(learning_rate=0.5).fit(*iris)

    assert fast.loss_ < slow.loss_


def test_momentum_speeds_up_sgd_and_leaves_adam_alone(iris):
    sgd = DenseClassifier(optimizer="sgd", **FAST)
    adam = DenseClassifier(optimizer="adam", **FAST)

    def loss(clf, **params):
        return clone(clf).set_params(**params).fit(*iris).loss_

    assert loss(sgd, momentum=0.9) < loss(sgd)
    with pytest.warns(UserWarning, match="momentum has an effect only with optimizer="):
        assert loss(adam, momentum=0.9) == loss(adam)


# Targets


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["a", "b", "c"]),
        np.array(["a", "b", "c"], dtype=object),
        np.array([5, 7, 11]),
        np.array([-1.0, 0.0, 2.0]),
        np.array([False, True]),
        np.array(["no", "yes"]),
        np.array([5, 7]),
    ],
    ids=["text", "objects", "integers", "floats", "booleans", "two texts", "5 and 7"],
)
def test_labels_of_any_type_are_learned_and_predicted(iris, labels):
    X, y = iris
    X, y = X[y < len(labels)], labels[y[y < len(labels)]]
    clf = DenseClassifier(epochs=50, tol=None, random_state=0).fit(X, y)

    assert_array_equal(clf.classes_, labels)
    assert clf.predict(X).dtype == labels.dtype
    assert clf.score(X, y) > 0.8


def test_one_hot_rows_are_the_classes_by_column(iris):
    X, y = iris
    by_label = DenseClassifier(**FAST).fit(X, y)
    by_row = DenseClassifier(**FAST).fit(X, np.eye(3, dtype="float32")[y])

    assert_array_equal(by_row.predict_proba(X), by_label.predict_proba(X))
    assert by_row.score(X, np.eye(3)[y]) == by_label.score(X, y)


def test_one_hot_rows_of_ten_classes_keep_a_class_without_samples():
    X = np.random.RandomState(0).uniform(size=(20, 784))
    y = np.eye(10)[np.arange(20) % 9]  # no nines

    clf = DenseMNISTClassifier(**FAST).fit(X, y)

    assert_array_equal(clf.classes_, np.arange(10))
    assert clf.predict_proba(X).shape == (20, 10)


def test_balanced_weights_of_one_hot_rows_leave_out_a_class_without_samples():
    X = np.random.RandomState(0).uniform(size=(20, 5))
    y = np.eye(4)[np.repeat([0, 1, 2], [10, 8, 2])]  # no threes
    clf = DenseMNISTClassifier(class_weight="balanced", **FAST)

    balanced = clf.fit(X, y).coefs_[0].copy()
    weights = {0: 20 / (3 * 10), 1: 20 / (3 * 8), 2: 20 / (3 * 2)}
    given = clf.set_params(class_weight=weights).fit(X, y).coefs_[0]

    assert_array_equal(balanced, given)


def test_table_of_targets_that_is_not_one_hot_is_refused(iris):
    X, y = iris
    with pytest.raises(ValueError, match="one-hot rows with a single 1"):
        DenseClassifier(**FAST).fit(X, np.eye(3)[y] + 1)


def test_one_class_is_refused(iris):
    X, _ = iris
    with pytest.raises(ValueError, match=r"at least 2 classes in y. Got 1 class: 'a'"):
        DenseClassifier(**FAST).fit(X, ["a"] * len(X))


def test_regressor_keeps_the_dimensions_of_the_targets(diabetes):
    X, y = diabetes
    targets = {"flat": y, "column": y[:, np.newaxis], "table": np.c_[y, -y]}

    for target in targets.values():
        predicted = DenseRegressor(**FAST).fit(X, target).predict(X)
        assert predicted.shape == target.shape


def test_regressor_learns_several_outputs(diabetes):
    X, y = diabetes
    reg = DenseRegressor((), epochs=60, tol=None, learning_rate=0.01, random_state=0)

    table = reg.fit(X, np.c_[y, -y])

    assert table.score(X, np.c_[y, -y]) > 0.45


# Weights


def test_class_weight_is_the_same_as_weighing_the_samples(iris):
    X, y = iris
    class_weight = {0: 1.0, 1: 5.0, 2: 0.5}
    by_class = DenseClassifier(class_weight=class_weight, **FAST).fit(X, y)
    sample_weight = np.array([1.0, 5.0, 0.5])[y]
    by_sample = DenseClassifier(**FAST).fit(X, y, sample_weight=sample_weight)

    assert_array_equal(by_class.coefs_[0], by_sample.coefs_[0])


def test_balanced_class_weight_weighs_by_inverse_frequency(iris):
    X, y = iris[0][:120], iris[1][:120]  # 50, 50, 20
    balanced = DenseClassifier(class_weight="balanced", **FAST).fit(X, y)
    weights = {label: 120 / (3 * n) for label, n in enumerate([50, 50, 20])}
    by_hand = DenseClassifier(class_weight=weights, **FAST).fit(X, y)

    assert_allclose(balanced.coefs_[0], by_hand.coefs_[0], rtol=1e-6)


def test_class_of_weight_zero_is_not_learned(iris):
    X, y = iris
    clf = DenseClassifier(class_weight={0: 0.0}, epochs=30, tol=None, random_state=0)

    assert not (clf.fit(X, y).predict(X) == 0).any()


def test_weights_of_the_caller_are_not_changed(iris):
    X, y = iris
    weight = np.ones(len(X), dtype=int)

    DenseClassifier(class_weight={0: 3.0}, **FAST).fit(X, y, sample_weight=weight)

    assert_array_equal(weight, 1)


def test_sample_of_weight_zero_counts_as_absent(iris):
    X, y = iris
    weight = np.arange(len(X)) % 3  # 0, 1, 2
    present = weight > 0
    clf = DenseClassifier(**FAST)

    with_zeros = clone(clf).fit(X, y, sample_weight=weight).coefs_[0]
    without = clone(clf).fit(X[present], y[present], sample_weight=weight[present])

    assert_array_equal(with_zeros, without.coefs_[0])


def test_integer_weights_are_the_same_as_repeated_samples_on_a_full_batch(iris):
    X, y = iris
    weight = 1 + np.arange(len(X)) % 3
    clf = DenseClassifier(batch_size=1000, shuffle=False, **FAST)

    weighted = clone(clf).fit(X, y, sample_weight=weight)
    repeated = clone(clf).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))

    assert_allclose(weighted.coefs_[0], repeated.coefs_[0], atol=1e-9)


def test_negative_weights_are_refused(iris):
    with pytest.raises(ValueError, match="Negative values"):
        DenseClassifier().fit(*iris, sample_weight=-np.ones(150))


# Prediction


def test_probabilities_sum_to_one_and_agree_with_predict(fitted, iris):
    X, _ = iris
    proba = fitted.predict_proba(X)

    assert_allclose(proba.sum(axis=1), 1)
    assert_array_equal(fitted.predict(X), fitted.classes_[proba.argmax(axis=1)])
    assert_allclose(fitted.predict_log_proba(X), np.log(proba))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_log_probabilities_stay_finite_where_probabilities_underflow(iris, n_classes):
    X, y = iris[0][iris[1] < n_classes], iris[1][iris[1] < n_classes]
    clf = DenseClassifier((), epochs=100, tol=None, random_state=0).fit(X, y)

    log_proba = clf.predict_log_proba(X * 1e6)

    assert np.isfinite(log_proba).all()
    assert log_proba.min() < -1e5


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_stay_inside_their_bounds(iris, n_classes, dtype):
    X, y = iris[0].astype(dtype), iris[1]
    clf = DenseClassifier((), **FAST).fit(X[y < n_classes], y[y < n_classes])

    proba = clf.predict_proba(X * 1e6)

    assert proba.min() > 0
    assert proba.max() < 1
    assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)


def test_probabilities_of_several_labels_stay_inside_their_bounds(iris):
    X, y = iris
    clf = DenseClassifier((), **FAST).fit(X, np.eye(3, dtype=int)[y])

    proba = clf.predict_proba(X * 1e6)

    assert proba.min() > 0
    assert proba.max() < 1


@pytest.mark.parametrize("n_classes", [2, 3])
def test_prediction_equals_that_of_the_keras_model(iris, n_classes):
    X, y = iris[0][iris[1] < n_classes], iris[1][iris[1] < n_classes]
    clf = DenseClassifier((8, 4), **FAST).fit(X, y)

    by_keras = clf.model_.predict(X, verbose=0)

    assert_allclose(clf.predict_proba(X)[:, -by_keras.shape[1] :], by_keras, atol=1e-5)


def test_samples_of_every_container_are_predicted_alike(fitted, iris):
    """Plain float arrays skip scikit-learn's validation, and the others do not."""
    X = iris[0][:7]
    expected = fitted.predict_proba(X)

    for same in (X.tolist(), X.astype(object), np.asfortranarray(X), csr_array(X)):
        assert_allclose(fitted.predict_proba(same), expected, rtol=0, atol=1e-12)


def test_finite_samples_whose_sum_overflows_are_predicted(fitted):
    huge = np.full((3, 4), 1e308)

    assert set(fitted.predict(huge)) <= set(fitted.classes_)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite_are_refused(fitted, iris, bad):
    X = iris[0][:3].copy()
    X[1, 2] = bad

    with pytest.raises(ValueError, match=r"Input X contains (NaN|infinity)"):
        fitted.predict(X)


@pytest.mark.parametrize(
    "use",
    [
        lambda clf, X: clf.predict(X),
        lambda clf, X: clf.predict_log_proba(X),
        lambda clf, X: clf.summary(),
        lambda clf, X: clf.model_,
    ],
    ids=["predict", "predict_log_proba", "summary", "model_"],
)
def test_unfitted_estimator_says_so(use, iris):
    with pytest.raises(NotFittedError):
        use(DenseClassifier(), iris[0])


def test_summary_prints_the_layer_table_of_keras(iris, capsys):
    DenseClassifier((8, 4), **FAST).fit(*iris).summary()

    printed = capsys.readouterr().out
    assert "hidden_1 (Dense)" in printed
    assert "(None, 8)" in printed
    assert "Total params: 91" in printed  # 4*8 + 8 + 8*4 + 4 + 4*3 + 3


# Precision


@pytest.mark.parametrize(
    ("given", "trained"),
    [
        ("float64", "float64"),
        ("float32", "float32"),
        ("float16", "float32"),
        ("int64", "float32"),
        ("int8", "float32"),
        ("uint8", "float32"),
        ("bool", "float32"),
    ],
)
def test_type_of_the_input_decides_the_precision(given, trained):
    rng = np.random.RandomState(0)
    X = rng.randint(2, size=(30, 4)).astype(given)
    clf = DenseClassifier((3,), **FAST).fit(X, rng.randint(3, size=30))

    assert {coef.dtype.name for coef in clf.coefs_ + clf.intercepts_} == {trained}
    assert clf.predict_proba(X).dtype == trained


def test_uint8_gives_what_the_same_numbers_in_float32_give():
    rng = np.random.RandomState(0)
    X, y = rng.randint(9, size=(40, 6)).astype("uint8"), rng.randint(3, size=40)
    clf = DenseClassifier((3,), **FAST)

    as_stored = clone(clf).fit(X, y).coefs_[0]

    assert_array_equal(as_stored, clone(clf).fit(X.astype("float32"), y).coefs_[0])


# Learning


@pytest.mark.slow
def test_linear_classifier_reaches_the_optimum_of_logistic_regression(iris):
    X, y = iris[0][iris[1] > 0], iris[1][iris[1] > 0]
    alpha = 0.5
    clf = DenseClassifier(
        (),
        optimizer="sgd",
        learning_rate=1.0,
        alpha=alpha,
        batch_size=1000,
        epochs=2000,
        tol=None,
        random_state=0,
    ).fit(X, y)

    # scikit-learn's C weighs the sum of the losses against half the squared norm.
    reference = LogisticRegression(C=1 / alpha, tol=1e-10, max_iter=10_000).fit(X, y)

    assert_allclose(clf.coefs_[0].ravel(), reference.coef_.ravel(), rtol=1e-4)
    assert_allclose(clf.intercepts_[0], reference.intercept_, rtol=1e-4)


def test_loss_is_that_of_scikit_learn_and_the_penalty(iris):
    """With steps too short to change a weight, the loss is that of the initial ones."""
    X, y = iris
    alpha = 3.0
    clf = DenseClassifier(
        (5,), optimizer="sgd", learning_rate=1e-30, alpha=alpha, batch_size=150, **FAST
    ).fit(X, y)

    penalty = alpha / 2 * sum((coef**2).sum() for coef in clf.coefs_) / len(X)

    assert_allclose(clf.loss_, log_loss(y, clf.predict_proba(X)) + penalty, rtol=1e-6)


def test_training_stops_when_the_loss_improves_no_more(iris):
    clf = DenseClassifier(epochs=500, tol=0.01, n_iter_no_change=3, random_state=0)
    curve = np.array(clf.fit(*iris).loss_curve_)

    assert clf.n_iter_ == len(curve) < 500
    # As in scikit-learn, more than n_iter_no_change epochs in a row did not improve.
    best_before = np.minimum.accumulate(curve)[:-1]
    improved = curve[1:] <= best_before - 0.01
    assert not improved[-4:].any()
    assert improved[-5]


def test_epochs_used_up_while_the_loss_improves_warns(iris):
    with pytest.warns(ConvergenceWarning, match=r"tol=0.0001 when epochs=2 were used"):
        DenseClassifier(epochs=2, tol=1e-4).fit(*iris)


def test_without_tol_all_epochs_run_in_silence(iris, capfd):
    clf = DenseClassifier(epochs=5, tol=None).fit(*iris)

    assert clf.n_iter_ == 5
    assert capfd.readouterr() == ("", "")


def test_loss_that_diverges_names_the_epoch_and_the_remedy(iris):
    X, y = iris
    reg = DenseRegressor(optimizer="sgd", learning_rate=1.0, epochs=50)

    with pytest.raises(
        ValueError, match=r"became (nan|infinite) at epoch \d+.*Scale X.*now 1\)"
    ):
        reg.fit(X * 1e4, y)
    assert not hasattr(reg, "coefs_")
    assert not hasattr(reg, "n_features_in_")


def test_failed_fit_leaves_the_earlier_fit_usable(iris):
    X, y = iris
    clf = DenseClassifier((4,), **FAST).fit(X, y)
    before = vars(clf).copy()

    with pytest.raises(ValueError, match="NaN"):
        clf.fit(np.full((10, 2), np.nan), y[:10])

    assert vars(clf) == before


def test_interrupted_fit_leaves_the_earlier_fit_usable(iris):
    import keras

    def interrupt(epoch, logs):
        raise KeyboardInterrupt

    clf = DenseClassifier((4,), **FAST).fit(*iris)
    before = clf.predict_proba(iris[0])

    clf.set_params(callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=interrupt)])
    with pytest.raises(KeyboardInterrupt):
        clf.fit(*iris)

    assert_array_equal(clf.predict_proba(iris[0]), before)


# Validation data


def test_validation_data_are_recorded_and_change_nothing(iris):
    X, y = iris
    alone = DenseClassifier(**FAST).fit(X[::2], y[::2])
    watched = DenseClassifier(**FAST).fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])

    assert_array_equal(watched.coefs_[0], alone.coefs_[0])
    assert alone.validation_loss_curve_ is None
    proba = watched.predict_proba(X[1::2])
    expected = log_loss(y[1::2], proba)
    assert_allclose(watched.validation_loss_curve_[-1], expected, rtol=1e-6)
    assert_allclose(watched.validation_scores_[-1], watched.score(X[1::2], y[1::2]))


def test_validation_loss_is_weighted(iris):
    X, y = iris
    weight = np.arange(1.0, 151)
    clf = DenseClassifier(**FAST)
    clf.fit(X, y, X_val=X, y_val=y, sample_weight_val=weight)

    expected = log_loss(y, clf.predict_proba(X), sample_weight=weight)
    assert_allclose(clf.validation_loss_curve_[-1], expected)


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_validation_data_may_be_of_another_type_than_the_training_data(iris, dtype):
    X, y = iris
    X_val = np.abs(X).astype(dtype)
    clf = DenseRegressor(**FAST).fit(X, y, X_val=X_val, y_val=y)

    squared_error = (clf.predict(X_val.astype("float64")) - y) ** 2
    assert_allclose(clf.validation_loss_curve_[-1], squared_error.mean() / 2, rtol=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"X_val": [[0.0] * 4]}, "X_val and y_val go together. Got y_val=None"),
        ({"y_val": [0]}, "X_val and y_val go together. Got X_val=None"),
        ({"X_val": [[0.0] * 4], "y_val": [9]}, r"need to be among \[0, 1, 2\]. Got 9"),
        ({"X_val": [[0.0] * 3], "y_val": [0]}, "expecting 4 features"),
        ({"X_val": [[0.0] * 4], "y_val": [0, 1]}, "inconsistent numbers of samples"),
    ],
)
def test_bad_validation_data_are_refused(iris, given, message):
    with pytest.raises(ValueError, match=message):
        DenseClassifier(**FAST).fit(*iris, **given)


# At work in scikit-learn


def test_grid_search_in_a_pipeline_finds_the_better_architecture(iris):
    clf = DenseClassifier(learning_rate=0.01, epochs=60, tol=None, random_state=0)
    grid = {"denseclassifier__hidden_layer_sizes": [(1,), (32,)]}

    search = GridSearchCV(make_pipeline(StandardScaler(), clf), grid, cv=3).fit(*iris)

    assert search.best_params_["denseclassifier__hidden_layer_sizes"] == (32,)
    assert search.best_score_ > 0.9


def test_cross_validation_is_stratified_for_a_classifier(iris):
    """Sorted labels in three unstratified folds would score zero."""
    clf = DenseClassifier(epochs=40, tol=None, random_state=0)

    assert cross_val_score(clf, *iris, cv=3).min() > 0.7


def test_equal_seeds_give_equal_bits_and_other_seeds_others(iris):
    def coefs(random_state):
        clf = DenseClassifier(**{**FAST, "random_state": random_state})
        return clf.fit(*iris).coefs_[0]

    assert_array_equal(coefs(0), coefs(0))
    assert_array_equal(coefs(np.random.RandomState(0)), coefs(0))
    assert (coefs(0) != coefs(1)).all()
    assert (coefs(None) != coefs(None)).all()


def test_feature_names_are_kept_and_checked(iris):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(iris[0], columns=list("abcd"))
    clf = DenseClassifier(**FAST).fit(frame, iris[1])

    assert_array_equal(clf.feature_names_in_, list("abcd"))
    with pytest.raises(ValueError, match="feature names"):
        clf.predict(frame[list("badc")])
