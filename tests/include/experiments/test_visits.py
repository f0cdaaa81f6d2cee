"""Visitors of an experiment: drawn or real, and those that get lost."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from include.experiments.comparison import SampleRatioError, sample_ratio
from include.experiments.experiment import load
from include.experiments.split import split, takes_part
from include.experiments.visits import Visit, lose_some, observe, simulate

CHECKOUT = load("one_page_checkout")


def test_drawn_visitors_behave_as_their_file_says() -> None:
    """Each variant's rate is the true one, but for chance; the same visitors come each time."""
    visits = list(simulate(CHECKOUT))
    facts = CHECKOUT.simulated
    assert facts is not None

    assert visits == list(simulate(CHECKOUT))
    assert len(visits) == pytest.approx(0.8 * 28 * facts.visitors_per_day, rel=0.02)
    for variant, rate in facts.rates.items():
        bought = [one.bought for one in visits if one.variant == variant]
        assert sum(bought) / len(bought) == pytest.approx(rate, abs=0.03)
    assert all(takes_part(CHECKOUT, one.visitor) for one in visits)


def test_real_visitors_are_not_drawn() -> None:
    """Who asks for them is told so."""
    with pytest.raises(ValueError, match="same_checkout_twice has no `simulated`"):
        next(simulate(load("same_checkout_twice")))


def test_sessions_are_split_as_they_are() -> None:
    """Those after the end of the experiment are left out."""
    experiment = load("same_checkout_twice")
    inside, after = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC)

    found = list(observe(experiment, [("s1", inside, True), ("s2", after, True)]))

    assert found == [Visit("s1", split(experiment, "s1"), inside, True)]


def test_lost_visits_are_found() -> None:
    """Every eighth of one variant is gone, none of the other, and the groups do not fit."""
    visits = list(simulate(CHECKOUT))
    before = Counter(one.variant for one in visits)

    after = Counter(one.variant for one in lose_some(visits, "one_page"))

    assert after["three_pages"] == before["three_pages"]
    assert after["one_page"] == before["one_page"] - before["one_page"] // 8
    with pytest.raises(SampleRatioError):
        sample_ratio(after, CHECKOUT.variants)
