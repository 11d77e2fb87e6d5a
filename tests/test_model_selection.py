import csv
import io
import json
from math import log, sqrt

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits
from sklearn.linear_model import LinearRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from skmlp import DenseClassifier
from skmlp.model_selection import (
    ArchitectureComparison,
    compare_architectures,
    fit_architectures,
)
from skmlp.model_selection._estimate import Estimate

N_TRAIN, N_TEST = 400, 100


class ScriptedClassifier(ClassifierMixin, BaseEstimator):
    """Gets wrong what the script says: for each size, so many samples of each set.

    The script holds, for each ``hidden_layer_sizes``, the first and the last sample
    that the network gets wrong of the training set and of the test set.
    """

    def __init__(self, hidden_layer_sizes=(), script=None):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.script = script

    def fit(self, X, y, *, X_val, y_val):
        self.classes_ = np.unique(y)
        self.n_parameters_ = sum(self.hidden_layer_sizes)
        self.history_ = {
            "loss": [0.9, 0.5],
            "accuracy": np.array([0.5, 0.75]),
            "val_loss": [0.8, 0.6],
            "val_accuracy": [0.625, 0.5],
        }
        return self

    def predict_proba(self, X):
        is_train, index, label = np.asarray(X).T
        train, test = self.script[self.hidden_layer_sizes]
        start, stop = np.where(is_train[:, None], train, test).T
        wrong = (start <= index) & (index < stop)
        predicted = np.where(wrong, 1 - label, label)
        return np.where(predicted[:, None] == [0, 1], 0.8, 0.2)


def make_samples(n_samples, is_train):
    label = np.arange(n_samples) % 2
    return np.column_stack(
        [np.full(n_samples, is_train), np.arange(n_samples), label]
    ), np.array(["even", "odd"])[label]


def compare(script):
    return compare_architectures(
        ScriptedClassifier(script=script),
        list(script),
        *make_samples(N_TRAIN, is_train=1),
        *make_samples(N_TEST, is_train=0),
    )


def verdict_of(before, after, sizes=((1,), (2,))):
    (verdict,) = compare(dict(zip(sizes, [before, after], strict=True))).verdicts
    return verdict


# What is measured


def test_result_holds_accuracy_loss_and_gap():
    (result,) = compare({(8, 4): ((0, 20), (0, 10))})

    assert result.name == "8-4"
    assert result.n_parameters == 12
    assert result.training.accuracy == 0.95
    assert result.test.accuracy == 0.9
    assert_allclose(result.gap, 0.05)
    assert_allclose(result.test.loss, -0.9 * log(0.8) - 0.1 * log(0.2))
    assert result.fit_seconds >= 0
    assert result.history["accuracy"] == [0.5, 0.75]


def test_accuracy_has_the_standard_error_of_a_proportion():
    (result,) = compare({(8,): ((0, 20), (0, 10))})

    training, test = sqrt(0.95 * 0.05 / N_TRAIN), sqrt(0.9 * 0.1 / N_TEST)
    assert_allclose(result.training.accuracy_estimate.standard_error, training)
    assert_allclose(result.test.accuracy_estimate.standard_error, test)
    assert_allclose(result.gap_estimate.standard_error, sqrt(training**2 + test**2))


def test_difference_is_judged_by_the_samples_that_only_one_network_gets_right():
    # On the test set: 0...29 wrong before, 20...39 wrong after.
    verdict = verdict_of(((0, 40), (0, 30)), ((0, 4), (20, 40)))

    assert_allclose(verdict.test.value, 0.1)
    assert_allclose(verdict.test.standard_error, sqrt(20 + 10) / N_TEST)
    assert_allclose(verdict.training.value, 0.09)
    assert_allclose(verdict.training.standard_error, sqrt(36) / N_TRAIN)
    assert_allclose(verdict.gap.value, -0.01)
    assert_allclose(verdict.gap.standard_error, sqrt(30 / N_TEST**2 + 36 / N_TRAIN**2))


def test_paired_standard_error_is_that_of_repeated_test_sets():
    # Draw many test sets on which both networks are right with the same probability.
    rng = np.random.default_rng(0)
    shared, either = rng.random((2, 4000, N_TEST)) < [[[0.85]], [[0.5]]]
    differences = (np.where(shared, 0, 2 * either - 1)).sum(axis=1) / N_TEST

    n_disagreements = (~shared).sum(axis=1).mean()
    assert_allclose(differences.std(), sqrt(n_disagreements) / N_TEST, rtol=0.05)


