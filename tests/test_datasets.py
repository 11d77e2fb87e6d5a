"""MNIST as shipped, against the facts published with the original files."""

import hashlib
import importlib.util
import inspect
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skmlp.datasets import load_mnist

CLASS_COUNTS = {
    "train": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    "test": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
}
# SHA-256 of the four IDX files that the authors of MNIST published, uncompressed.
IDX_SHA256 = {
    ("train", "data"): (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    ),
    ("train", "target"): (
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
    ),
    ("test", "data"): (
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
    ),
    ("test", "target"): (
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
    ),
}


def idx_file(array):
    """The bytes of an array in the IDX format: 0, 0, type, rank, shape, values."""
    unsigned_byte = 0x08
    header = struct.pack(
        f">BBBB{array.ndim}I", 0, 0, unsigned_byte, array.ndim, *array.shape
    )
    return header + array.astype(np.uint8).tobytes()


@pytest.mark.parametrize(("subset", "what"), IDX_SHA256)
def test_load_mnist_holds_the_published_bytes(subset, what):
    mnist = load_mnist(subset=subset, as_images=True)

    found = hashlib.sha256(idx_file(mnist[what])).hexdigest()

    assert found == IDX_SHA256[subset, what]


@pytest.mark.parametrize("subset", CLASS_COUNTS)
def test_load_mnist_has_the_published_class_counts(subset):
    _, y = load_mnist(subset=subset, return_X_y=True)

    assert_array_equal(np.bincount(y), CLASS_COUNTS[subset])


def test_load_mnist_all_is_train_then_test():
    X_train, y_train = load_mnist(return_X_y=True)
    X_test, y_test = load_mnist(subset="test", return_X_y=True)

    X, y = load_mnist(subset="all", return_X_y=True)

    assert_array_equal(X, np.concatenate([X_train, X_test]))
    assert_array_equal(y, np.concatenate([y_train, y_test]))


@pytest.mark.parametrize(
    ("subset", "n_samples"), [("train", 60_000), ("test", 10_000), ("all", 70_000)]
)
@pytest.mark.parametrize(("as_images", "shape"), [(False, (784,)), (True, (28, 28))])
def test_load_mnist_shapes_bytes_in_c_order(subset, n_samples, as_images, shape):
    mnist = load_mnist(subset=subset, as_images=as_images)

    assert mnist.data.shape == (n_samples, *shape)
    assert mnist.images.shape == (n_samples, 28, 28)
    assert mnist.target.shape == (n_samples,)
    assert mnist.data.dtype == np.uint8
    assert mnist.data.flags.c_contiguous


def test_load_mnist_images_are_the_rows_of_the_data():
    mnist = load_mnist(subset="test")

    assert_array_equal(mnist.data, mnist.images.reshape(10_000, 784))


def test_load_mnist_return_X_y_gives_the_arrays_of_the_bunch():
    mnist = load_mnist(subset="test")

    X, y = load_mnist(subset="test", return_X_y=True)

    assert_array_equal(X, mnist.data)
    assert_array_equal(y, mnist.target)


def test_load_mnist_target_does_not_overflow():
    _, y = load_mnist(subset="test", return_X_y=True)

    assert y.dtype == np.int64
    assert (y - 1).min() == -1


def test_load_mnist_arrays_belong_to_the_caller():
    X, y = load_mnist(subset="test", return_X_y=True)
    first_pixels, first_label = X[0].copy(), y[0]

    X[0], y[0] = 77, 77

    X_again, y_again = load_mnist(subset="test", return_X_y=True)
    assert_array_equal(X_again[0], first_pixels)
    assert y_again[0] == first_label


def test_load_mnist_names_its_features_row_by_row():
    names = load_mnist(subset="test").feature_names

    assert len(names) == 784
    assert names[:2] == ["pixel_0_0", "pixel_0_1"]
    assert names[-1] == "pixel_27_27"


def test_load_mnist_names_its_targets():
    assert_array_equal(load_mnist(subset="test").target_names, range(10))


def test_load_mnist_carries_its_notice():
    descr = load_mnist(subset="test").DESCR

    assert "Yann LeCun and Corinna Cortes hold the copyright" in descr
    assert "Attribution-ShareAlike 3.0" in descr


def test_load_mnist_notice_states_the_checksum_of_the_file():
    mnist = load_mnist(subset="test")

    assert hashlib.sha256(Path(mnist.filename).read_bytes()).hexdigest() in mnist.DESCR


def test_load_mnist_rejects_an_unknown_subset():
    message = "subset must be one of 'train', 'test', 'all'. Got 'training'."

    with pytest.raises(ValueError, match=message):
        load_mnist(subset="training")


@pytest.fixture
def copied_loader(tmp_path):
    """A loader and its data file, copied to where the file may be damaged."""
    folder = tmp_path / "datasets"
    shutil.copytree(Path(inspect.getfile(load_mnist)).parent, folder)
    spec = importlib.util.spec_from_file_location("copied", folder / "_mnist.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load_mnist, folder / "data" / "mnist.npz"


def truncate(content):
    return content[: len(content) // 2]


def flip_a_bit(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", [truncate, flip_a_bit])
def test_load_mnist_names_a_damaged_file(copied_loader, damage):
    load_copy, file = copied_loader
    content = file.read_bytes()
    file.write_bytes(damage(content))
    expected = hashlib.sha256(content).hexdigest()
    found = hashlib.sha256(damage(content)).hexdigest()

    with pytest.raises(OSError, match="pip install --force-reinstall") as error:
        load_copy()

    assert f"{file} must have the SHA-256 {expected}. Got {found}" in str(error.value)


def test_load_mnist_takes_under_a_second():
    def seconds():
        start = time.perf_counter()
        load_mnist()
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < 1


def test_importing_datasets_does_not_import_scikit_learn():
    code = "import skmlp.datasets, sys; assert 'sklearn' not in sys.modules"

    subprocess.run([sys.executable, "-c", code], check=True)
