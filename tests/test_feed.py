"""Samples on the device: what is copied, and what happens meanwhile."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

import skmlp._training.compiled.feed
from skmlp._job import Samples
from skmlp._training.compiled.feed import Feed, place

pytestmark = pytest.mark.tensorflow


@pytest.fixture(params=[0, 2**24], ids=["threads", "no threads"])
def large_bytes(request, monkeypatch):
    monkeypatch.setattr(skmlp._training.compiled.feed, "_LARGE_BYTES", request.param)


def samples_of(n_samples, dtype="float32"):
    rng = np.random.default_rng(0)
    X = (100 * rng.random((n_samples, 3))).astype(dtype)
    return Samples(X, rng.integers(5, size=n_samples), rng.random(n_samples, "float32"))


@pytest.mark.usefixtures("large_bytes")
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "uint8"])
@pytest.mark.parametrize("n_samples", [1, 2, 7])
def test_block_has_the_samples_and_then_rows_of_weight_zero(n_samples, dtype):
    samples = samples_of(n_samples, dtype)

    X, y, weight = (tensor.numpy() for tensor in place(samples, n_rows=8))

    assert X.dtype == ("uint8" if dtype == "uint8" else "float32")
    assert_array_equal(X[:n_samples], samples.X.astype(X.dtype))
    assert_array_equal(y[:n_samples], samples.y)
    assert_array_equal(weight[:n_samples], samples.weight)
    assert_array_equal(weight[n_samples:], 0)
    assert len(X) == len(y) == len(weight) == 8


@pytest.mark.usefixtures("large_bytes")
@pytest.mark.parametrize("chunk_bytes", [1, 24, 2**20])
@pytest.mark.parametrize("as_given", [np.asarray, csr_array], ids=["dense", "sparse"])
def test_block_has_those_of_the_samples_that_are_taken(
    as_given, chunk_bytes, monkeypatch
):
    monkeypatch.setattr(skmlp._training.compiled.feed, "_CHUNK_BYTES", chunk_bytes)
    samples = samples_of(9)
    some = replace(samples, X=as_given(samples.X)).take(np.array([0, 2, 3, 5, 6, 8]))
    which = np.array([5, 0, 2])

    X, y, weight = (tensor.numpy()[:3] for tensor in place(some.take(which), 8))

    assert_array_equal(X, samples.X[[8, 0, 3]])
    assert_array_equal(y, samples.y[[8, 0, 3]])
    assert_array_equal(weight, samples.weight[[8, 0, 3]])


def test_taking_samples_copies_no_features():
    samples = samples_of(9)

    some = samples.take(np.arange(0, 9, 2))

    assert len(some) == 5
    assert some.take(np.array([1, 2])).X is samples.X
    assert_array_equal(some.features(), samples.X[::2])
    assert samples.features() is samples.X


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(skmlp._training.compiled.feed, "has_gpu", lambda: False)


@pytest.mark.usefixtures("large_bytes", "no_gpu")
def test_caller_hears_of_the_block_before_it_is_given_out():
    heard = []

    feed = Feed(samples_of(5), 2, meanwhile=heard.append)

    (early,) = heard
    assert [t.shape for t in early] == [t.shape for t in feed.resident]
    assert [t.dtype for t in early] == [t.dtype for t in feed.resident]


@pytest.mark.usefixtures("large_bytes")
def test_block_that_a_gpu_gets_whole_is_not_heard_of_before(monkeypatch):
    monkeypatch.setattr(skmlp._training.compiled.feed, "has_gpu", lambda: True)
    heard = []

    Feed(samples_of(5), 2, meanwhile=heard.append)

    assert heard == []


@pytest.mark.usefixtures("large_bytes", "no_gpu")
def test_what_goes_wrong_meanwhile_is_raised():
    def fails(block):
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        Feed(samples_of(5), 2, meanwhile=fails)


@pytest.mark.usefixtures("large_bytes")
def test_what_goes_wrong_while_copying_is_raised():
    samples = samples_of(5)
    unusable = Samples(samples.X.astype(object), samples.y, samples.weight)
    unusable.X[4, 2] = "text"

    with pytest.raises(ValueError, match="could not convert string"):
        place(unusable, n_rows=8)
