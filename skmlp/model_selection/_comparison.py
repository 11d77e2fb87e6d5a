"""Fit one architecture after another and keep what was measured."""

import csv
import io
from collections.abc import Mapping, Sequence
from itertools import pairwise
from time import perf_counter

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils import column_or_1d

from skmlp.model_selection._result import ArchitectureResult, Performance
from skmlp.model_selection._verdict import Verdict


def compare_architectures(estimator, architectures, X, y, X_test, y_test):
    """Fit a classifier with each of several architectures and compare them.

    Each architecture is fitted on the training set, by a clone of the estimator with
    other ``hidden_layer_sizes``, and measured with its final weights on the whole
    training and test set.

    Parameters
    ----------
    estimator : estimator
        :class:`~skmlp.DenseMNISTClassifier`, :class:`~skmlp.DenseClassifier`, or one
        that like them takes ``hidden_layer_sizes``, validation data in ``fit``, and
        records its ``history_``. It is left as it is. With an int as its
        ``random_state`` the comparison can be repeated.

    architectures : dict of str to hidden_layer_sizes, or list of hidden_layer_sizes
        The architectures, by name or to be named after their layers: ``(32, 16)`` is
        ``"32-16"``, and ``()`` is ``"linear"``.

    X : array-like of shape (n_samples, ...)
        Training samples.

    y : array-like of shape (n_samples,)
        Their labels.

    X_test : array-like of shape (n_test_samples, ...)
        Test samples. They are only measured: nothing is chosen by them.

    y_test : array-like of shape (n_test_samples,)
        Their labels.

    Returns
    -------
    comparison : ArchitectureComparison
        The results in the order of `architectures`, and a verdict on each against the
        one before.

    See Also
    --------
    fit_architectures : The same one by one, to show progress or to be interrupted.
    sklearn.model_selection.GridSearchCV : Choose an architecture by cross-validation.

    Notes
    -----
    Both networks are tested on the same samples, so a difference in accuracy is judged
    by the samples on which they disagree [1]_ [2]_: where the new network alone is
    right on `g` of `n` samples and the old one alone on `l`, the difference is
    ``(g - l) / n`` and its standard error ``sqrt(g + l) / n``, that of as many tosses
    of a fair coin. Training and test samples are independent, so the variances of the
    two differences add up to that of the difference between the gaps. What is not
    larger than two standard errors is called noise.

    These standard errors say what other samples would have changed. What another
    ``random_state`` would have changed they do not: repeat the comparison to see it.

    References
    ----------
    .. [1] Q. McNemar, "Note on the sampling error of the difference between correlated
       proportions or percentages", Psychometrika 12, 153-157, 1947.
    .. [2] T. G. Dietterich, "Approximate statistical tests for comparing supervised
       classification learning algorithms", Neural Computation 10, 1895-1923, 1998.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import train_test_split
    >>> from skmlp import DenseClassifier
    >>> from skmlp.model_selection import compare_architectures
    >>> X, y = load_digits(return_X_y=True)
    >>> X_train, X_test, y_train, y_test = train_test_split(X / 16, y, random_state=0)
    >>> comparison = compare_architectures(
    ...     DenseClassifier(epochs=10, tol=None, random_state=0),
    ...     [(2,), (64,)],
    ...     X_train,
    ...     y_train,
    ...     X_test,
    ...     y_test,
    ... )
    >>> comparison.verdicts[0].findings
    ['2 underfits']
    """
    return ArchitectureComparison(
        fit_architectures(estimator, architectures, X, y, X_test, y_test)
    )


