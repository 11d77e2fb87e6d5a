"""Keras' own fit on its other backends, each in a process of its own."""

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
import numpy as np
from sklearn.datasets import load_iris
from skmlp import DenseClassifier

X, y = load_iris(return_X_y=True)

def fit(params, *, dtype="float64", scale=1, positive=None):
    target = y if positive is None else y == positive
    params = {"epochs": 3, "batch_size": 40, "tol": None, "random_state": 0} | params
    return DenseClassifier((6,), **params).fit(
        (scale * X).astype(dtype), target, X_val=scale * X[::2], y_val=target[::2]
    )

def learned(clf):
    arrays = clf.coefs_ + clf.intercepts_
    return {
        "types": sorted({array.dtype.name for array in arrays}),
        "weights": [array.tolist() for array in arrays],
        "history": clf.history_,
    }
"""
# jax warns where it makes float32 of float64.
REPORT = """
import json, warnings
warnings.simplefilter("error", UserWarning)
print(json.dumps(report()))
"""


@pytest.fixture(scope="module")
def run_on(run_program, tmp_path_factory):
    """Return the function that runs ``report`` on a backend, in a new process.

    What jax compiles in one of them serves the others.
    """
    cache = {
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path_factory.mktemp("jax")),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }

    def run_on(backend, report, **environment):
        program = FIT + report + REPORT
        environment = {"KERAS_BACKEND": backend, **cache, **environment}
        return json.loads(run_program(program, **environment).stdout)

    return run_on


@pytest.fixture(scope="module")
def fit_on(run_on):
    """Return the function that fits the cases, on TensorFlow in this very process."""

    def fit_on(backend, cases):
        if backend != "tensorflow":
            report = f"report = lambda: [learned(fit(**case)) for case in {cases}]"
            return run_on(backend, report)
        namespace = {}
        exec(FIT, namespace)
        return [namespace["learned"](namespace["fit"](**case)) for case in cases]

    return fit_on


# Keras keeps the learning rate in float32, in which it is exact.
SGD = {"optimizer": "sgd", "learning_rate": 0.125}
ADAM = {"optimizer": "adam"}
LAYERS = {"dropout": 0.3, "batch_norm": True, "alpha": 0.5}


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.parametrize("backend", BACKENDS)
def test_backends_train_equal_networks(backend, fit_on):
    """The other network is that of the compiled engine."""
    cases = [
        {"params": SGD},
        {"params": {**SGD, **LAYERS}},
        {"params": ADAM},
        {"params": ADAM, "dtype": "float32"},
    ]
    errors = [FLOAT64_ERROR[backend], FLOAT64_ERROR[backend], 1e-5, 1e-5]
    compiled, others = (fit_on(name, cases) for name in ("tensorflow", backend))

    for case, atol, ours, theirs in zip(cases, errors, others, compiled, strict=True):
        assert ours["types"] == theirs["types"] == [case.get("dtype", "float64")]
        for array, other in zip(ours["weights"], theirs["weights"], strict=True):
            assert_allclose(array, other, rtol=0, atol=atol, err_msg=str(case))
        assert ours["history"].keys() == theirs["history"].keys()
        for name, values in ours["history"].items():
            message = f"{name} of {case}"
            assert_allclose(values, theirs["history"][name], rtol=1e-5, err_msg=message)


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.parametrize("backend", BACKENDS)
def test_very_wrong_samples_are_learned_from_on_other_backends(backend, fit_on):
    """Keras would clip their probabilities at 1e-7, and the gradient with them."""
    params = {**SGD, "learning_rate": 2.0**-30}
    several = {"params": params, "scale": 1000}
    cases = [several, {**several, "positive": 1}]
    compiled, others = (fit_on(name, cases) for name in ("tensorflow", backend))

    for ours, theirs in zip(others, compiled, strict=True):
        losses = theirs["history"]["loss"]
        assert losses[0] > 100
        assert_allclose(ours["history"]["loss"], losses, rtol=1e-5)
        assert_allclose(ours["weights"][0], theirs["weights"][0], rtol=0, atol=1e-10)


@pytest.mark.slow
def test_float64_is_trained_in_float64_whatever_the_switch_of_jax(run_on):
    """Few steps are run operation by operation, more of them are compiled."""
    report = """
def report():
    import jax
    fits = [learned(fit({"epochs": epochs})) for epochs in (3, 60)]
    return {"switch": bool(jax.config.jax_enable_x64), "fits": fits}
"""
    off, on = (run_on("jax", report, JAX_ENABLE_X64=value) for value in ("0", "1"))

    assert (off["switch"], on["switch"]) == (False, True)
    for ours, theirs in zip(off["fits"], on["fits"], strict=True):
        assert ours["types"] == ["float64"]
        for array, other in zip(ours["weights"], theirs["weights"], strict=True):
            assert_array_equal(array, other)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("switch", "dtype", "rtol"), [("0", "float32", 1e-5), ("1", "float64", 1e-12)]
)
def test_keras_model_on_jax_has_the_type_that_jax_computes_in(
    switch, dtype, rtol, run_on
):
    report = """
def report():
    clf = fit({})
    return {
        "type": clf.model_.layers[-1].kernel.dtype,
        "by_keras": np.asarray(clf.model_(X)).tolist(),
        "by_numpy": clf.predict_proba(X).tolist(),
    }
"""
    learned = run_on("jax", report, JAX_ENABLE_X64=switch)

    assert learned["type"] == dtype
    assert_allclose(learned["by_keras"], learned["by_numpy"], rtol=rtol)
    assert np.shape(learned["by_numpy"]) == (150, 3)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_keras_model_trains_further_on_other_backends(backend, run_on):
    report = f"""
def report():
    X32 = X.astype("float32")
    clf = fit({dict(SGD, alpha=0)}, dtype="float32")
    clf.set_params(warm_start=True, shuffle=False)
    model = clf.to_keras()
    learned = {{
        "by_keras": model.predict(X32, verbose=0).tolist(),
        "by_numpy": clf.predict_proba(X32).tolist(),
    }}
    model.fit(X32, y, batch_size=40, epochs=1, shuffle=False, verbose=0)
    clf.set_params(epochs=1).fit(X32, y)
    layers = zip(clf.coefs_, clf.intercepts_, strict=True)
    learned["theirs"] = [np.asarray(array).tolist() for array in model.get_weights()]
    learned["ours"] = [array.tolist() for layer in layers for array in layer]
    return learned
"""
    learned = run_on(backend, report)

    assert_allclose(learned["by_keras"], learned["by_numpy"], atol=1e-6)
    for array, other in zip(learned["theirs"], learned["ours"], strict=True):
        assert_allclose(array, other, rtol=0, atol=1e-6)


def test_lbfgs_is_refused_on_other_backends(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")

    with pytest.raises(ValueError, match=r"needs TensorFlow.*Got 'jax'. Use another"):
        DenseClassifier(optimizer="lbfgs").fit(*load_iris(return_X_y=True))
