"""The portable engine on Keras' other backends, each in a process of its own."""

import json

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_iris

from skmlp import DenseClassifier

BACKENDS = ["jax", "torch"]

# On torch, Keras multiplies float64 in float32.
FLOAT64_ERROR = {"jax": 1e-10, "torch": 1e-6}

FIT = """
import json
import numpy as np
from sklearn.datasets import load_iris
from skmlp import DenseClassifier
X, y = load_iris(return_X_y=True)
X, y = {scale} * X, {labels}
clf = DenseClassifier(
    (6,), epochs={epochs}, batch_size=40, tol=None, random_state=0, **{params}
).fit(X.astype("{dtype}"), y, X_val=X[::2], y_val=y[::2])
learned = {{
    "types": sorted({{array.dtype.name for array in clf.coefs_ + clf.intercepts_}}),
    "weights": [array.tolist() for array in clf.coefs_ + clf.intercepts_],
    "history": clf.history_,
}}
"""
REPORT = "print(json.dumps(learned))"


@pytest.fixture(scope="module")
def fit(run_program):
    """Return a function that fits on a backend, and returns what was printed."""

    def fit(
        backend,
        then="",
        *,
        dtype="float64",
        epochs=3,
        params=(),
        scale=1,
        labels="y",
        **environment,
    ):
        program = FIT.format(
            dtype=dtype, epochs=epochs, params=dict(params), scale=scale, labels=labels
        )
        # jax warns where it makes float32 of float64.
        program = (
            f"import warnings; warnings.simplefilter('error', UserWarning){program}"
        )
        finished = run_program(
            program + then + REPORT, KERAS_BACKEND=backend, **environment
        )
        return json.loads(finished.stdout)

    return fit


# Keras keeps the learning rate in float32, in which it is exact.
SGD = {"optimizer": "sgd", "learning_rate": 0.125}


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("dtype", "params", "atol"),
    [
        ("float64", SGD, None),
        ("float64", {"dropout": 0.3, "batch_norm": True, "alpha": 0.5, **SGD}, None),
        ("float64", {"optimizer": "adam"}, 1e-5),
        ("float32", {"optimizer": "adam"}, 1e-5),
    ],
    ids=["sgd", "layers", "adam", "float32"],
)
def test_backends_train_equal_networks(backend, dtype, params, atol, fit):
    """The other network is that of the compiled engine."""
    ours = fit(backend, dtype=dtype, params=params)

    theirs = fit("tensorflow", dtype=dtype, params=params)

    atol = atol or FLOAT64_ERROR[backend]
    assert ours["types"] == theirs["types"] == [dtype]
    for array, other in zip(ours["weights"], theirs["weights"], strict=True):
        assert_allclose(array, other, rtol=0, atol=atol)
    assert ours["history"].keys() == theirs["history"].keys()
    for name, values in ours["history"].items():
        assert_allclose(values, theirs["history"][name], rtol=1e-5, err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("labels", ["y", "y == 1"], ids=["log_loss", "binary_log_loss"])
def test_very_wrong_samples_are_learned_from_on_other_backends(backend, labels, fit):
    """Keras would clip their probabilities at 1e-7, and the gradient with them."""
    params = {**SGD, "learning_rate": 2.0**-30}
    ours = fit(backend, params=params, scale=1000, labels=labels)

    theirs = fit("tensorflow", params=params, scale=1000, labels=labels)

    assert theirs["history"]["loss"][0] > 100
    assert_allclose(ours["history"]["loss"], theirs["history"]["loss"], rtol=1e-5)
    assert_allclose(ours["weights"][0], theirs["weights"][0], rtol=0, atol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("epochs", [3, 60], ids=["by operation", "compiled step"])
def test_float64_is_trained_in_float64_whatever_the_switch_of_jax(epochs, fit):
    switch = """
import jax
learned["switch"] = bool(jax.config.jax_enable_x64)
"""
    off, on = (
        fit("jax", switch, epochs=epochs, JAX_ENABLE_X64=value) for value in ("0", "1")
    )

    assert (off["switch"], on["switch"]) == (False, True)
    assert off["types"] == ["float64"]
    for array, other in zip(off["weights"], on["weights"], strict=True):
        assert_array_equal(array, other)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("switch", "dtype", "rtol"), [("0", "float32", 1e-5), ("1", "float64", 1e-12)]
)
def test_keras_model_on_jax_has_the_type_that_jax_computes_in(switch, dtype, rtol, fit):
    ask_the_model = """
learned["type"] = clf.model_.layers[-1].kernel.dtype
learned["by_keras"] = np.asarray(clf.model_(X)).tolist()
learned["by_numpy"] = clf.predict_proba(X).tolist()
"""
    learned = fit("jax", ask_the_model, JAX_ENABLE_X64=switch)

    assert learned["type"] == dtype
    assert_allclose(learned["by_keras"], learned["by_numpy"], rtol=rtol)
    assert np.shape(learned["by_numpy"]) == (150, 3)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_keras_model_trains_further_on_other_backends(backend, fit):
    train_further = """
model = clf.to_keras()
learned["by_keras"] = model.predict(X.astype("float32"), verbose=0).tolist()
learned["by_numpy"] = clf.predict_proba(X.astype("float32")).tolist()
model.fit(X, y, batch_size=40, epochs=1, shuffle=False, verbose=0)
clf.set_params(warm_start=True, shuffle=False, epochs=1).fit(X.astype("float32"), y)
learned["theirs"] = [np.asarray(array).tolist() for array in model.get_weights()]
learned["ours"] = [
    array.tolist()
    for layer in zip(clf.coefs_, clf.intercepts_, strict=True)
    for array in layer
]
"""
    learned = fit(backend, train_further, dtype="float32", params={"alpha": 0, **SGD})

    assert_allclose(learned["by_keras"], learned["by_numpy"], atol=1e-6)
    for array, other in zip(learned["theirs"], learned["ours"], strict=True):
        assert_allclose(array, other, rtol=0, atol=1e-6)


def test_lbfgs_is_refused_on_other_backends(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")

    with pytest.raises(ValueError, match=r"needs TensorFlow.*Got 'jax'. Use another"):
        DenseClassifier(optimizer="lbfgs").fit(*load_iris(return_X_y=True))
