"""A model that misses one group is found, and small groups prove nothing."""

import pytest

from include.serving.fairness import BiasError, by_group, gap, require_fair
from include.serving.rollout import Answer

DE = range(1, 101)
FR = range(101, 201)
TRUTH = dict.fromkeys([*DE, *FR], True)
GROUPS = {**dict.fromkeys(DE, "DE"), **dict.fromkeys(FR, "FR")}


def found(german: int, french: int) -> list[Answer]:
    """Of 100 leavers each, so many are found."""
    right = {*DE[:german], *FR[:french]}
    return [Answer(number, "a", 1, float(number in right)) for number in TRUTH]


def test_equal_shares_are_fair() -> None:
    """And the gap is what lies between the groups."""
    assert require_fair(by_group(found(80, 70), TRUTH, GROUPS)) == pytest.approx(0.1)


def test_a_group_that_is_missed_is_named() -> None:
    """With both shares."""
    with pytest.raises(BiasError, match="leavers of FR, 40% are found, of those of DE 80%"):
        require_fair(by_group(found(80, 40), TRUTH, GROUPS))


def test_a_small_group_proves_nothing() -> None:
    """A handful of leavers may all be missed by chance; without any group there is no gap."""
    few = {number: number not in FR[10:] for number in TRUTH}

    assert gap(by_group(found(80, 0), few, GROUPS)) == 0
    assert gap([]) == 0