def fit_architectures(estimator, architectures, X, y, X_test, y_test):
    """Fit a classifier with each of several architectures, one at each step.

    What :func:`compare_architectures` does, as a generator: each step fits and measures
    one architecture. What was collected before an interruption is kept:
    ``ArchitectureComparison(results)`` compares any of them.

    Parameters
    ----------
    estimator : estimator
        Classifier with the parameter ``hidden_layer_sizes``.

    architectures : dict of str to hidden_layer_sizes, or list of hidden_layer_sizes
        The architectures, by name or to be named after their layers.

    X : array-like of shape (n_samples, ...)
        Training samples.

    y : array-like of shape (n_samples,)
        Their labels.

    X_test : array-like of shape (n_test_samples, ...)
        Test samples.

    y_test : array-like of shape (n_test_samples,)
        Their labels.

    Yields
    ------
    result : ArchitectureResult
        What was measured of the next architecture.

    See Also
    --------
    compare_architectures : All of them in one call.
    """
    if not is_classifier(estimator):
        raise ValueError(
            "Architectures are compared by their accuracy, which takes a classifier. "
            f"Got estimator={estimator!r}. For a regressor, use GridSearchCV."
        )
    if getattr(estimator, "early_stopping", False):
        raise ValueError(
            "Architectures are compared on test data that choose nothing. Got "
            "early_stopping=True, which would stop by them. Set early_stopping=False."
        )
    y = column_or_1d(y)
    y_test = column_or_1d(y_test)
    for name, hidden_layer_sizes in _name_architectures(architectures):
        candidate = clone(estimator).set_params(hidden_layer_sizes=hidden_layer_sizes)
        start = perf_counter()
        candidate.fit(X, y, X_val=X_test, y_val=y_test)
        fit_seconds = perf_counter() - start
        yield ArchitectureResult(
            name=name,
            hidden_layer_sizes=hidden_layer_sizes,
            estimator=candidate,
            n_parameters=candidate.n_parameters_,
            fit_seconds=fit_seconds,
            history={
                curve: [float(value) for value in values]
                for curve, values in candidate.history_.items()
            },
            training=Performance.of(candidate, X, y),
            test=Performance.of(candidate, X_test, y_test),
        )


def _name_architectures(architectures):
    if isinstance(architectures, Mapping):
        return list(architectures.items())
    return [
        ("-".join(map(str, np.atleast_1d(sizes).tolist())) or "linear", sizes)
        for sizes in architectures
    ]


class ArchitectureComparison(Sequence):
    """Measured architectures in a row, each compared with the one before.

    A sequence of :class:`ArchitectureResult`.

    Parameters
    ----------
    results : iterable of ArchitectureResult
        What was measured of each architecture, on the same training and test set.

    Attributes
    ----------
    verdicts : list of Verdict
        One for each architecture but the first: ``training``, ``test`` and ``gap`` are
        the changes in accuracy with their standard errors, ``findings`` what they
        suggest, ``question``, ``difference`` and ``reason`` the same in sentences.

    See Also
    --------
    compare_architectures : Fit architectures and compare them.

    Examples
    --------
    >>> from skmlp.model_selection import ArchitectureComparison
    >>> len(ArchitectureComparison([]))
    0
    """

    def __init__(self, results):
        self._results = tuple(results)

    def __len__(self):
        return len(self._results)

    def __getitem__(self, index):
        found = self._results[index]
        return ArchitectureComparison(found) if isinstance(index, slice) else found

    def __repr__(self):
        return f"ArchitectureComparison({[result.name for result in self]})"

    @property
    def verdicts(self):
        """Verdict on each architecture but the first."""
        return [Verdict(previous, current) for previous, current in pairwise(self)]

    def to_records(self):
        """Return the table of the comparison, ready for ``pandas.DataFrame``.

        Returns
        -------
        records : list of dict
            A row for each architecture. Accuracies and gaps are shares, losses are in
            nats, ``fit_seconds`` is in seconds.
        """
        return [result.to_record() for result in self]

    def to_dict(self):
        """Return all numbers and sentences, ready for ``json.dumps``.

        Returns
        -------
        comparison : dict
            ``"architectures"``, the records, each with its ``"history"``; and
            ``"verdicts"``.
        """
        return {
            "architectures": [
                result.to_record() | {"history": result.history} for result in self
            ],
            "verdicts": [verdict.to_dict() for verdict in self.verdicts],
        }

    def to_csv(self):
        """Return the table of the comparison as comma-separated values.

        Returns
        -------
        text : str
            A header and a line for each architecture.
        """
        return _to_csv(
            record | {"hidden_layer_sizes": " ".join(map(str, sizes))}
            for record in self.to_records()
            for sizes in [record["hidden_layer_sizes"]]
        )

    def history_to_csv(self):
        """Return the learning curves as comma-separated values.

        Returns
        -------
        text : str
            A header and a line for each epoch of each architecture.
        """
        return _to_csv(
            {"architecture": result.name, "epoch": epoch}
            | {curve: values[epoch - 1] for curve, values in result.history.items()}
            for result in self
            for epoch in range(1, len(result.history["loss"]) + 1)
        )


def _to_csv(rows):
    rows = list(rows)
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, fieldnames=rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue()
