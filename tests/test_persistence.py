"""Saving and loading: equal predictions without TensorFlow, or a clear error."""

import copy
import pickle
import struct
import subprocess
import sys
import zipfile
import zlib

import cloudpickle
import joblib
import numpy as np
import pytest
import skops.io
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning, NotFittedError

import skmlp
from skmlp import DenseClassifier, DenseMNISTClassifier, DenseRegressor
from skmlp._estimators.persistence import checksum

FAST = {"epochs": 3, "tol": None, "random_state": 0}

rng = np.random.RandomState(0)
X = rng.randint(256, size=(60, 6)).astype(np.float32)
LABELS = rng.randint(3, size=60)


def normalised_in_parts():
    clf = DenseClassifier((6, 4), batch_norm=True, dropout=0.2)
    return clf.partial_fit(X, LABELS, classes=[0, 1, 2])


KINDS = {
    "strings": lambda: DenseClassifier((6,), **FAST).fit(
        X, np.array(["ant", "bee", "cat"])[LABELS]
    ),
    "objects": lambda: DenseClassifier((6,), class_weight={"a": 2, "b": 1}, **FAST).fit(
        X, np.array(["a", "b"], object)[LABELS % 2]
    ),
    "pixels": lambda: DenseMNISTClassifier((6,), **FAST).fit(X, LABELS),
    "parts": normalised_in_parts,
    "targets": lambda: DenseRegressor(
        (6, 4), activation=["relu", "tanh"], early_stopping=True, **FAST
    ).fit(X.astype(np.float64), X[:, :2]),
}

_fitted = {}


@pytest.fixture(params=KINDS)
def fitted(request):
    """Return a fitted estimator of each kind; no test changes it."""
    if request.param not in _fitted:
        _fitted[request.param] = KINDS[request.param]()
    return _fitted[request.param]


@pytest.fixture
def clf():
    if "strings" not in _fitted:
        _fitted["strings"] = KINDS["strings"]()
    return _fitted["strings"]


def outputs(estimator):
    return getattr(estimator, "predict_proba", estimator.predict)(X)


def skops_copy(estimator):
    data = skops.io.dumps(estimator)
    return skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data))


def joblib_copy(estimator, path="estimator.joblib"):
    joblib.dump(estimator, path)
    return joblib.load(path)


COPIES = {
    "pickle": lambda estimator: pickle.loads(pickle.dumps(estimator)),
    "old pickle": lambda estimator: pickle.loads(pickle.dumps(estimator, protocol=0)),
    "cloudpickle": lambda estimator: pickle.loads(cloudpickle.dumps(estimator)),
    "joblib": joblib_copy,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "skops": skops_copy,
}


@pytest.mark.parametrize("make_copy", COPIES.values(), ids=COPIES)
def test_copy_predicts_the_same_and_has_the_same_attributes(
    fitted, make_copy, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)

    copied = make_copy(fitted)

    assert_array_equal(outputs(copied), outputs(fitted))
    assert_array_equal(copied.predict(X), fitted.predict(X))
    assert vars(copied).keys() == vars(fitted).keys()
    assert copied.history_ == fitted.history_
    assert repr(copied) == repr(fitted)


@pytest.mark.slow
def test_files_of_every_kind_predict_in_a_process_without_tensorflow(tmp_path):
    for kind, make in KINDS.items():
        estimator = _fitted.setdefault(kind, make())
        joblib.dump(estimator, tmp_path / f"{kind}.joblib")
        joblib.dump(estimator, tmp_path / f"{kind}.lzma", compress="lzma")
        skops.io.dump(estimator, tmp_path / f"{kind}.skops")
        (tmp_path / f"{kind}.pickle").write_bytes(pickle.dumps(estimator))
        (tmp_path / f"{kind}.cloudpickle").write_bytes(cloudpickle.dumps(estimator))
        np.save(tmp_path / f"{kind}.npy", outputs(estimator))
    np.save(tmp_path / "X.npy", X)
    program = """
import pickle, sys
from pathlib import Path
import joblib, numpy as np, skops.io
X = np.load("X.npy")
loaders = {
    ".joblib": joblib.load,
    ".lzma": joblib.load,
    ".skops": lambda path: skops.io.load(path, skops.io.get_untrusted_types(file=path)),
    ".pickle": lambda path: pickle.loads(path.read_bytes()),
    ".cloudpickle": lambda path: pickle.loads(path.read_bytes()),
}
for path in Path().iterdir():
    if path.suffix in loaders:
        estimator = loaders[path.suffix](path)
        outputs = getattr(estimator, "predict_proba", estimator.predict)(X)
        assert np.array_equal(outputs, np.load(path.with_suffix(".npy")))
        print(path.suffix)
assert not {"tensorflow", "keras", "scikeras"} & set(sys.modules)
"""
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )

    assert len(finished.stdout.split()) == 5 * len(KINDS)


def test_skops_asks_to_trust_types_of_this_package_alone(fitted):
    unknown = skops.io.get_untrusted_types(data=skops.io.dumps(fitted))

    cls = type(fitted)
    assert unknown == sorted(
        [f"{cls.__module__}.{cls.__name__}", "skmlp._job.network.Network"]
    )


