"""Streams of random numbers: one for each purpose, and an order for each epoch."""

import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skmlp._job import Seeds
from skmlp._job import seeds as module
from skmlp._job.seeds import EpochOrders


def test_equal_states_give_equal_seeds_and_others_do_not():
    assert Seeds.draw(3) == Seeds.draw(3) == Seeds.draw(np.random.RandomState(3))
    assert Seeds.draw(3) != Seeds.draw(4)
    assert Seeds.draw(None) != Seeds.draw(None)


def test_a_generator_is_moved_on():
    rng = np.random.RandomState(0)

    assert Seeds.draw(rng) != Seeds.draw(rng)


def test_seeds_of_purposes_differ():
    values = vars(Seeds.draw(0)).values()

    assert len(set(values)) == len(values)


def test_a_new_purpose_changes_no_other_numbers(monkeypatch):
    before = Seeds.draw(0)
    fields = [("noise", int), *((f.name, int) for f in dataclasses.fields(Seeds))]
    More = dataclasses.make_dataclass("More", fields, bases=(Seeds,), frozen=True)

    after = vars(More.draw(0))

    assert after.pop("noise") not in after.values()
    assert after == vars(before)


def test_layers_have_dropout_seeds_of_their_own():
    seeds = Seeds.draw(0).dropout_of_layers(5)

    assert seeds.dtype == np.int32
    assert len(set(seeds.tolist())) == 5
    assert_array_equal(Seeds.draw(0).dropout_of_layers(3), seeds[:3])


@pytest.mark.parametrize("n_samples", [1, 2, 57, 1000])
def test_orders_are_permutations(n_samples):
    orders = EpochOrders(5, n_samples, shuffle=True)

    for epoch in range(3):
        assert_array_equal(np.sort(orders.of(epoch)), np.arange(n_samples))


def test_order_depends_on_the_epoch_alone():
    """Whichever epochs were asked for before, as after a restart."""
    in_turn = EpochOrders(5, 100, shuffle=True)
    orders = [in_turn.of(epoch) for epoch in range(4)]

    assert_array_equal(EpochOrders(5, 100, shuffle=True).of(3), orders[3])
    assert len({tuple(order) for order in orders}) == 4


def test_orders_of_other_seeds_differ():
    first, other = (EpochOrders(seed, 100, shuffle=True).of(0) for seed in (5, 6))

    assert (first != other).any()


def test_orders_are_uniform():
    """Each place of each sample in six standard errors of its expectation."""
    orders = EpochOrders(0, 5, shuffle=True)
    counts = np.zeros((5, 5))
    for epoch in range(5000):
        counts[np.arange(5), orders.of(epoch)] += 1

    assert np.abs(counts / 5000 - 0.2).max() < 6 * np.sqrt(0.2 * 0.8 / 5000)


def test_without_shuffling_the_order_is_that_of_the_data():
    assert_array_equal(EpochOrders(5, 4, shuffle=False).of(7), [0, 1, 2, 3])


def test_purposes_are_children_of_one_entropy():
    """Independent arithmetic: NumPy's own seed sequence, keyed by the name."""
    import zlib

    entropy = np.random.RandomState(7).randint(2**32, size=4, dtype=np.uint32)
    key = zlib.crc32(b"order")
    sequence = np.random.SeedSequence(entropy.tolist(), spawn_key=(key,))

    assert Seeds.draw(7).order == sequence.generate_state(1, np.uint64)[0]
    assert module.generator(3).random() == np.random.default_rng(3).random()
