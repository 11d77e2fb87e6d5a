"""ONNX files: another runtime computes what the estimator predicts."""

import subprocess
import sys

import numpy as np
import onnxruntime
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor

FAST = {"epochs": 3, "tol": None, "random_state": 0}

rng = np.random.RandomState(0)
X = rng.randn(60, 5)
LABELS = rng.randint(3, size=60)


def run(path, X, *names):
    """Return the outputs of these names, or all of them, as onnxruntime computes."""
    return onnxruntime.InferenceSession(path).run(names or None, {"X": X})


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["ant", "bee", "cat"])[LABELS],
        np.array(["ant", "bee", "cat"], object)[LABELS],
        np.array(["no", "yes"])[LABELS % 2],
        LABELS.astype(np.int32) - 7,
        LABELS.astype(float),
        LABELS > 0,
    ],
    ids=["strings", "objects", "two strings", "integers", "floats", "booleans"],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_labels_and_probabilities_of_a_classifier(labels, dtype, tmp_path):
    samples = X.astype(dtype)
    clf = DenseClassifier((6,), **FAST).fit(samples, labels)

    clf.to_onnx(tmp_path / "clf.onnx")

    label, probabilities = run(tmp_path / "clf.onnx", samples, "label", "probabilities")
    assert_array_equal(label, clf.predict(samples))
    assert_allclose(probabilities, clf.predict_proba(samples), atol=1e-5)


def test_indicators_of_several_labels(tmp_path):
    indicators = np.c_[LABELS == 0, LABELS > 0, X[:, 0] > 0].astype(int)
    clf = DenseClassifier((6,), **FAST).fit(X, indicators)

    clf.to_onnx(tmp_path / "clf.onnx")

    label, probabilities = run(tmp_path / "clf.onnx", X)
    assert_array_equal(label, clf.predict(X))
    assert_allclose(probabilities, clf.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "huber", "quantile"])
@pytest.mark.parametrize("n_outputs", [1, 2])
def test_targets_of_a_regressor(loss, n_outputs, tmp_path):
    reg = DenseRegressor((6,), loss=loss, **FAST)
    reg.fit(X, np.abs(X[:, :n_outputs]))

    reg.to_onnx(tmp_path / "reg.onnx")

    (variable,) = run(tmp_path / "reg.onnx", X, "variable")
    assert variable.shape == (60, n_outputs)
    assert_allclose(variable, reg.predict(X).reshape(60, -1), rtol=1e-5)


def test_linear_model(tmp_path):
    clf = DenseClassifier((), **FAST).fit(X, LABELS)

    clf.to_onnx(str(tmp_path / "clf.onnx"))

    _, probabilities = run(tmp_path / "clf.onnx", X)
    assert_allclose(probabilities, clf.predict_proba(X), atol=1e-5)


def test_pixels_are_divided_in_the_graph(tmp_path):
    pixels = rng.randint(256, size=(60, 9)).astype(np.uint8)
    clf = DenseMNISTClassifier((4,), batch_norm=True, **FAST).fit(pixels, LABELS)

    clf.to_onnx(tmp_path / "clf.onnx")

    _, probabilities = run(tmp_path / "clf.onnx", pixels.astype(np.float32))
    assert_allclose(probabilities, clf.predict_proba(pixels), atol=1e-5)


def test_names_and_shapes_are_those_of_scikit_learns_converter(tmp_path):
    DenseClassifier((6,), **FAST).fit(X, LABELS).to_onnx(tmp_path / "clf.onnx")

    session = onnxruntime.InferenceSession(tmp_path / "clf.onnx")

    values = [*session.get_inputs(), *session.get_outputs()]
    assert [(value.name, value.shape[1:], value.type) for value in values] == [
        ("X", [5], "tensor(double)"),
        ("label", [], "tensor(int64)"),
        ("probabilities", [3], "tensor(double)"),
    ]


def test_activation_that_is_a_function_is_refused(tmp_path):
    clf = DenseClassifier((6,), activation=abs, **FAST).fit(X, LABELS)

    with pytest.raises(ValueError, match="needs activations by name"):
        clf.to_onnx(tmp_path / "clf.onnx")
    assert not (tmp_path / "clf.onnx").exists()


def test_labels_that_onnx_has_no_type_for_are_refused(tmp_path):
    labels = np.array(["2020-01-01", "2021-01-01", "2022-01-01"], "M8[D]")[LABELS]
    clf = DenseClassifier((6,), **FAST).fit(X, labels)

    with pytest.raises(ValueError, match="needs labels that are strings or numbers"):
        clf.to_onnx(tmp_path / "clf.onnx")


def test_missing_extra_is_named():
    program = """
import sys
sys.modules["onnx"] = None  # as though it were not installed
try:
    import skmlp._export.onnx_graph
except ModuleNotFoundError as error:
    print(error)
"""
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert finished.stdout == (
        'to_onnx needs onnx. Install it with: pip install "skmlp[onnx]"\n'
    )
