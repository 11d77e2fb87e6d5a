"""Data that are not on the device as a whole: sparse, memory-mapped, large."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csc_matrix, csr_array, csr_matrix
from sklearn.datasets import load_digits

from skmlp import DenseClassifier, DenseMNISTClassifier
from skmlp._job import shape

FAST = {"epochs": 3, "tol": None, "random_state": 0}


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return (X / 16)[:500], y[:500]


@pytest.mark.parametrize("as_sparse", [csr_matrix, csr_array, csc_matrix])
@pytest.mark.parametrize(
    "optimizer", ["adam", pytest.param("lbfgs", marks=pytest.mark.tensorflow)]
)
def test_sparse_samples_give_what_dense_samples_give(digits, as_sparse, optimizer):
    X, y = digits
    clf = DenseClassifier((8,), optimizer=optimizer, **FAST)

    dense = clf.fit(X, y, X_val=X, y_val=y)
    expected = dense.coefs_[0], dense.predict_proba(X), dense.history_
    sparse = clf.fit(as_sparse(X), y, X_val=as_sparse(X), y_val=y)

    assert_array_equal(sparse.coefs_[0], expected[0])
    assert_array_equal(sparse.predict_proba(as_sparse(X)), expected[1])
    assert sparse.history_ == expected[2]


@pytest.mark.parametrize(
    "params",
    [
        {"batch_size": 32},
        {"batch_size": 64},
        {"batch_size": 1000},
        pytest.param({"optimizer": "lbfgs"}, marks=pytest.mark.tensorflow),
    ],
    ids=str,
)
def test_small_blocks_give_what_one_block_gives(digits, params, monkeypatch):
    X, y = digits
    clf = DenseClassifier((8,), **params, **FAST)
    whole = clf.fit(X, y, X_val=X, y_val=y).coefs_[0], clf.loss_curve_

    monkeypatch.setattr(shape, "RESIDENT_BYTES", 0)
    monkeypatch.setattr(shape, "BLOCK_BYTES", 64 * 1024)  # 128 rows of 64 float64
    clf.fit(X, y, X_val=X, y_val=y)

    np.testing.assert_allclose(clf.coefs_[0], whole[0], atol=1e-12)
    np.testing.assert_allclose(clf.loss_curve_, whole[1])


def test_sparse_pixels_are_divided_by_255(digits):
    X, y = digits
    pixels = (X * 255).astype("uint8")
    clf = DenseMNISTClassifier((8,), epochs=2, random_state=0)

    dense = clf.fit(pixels, y).coefs_[0]

    assert_array_equal(clf.fit(csr_array(pixels), y).coefs_[0], dense)
    assert clf.pixel_scale_ == 255


def test_early_stopping_holds_out_the_same_sparse_samples(digits):
    X, y = digits
    clf = DenseClassifier((8,), early_stopping=True, **FAST)

    dense = clf.fit(X, y).validation_loss_curve_

    assert clf.fit(csr_array(X), y).validation_loss_curve_ == dense


# A new process inherits getrusage's peak from the one that starts it, but not /proc's.
MEMORY = """
def memory(name):
    for line in open("/proc/self/status"):
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
"""

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def memory_taken_by(program):
    """Run a program in a new process; return the megabytes that it says it took."""
    finished = subprocess.run(
        [sys.executable, "-c", MEMORY + program],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(finished.stdout)


SPARSE_PROGRAM = """
import numpy as np
from scipy.sparse import csr_array
from skmlp import DenseClassifier

n_samples, n_features, n_words = 4000, 60_000, 60  # 1 GB dense, 2 MB sparse
words = np.random.RandomState(0).randint(n_features, size=n_samples * n_words)
starts = np.arange(n_samples + 1) * n_words
X = csr_array((np.ones(len(words), "float32"), words, starts), (n_samples, n_features))
X.sum_duplicates()
y = np.arange(n_samples) % 20
DenseClassifier((16,), epochs=1, tol=None).fit(X[:500], y[:500])  # TensorFlow starts
before = memory("VmHWM")
clf = DenseClassifier((16,), epochs=1, tol=None, early_stopping=True)
clf.set_params(validation_fraction=0.5).fit(X, y).predict(X)
print(memory("VmHWM") - before)
"""


@needs_proc
@pytest.mark.slow
def test_sparse_samples_are_never_dense_as_a_whole():
    assert memory_taken_by(SPARSE_PROGRAM) < 300


DENSE_PROGRAM = """
import numpy as np
from skmlp import DenseClassifier

clf = DenseClassifier((4,), epochs=1, tol=None, batch_size=4096)
X = np.zeros((2**18 - 1, {n_features}), order="{order}", dtype="{dtype}")
X[:, 0] = np.arange(len(X)) % 7
X.flags.writeable = False
y = np.arange(len(X)) % 2
clf.fit(X[:5000], y[:5000])  # TensorFlow starts
before = memory("VmHWM")
clf.fit(X, y)
clf.set_params(early_stopping=True).fit(X, y)
print(memory("VmHWM") - before)
"""


@needs_proc
@pytest.mark.slow
@pytest.mark.parametrize(
    ("dtype", "order"),
    [("float16", "C"), ("int64", "F"), ("uint8", "C"), ("uint8", "F")],
)
def test_dense_samples_are_copied_once(dtype, order):
    """The one copy is that on the device, of 200 MB, with early stopping too.

    It is in float32, and bytes stay bytes. A second, even of float16, is 100 MB more.
    """
    n_features = 800 if dtype == "uint8" else 200
    program = DENSE_PROGRAM.format(dtype=dtype, order=order, n_features=n_features)

    assert memory_taken_by(program) < 270


STREAM_PROGRAM = """
import resource, tempfile
import numpy as np
from skmlp import DenseClassifier

with tempfile.NamedTemporaryFile() as file:
    X = np.memmap(file, "float32", "w+", shape=(200_000, 1000))  # 800 MB
    rng = np.random.RandomState(0)
    for start in range(0, 200_000, 10_000):
        X[start : start + 10_000] = rng.rand(10_000, 1000)
    y = np.arange(200_000) % 10
    clf = DenseClassifier((16,), random_state=0)
    clf.partial_fit(X[:10_000], y[:10_000], classes=np.arange(10))

    allowed = int(memory("VmData") + 400) * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
    try:
        np.array(X)
    except MemoryError:
        pass  # all of it is more than this process may have
    else:
        raise SystemExit("The limit is none.")
    peaks = []
    for start in range(10_000, 200_000, 10_000):
        chunk = slice(start, start + 10_000)
        clf.partial_fit(X[chunk], y[chunk])
        peaks.append(memory("RssAnon"))
print(max(peaks[3:]) - peaks[2])
"""


@needs_proc
@pytest.mark.slow
def test_partial_fit_over_chunks_of_a_memory_map_takes_flat_memory():
    assert memory_taken_by(STREAM_PROGRAM) < 100