def test_pickle_is_little_larger_than_the_weights(clf):
    weights = sum(array.nbytes for array in clf.coefs_ + clf.intercepts_)

    assert len(pickle.dumps(clf)) < weights + 20_000


def test_pickle_of_two_hundred_epochs_is_little_larger_than_the_weights():
    clf = DenseMNISTClassifier((32, 16), epochs=200).fit(
        X, LABELS, X_val=X, y_val=LABELS
    )
    weights = sum(array.nbytes for array in clf.coefs_ + clf.intercepts_)

    assert len(clf.history_) == 4
    assert len(pickle.dumps(clf)) < weights + 20_000


# The other stops early, and so has no partial_fit.
@pytest.mark.parametrize(
    "fitted", [kind for kind in KINDS if kind != "targets"], indirect=True
)
def test_copy_learns_on_as_the_original(fitted):
    """The optimizer and the generator are part of what partial_fit leaves."""
    y = fitted.predict(X)
    original, copied = copy.deepcopy(fitted), skops_copy(fitted)

    original.partial_fit(X, y)
    copied.partial_fit(X, y)

    assert_array_equal(outputs(copied), outputs(original))


@pytest.mark.parametrize("make_copy", COPIES.values(), ids=COPIES)
def test_unfitted_estimator_is_copied(make_copy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    copied = make_copy(DenseClassifier((3,), alpha=0.5))

    assert copied.get_params() == DenseClassifier((3,), alpha=0.5).get_params()
    with pytest.raises(NotFittedError):
        copied.predict(X)


def test_equal_estimators_have_equal_hashes(clf):
    assert joblib.hash(copy.deepcopy(clf)) == joblib.hash(clf)
    assert joblib.hash(clone(clf)) != joblib.hash(clf)


def test_arrays_that_are_mapped_from_a_file_are_checked_too(clf, tmp_path):
    joblib.dump(clf, tmp_path / "clf.joblib")

    mapped = joblib.load(tmp_path / "clf.joblib", mmap_mode="r")

    assert isinstance(mapped.coefs_[0], np.memmap)
    assert_array_equal(outputs(mapped), outputs(clf))


def test_estimator_with_a_keras_optimizer_is_pickled():
    from keras.optimizers import SGD

    clf = DenseClassifier((6,), optimizer=SGD(0.05), **FAST).fit(X, LABELS)

    copied = pickle.loads(pickle.dumps(clf))

    assert_array_equal(outputs(copied), outputs(clf))
    assert copied.optimizer.get_config() == clf.optimizer.get_config()


# Subclasses


class Forgetful(DenseClassifier):
    """Saves neither its history nor its parameters of training."""

    def __getstate__(self):
        state = super().__getstate__()
        del state["history_"], state["loss_curve_"]
        return state


class Own(DenseClassifier):
    """Knows nothing of what it inherits."""

    def __getstate__(self):
        return self.__dict__.copy()


def test_subclass_may_leave_out_what_it_learned():
    clf = Forgetful((6,), **FAST).fit(X, LABELS)

    copied = pickle.loads(pickle.dumps(clf))

    assert not hasattr(copied, "history_")
    assert_array_equal(outputs(copied), outputs(clf))


def test_state_without_a_version_loads_with_a_warning():
    clf = Own((6,), **FAST).fit(X, LABELS)
    data = pickle.dumps(clf)

    with pytest.warns(InconsistentVersionWarning, match="from version unknown"):
        copied = pickle.loads(data)

    assert_array_equal(outputs(copied), outputs(clf))


def test_state_without_names_of_another_version_loads_with_a_warning(clf):
    state = clf.__getstate__()
    del state["_skmlp_names"]
    state["_skmlp_version"] = "0.0.1"

    with pytest.warns(InconsistentVersionWarning, match=r"from version 0.0.1"):
        (loaded := DenseClassifier()).__setstate__(state)

    assert_array_equal(outputs(loaded), outputs(clf))


def test_network_without_a_field_that_came_later_loads_with_a_warning(clf):
    state = copy.deepcopy(clf.__getstate__())
    fields = state["_network"].__dict__
    del fields["loss_options"]  # it has a default
    state["_skmlp_checksums"]["_network"] = checksum(fields)
    state["_skmlp_version"] = "0.0.1"

    with pytest.warns(InconsistentVersionWarning, match=r"from version 0.0.1"):
        (loaded := DenseClassifier()).__setstate__(state)

    assert_array_equal(outputs(loaded), outputs(clf))


def test_class_of_a_script_travels_with_cloudpickle(clf, tmp_path):
    class Net(DenseClassifier):
        def predict(self, X):
            return np.char.upper(super().predict(X))

    net = Net((6,), **FAST).fit(X, np.array(["ant", "bee", "cat"])[LABELS])
    (tmp_path / "net.pickle").write_bytes(cloudpickle.dumps(net))
    program = """
import pickle, numpy as np
net = pickle.load(open("net.pickle", "rb"))
assert set(net.predict(np.zeros((2, 6)))) <= {"ANT", "BEE", "CAT"}
"""
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)


