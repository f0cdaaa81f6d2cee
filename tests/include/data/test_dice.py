"""The dice that the example data is made with."""

import pytest

from include.data.dice import Dice


def test_the_same_seed_falls_the_same_way():
    """Two dice with one seed give the same numbers."""
    one, other = Dice("a"), Dice("a")
    assert [one.share() for _ in range(9)] == [other.share() for _ in range(9)]
    assert one.share() != Dice("b").share()


def test_the_sequence_is_fixed_for_ever():
    """The first throws of a known seed never change, on no platform and in no Python version."""
    dice = Dice("known")
    assert [dice.between(1, 100) for _ in range(6)] == [73, 19, 62, 68, 75, 43]


def test_between_reaches_both_ends():
    """Both limits can be thrown, and nothing outside them."""
    dice = Dice("ends")
    assert {dice.between(1, 3) for _ in range(200)} == {1, 2, 3}


def test_weights_are_kept():
    """A key with three times the weight comes about three times as often; weight zero never."""
    dice = Dice("weights")
    throws = [dice.weighted({"often": 3, "seldom": 1, "never": 0}) for _ in range(4000)]
    assert throws.count("never") == 0
    assert 2.6 < throws.count("often") / throws.count("seldom") < 3.4


def test_weights_without_any_weight_are_refused():
    """There is nothing to choose from, so it says so."""
    with pytest.raises(ValueError, match="at least one weight above zero"):
        Dice("none").weighted({})


def test_a_sample_holds_no_item_twice():
    """Sampling all items gives each of them once."""
    assert sorted(Dice("sample").sample(range(50), 50)) == list(range(50))