@pytest.mark.parametrize(
    ("value", "sign"), [(0.021, 1), (0.02, 0), (0.0, 0), (-0.02, 0), (-0.021, -1)]
)
def test_estimate_within_two_standard_errors_has_no_sign(value, sign):
    assert Estimate(value, standard_error=0.01).sign == sign


# What it suggests


def test_smaller_network_that_is_low_on_both_sets_is_too_small():
    verdict = verdict_of(((0, 80), (0, 20)), ((0, 8), (0, 2)))

    assert verdict.findings == ["1 underfits"]
    assert verdict.difference.startswith(
        "Yes. Test accuracy rises from 0.8000 to 0.9800, "
        "by 0.1800 (4.2 standard errors)."
    )
    assert verdict.reason.startswith(
        "1 underfits: its training and test accuracy are low together, "
        "and with 1 parameters against 2 it is too small."
    )


def test_second_network_can_be_the_one_too_small():
    verdict = verdict_of(((0, 8), (0, 2)), ((0, 80), (0, 20)), sizes=((2,), (1,)))

    assert verdict.findings == ["1 underfits"]
    assert "falls from 0.9800 to 0.8000" in verdict.difference


def test_larger_network_that_is_low_on_both_sets_is_not_called_too_small():
    verdict = verdict_of(((0, 8), (0, 2)), ((0, 80), (0, 20)))

    assert verdict.findings == ["2 underfits"]
    assert "too small" not in verdict.reason
    assert "it may need more epochs or another optimizer" in verdict.reason


def test_gap_that_widens_is_overfitting():
    verdict = verdict_of(((0, 80), (0, 20)), ((0, 0), (0, 18)))

    assert verdict.overfits == "2"
    assert verdict.findings == ["2 overfits"]
    assert "The gap between training and test accuracy widens" in verdict.reason
    assert verdict.reason.endswith("2 begins to overfit.")


def test_gap_that_widens_further_is_more_overfitting():
    verdict = verdict_of(((0, 40), (0, 30)), ((0, 0), (0, 36)))

    assert verdict.reason.endswith("2 overfits more than 1.")


def test_gap_that_widens_within_noise_of_none_is_no_overfitting():
    # From -0.1 to 0.0: wider, yet no gap at all.
    verdict = verdict_of(((0, 80), (0, 10)), ((0, 40), (0, 10)))

    assert verdict.gap.sign == 1
    assert verdict.overfits is None
    assert verdict.reason.endswith("no sign that 2 overfits.")


def test_gap_that_narrows_is_less_overfitting():
    verdict = verdict_of(((0, 0), (0, 40)), ((0, 40), (0, 30)))

    assert verdict.reason.endswith("2 overfits less than 1.")


def test_equal_networks_do_not_differ():
    verdict = verdict_of(((0, 20), (0, 5)), ((0, 20), (0, 5)))

    assert verdict.findings == ["neither underfitting nor overfitting"]
    assert verdict.difference == (
        "None beyond noise. Test accuracy stays 0.9500. Training accuracy stays 0.9500."
    )


def test_difference_within_noise_is_called_noise():
    verdict = verdict_of(((0, 20), (0, 5)), ((2, 21), (1, 5)))

    assert verdict.difference.startswith(
        "None beyond noise. Test accuracy goes from 0.9500 to 0.9600, "
        "by 0.0100, within noise (1.0 standard errors)."
    )


@pytest.mark.parametrize("train", [(0, 20), (0, 60), (0, 100)])
@pytest.mark.parametrize("test", [(0, 5), (0, 15), (0, 25)])
def test_every_combination_of_signs_has_a_sentence(train, test):
    verdict = verdict_of(((0, 60), (0, 15)), (train, test))

    assert verdict.training.sign == np.sign(60 - train[1])
    assert verdict.test.sign == np.sign(15 - test[1])
    assert verdict.question.endswith("is there a difference, and why?")
    assert verdict.reason.count(". ") == 1