# Other versions, and damage


@pytest.mark.parametrize("module", [pickle, skops.io])
def test_file_of_another_version_warns_as_scikit_learn_does(clf, module, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(skmlp, "__version__", "0.0.1")
        data = module.dumps(clf)
    trusted = [skops.io.get_untrusted_types(data=data)] if module is skops.io else []

    sentence = (
        "unpickle estimator DenseClassifier of skmlp from version 0.0.1 when using "
        f"version {skmlp.__version__}"
    )
    with pytest.warns(InconsistentVersionWarning, match=sentence):
        loaded = module.loads(data, *trusted)

    assert_array_equal(outputs(loaded), outputs(clf))


def flip(data, position):
    """Return the bytes with one bit turned."""
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


@pytest.mark.parametrize("offset", [0, 0.5, 0.99])
@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("coefs_", lambda clf: clf.coefs_[1].tobytes()),
        ("intercepts_", lambda clf: clf.intercepts_[0].tobytes()),
        ("classes_", lambda clf: clf.classes_.tobytes()),
        ("loss_curve_", lambda clf: struct.pack(">d", clf.loss_curve_[1])),
        ("alpha", lambda clf: struct.pack(">d", clf.alpha)),
        ("activation", lambda clf: b"relu"),
        ("the names of its attributes", lambda clf: b"n_iter_"),
    ],
)
@pytest.mark.parametrize("module", [pickle, cloudpickle])
def test_damaged_values_are_refused_by_name(clf, name, of, offset, module):
    data, written = module.dumps(clf), of(clf)
    position = data.rindex(written) + int(offset * len(written))

    with pytest.raises(ValueError, match=f"needs the bytes that were.*{name}"):
        pickle.loads(flip(data, position))


def test_damaged_file_of_joblib_is_refused(clf, tmp_path):
    joblib.dump(clf, tmp_path / "clf.joblib")
    data = (tmp_path / "clf.joblib").read_bytes()
    position = data.index(clf.coefs_[0].tobytes())
    (tmp_path / "clf.joblib").write_bytes(flip(data, position))

    with pytest.raises(ValueError, match=r"Got others in coefs_, by their checksums"):
        joblib.load(tmp_path / "clf.joblib")


def test_damaged_file_of_skops_is_refused(clf):
    data = skops.io.dumps(clf)
    position = data.index(clf.coefs_[0].tobytes())

    with pytest.raises(zipfile.BadZipFile, match="Bad CRC-32"):
        skops.io.loads(flip(data, position), trusted=["skmlp._job.network.Network"])


@pytest.mark.parametrize("module", [pickle, cloudpickle])
def test_no_bit_can_turn_unnoticed(clf, module):
    """An error, or nothing lost: what is stored twice, or is of no account."""
    data = module.dumps(clf)
    n_refused = 0
    for position in np.random.RandomState(0).permutation(len(data))[:300]:
        try:
            loaded = pickle.loads(flip(data, position))
        except Exception:  # of random bytes, pickle raises whatever they lead to
            n_refused += 1
        else:
            assert checksum(vars(loaded)) == checksum(vars(clf))
            assert_array_equal(outputs(loaded), outputs(clf))
    assert n_refused > 250


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_file_that_is_cut_off_says_so(clf, share):
    data = pickle.dumps(clf)

    with pytest.raises((EOFError, pickle.UnpicklingError), match=r"Ran out|truncated"):
        pickle.loads(data[: int(share * len(data))])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("compress", [0, 3])
def test_file_of_joblib_that_is_cut_off_ends_in_an_error(
    clf, share, compress, tmp_path
):
    path = tmp_path / "clf.joblib"
    joblib.dump(clf, path, compress=compress)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])

    # joblib and pickle speak of what they were about to read.
    of_pickle = EOFError, IndexError, pickle.UnpicklingError, struct.error
    with pytest.raises((*of_pickle, ValueError, zlib.error)):
        joblib.load(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_file_of_skops_that_is_cut_off_is_refused(clf, share):
    data = skops.io.dumps(clf)

    with pytest.raises(zipfile.BadZipFile, match="not a zip file"):
        skops.io.loads(data[: int(share * len(data))])


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (("seeds", "order"), lambda seed: seed ^ 1),
        (("seeds", "dropout"), lambda seed: seed ^ 2**40),
        (("n_epochs",), lambda n_epochs: n_epochs + 1),
        (("optimizer_state", 0), lambda step: step + 1),
    ],
    ids=["order", "dropout", "epochs", "step"],
)
def test_changed_streams_and_steps_of_partial_fit_are_refused(path, change):
    clf = DenseClassifier((3,), dropout=0.1).partial_fit(X, LABELS, classes=[0, 1, 2])
    state = copy.deepcopy(clf.__getstate__())
    inner = state["_continuation"]
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = change(inner[path[-1]])

    with pytest.raises(ValueError, match=r"Got others in _continuation"):
        DenseClassifier().__setstate__(state)