def test_each_architecture_is_compared_with_the_one_before():
    comparison = compare({(n,): ((0, 10 * n), (0, n)) for n in (1, 2, 3)})

    assert [(v.previous.name, v.current.name) for v in comparison.verdicts] == [
        ("1", "2"),
        ("2", "3"),
    ]


def test_slice_is_a_comparison_of_fewer():
    comparison = compare({(n,): ((0, 10 * n), (0, n)) for n in (1, 2, 3)})

    (verdict,) = comparison[::2].verdicts

    assert (verdict.previous.name, verdict.current.name) == ("1", "3")


# The protocol


def test_estimators_are_left_as_they_are():
    estimator = ScriptedClassifier((5,), script={(1,): ((0, 1), (0, 1))})
    compare_architectures(estimator, [(1,)], *make_samples(8, 1), *make_samples(4, 0))

    assert estimator.hidden_layer_sizes == (5,)
    assert not hasattr(estimator, "classes_")


def test_names_come_from_the_mapping_or_the_sizes():
    script = dict.fromkeys([(), (32, 16)], ((0, 1), (0, 1)))
    samples = *make_samples(8, 1), *make_samples(4, 0)
    estimator = ScriptedClassifier(script=script)

    named = compare_architectures(estimator, {"wide": (32, 16)}, *samples)
    unnamed = compare_architectures(estimator, list(script), *samples)

    assert [result.name for result in named] == ["wide"]
    assert [result.name for result in unnamed] == ["linear", "32-16"]


def test_interrupted_generator_keeps_what_is_finished():
    script = {(1,): ((0, 1), (0, 1)), (2,): None}
    fits = fit_architectures(
        ScriptedClassifier(script=script),
        list(script),
        *make_samples(8, 1),
        *make_samples(4, 0),
    )

    finished = [next(fits)]
    with pytest.raises(TypeError):
        next(fits)

    assert [result.name for result in ArchitectureComparison(finished)] == ["1"]


def test_regressor_is_refused():
    with pytest.raises(ValueError, match=r"takes a classifier\. Got estimator=Linear"):
        compare_architectures(LinearRegression(), [(1,)], [[0]], [0], [[0]], [0])


# The numbers outside


def test_csv_has_a_line_for_each_architecture_and_each_epoch():
    comparison = compare({(n, n): ((0, 10 * n), (0, n)) for n in (1, 2)})

    table = list(csv.DictReader(io.StringIO(comparison.to_csv())))
    history = list(csv.DictReader(io.StringIO(comparison.history_to_csv())))

    assert [row["architecture"] for row in table] == ["1-1", "2-2"]
    assert table[1]["hidden_layer_sizes"] == "2 2"
    assert float(table[1]["test_accuracy"]) == comparison[1].test.accuracy
    assert [(row["architecture"], row["epoch"]) for row in history] == [
        ("1-1", "1"),
        ("1-1", "2"),
        ("2-2", "1"),
        ("2-2", "2"),
    ]
    assert history[1]["val_loss"] == "0.6"


def test_empty_comparison_has_no_lines():
    assert ArchitectureComparison([]).to_csv() == ""


def test_dict_survives_json():
    comparison = compare({(n,): ((0, 10 * n), (0, n)) for n in (1, 20)})

    numbers = json.loads(json.dumps(comparison.to_dict()))

    assert numbers["architectures"][0]["hidden_layer_sizes"] == [1]
    assert numbers["architectures"][0]["history"]["val_loss"] == [0.8, 0.6]
    assert numbers["verdicts"][0]["test_change"]["beyond_noise"] is True
    assert numbers["verdicts"][0]["findings"] == comparison.verdicts[0].findings


def test_dense_classifier_is_measured_as_it_scores():
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)

    (result,) = compare_architectures(
        DenseClassifier(epochs=3, tol=None, random_state=0),
        [(16,)],
        X_train,
        y_train,
        X_test,
        y_test,
    )

    fitted = result.estimator
    assert result.training.accuracy == fitted.score(X_train, y_train)
    assert result.test.accuracy == fitted.score(X_test, y_test)
    assert_allclose(result.test.loss, log_loss(y_test, fitted.predict_proba(X_test)))
    assert_allclose(result.history["val_loss"][-1], result.test.loss, rtol=1e-5)
    assert result.n_parameters == 64 * 16 + 16 + 16 * 10 + 10
