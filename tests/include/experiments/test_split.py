"""Visitors are split by a hash: stable, in the planned shares, and anew for each experiment."""

from collections import Counter

import pytest
from scipy.stats import chi2_contingency, kstest

from include.experiments.comparison import sample_ratio
from include.experiments.experiment import Experiment, load
from include.experiments.split import point, route, split, takes_part

VISITORS = [f"v{number}" for number in range(20_000)]


@pytest.fixture
def experiment() -> Experiment:
    return load("one_page_checkout")


@pytest.mark.parametrize(
    ("visitor", "part", "variant"),
    [
        ("1", True, "three_pages"),
        ("2", True, "one_page"),
        ("3", True, "one_page"),
        ("ada", True, "three_pages"),
        ("Zoë", True, "three_pages"),
        ("v000000", True, "one_page"),
        ("v000001", False, "one_page"),
        ("", True, "three_pages"),
    ],
)
def test_a_visitor_sees_the_same_for_ever(
    experiment: Experiment, visitor: str, part: bool, variant: str
) -> None:
    """The table is written down: who changes the hash changes what real visitors see."""
    assert takes_part(experiment, visitor) is part
    assert split(experiment, visitor) == variant
    assert route(experiment, visitor) == (variant if part else "three_pages")


def test_the_points_are_spread_evenly() -> None:
    """Sequential names give points that a Kolmogorov-Smirnov test takes for uniform."""
    points = [point("salt", visitor) for visitor in VISITORS]

    assert min(points) >= 0
    assert max(points) < 1
    assert kstest(points, "uniform").pvalue > 0.01


@pytest.mark.parametrize("treatment", [1, 10, 50, 80, 99])
def test_each_variant_has_its_share(experiment: Experiment, treatment: int) -> None:
    """Whatever the percents are, the sample-ratio check is content."""
    percents = {"three_pages": 100 - treatment, "one_page": treatment}
    changed = experiment.model_copy(update={"variants": percents})

    assert sample_ratio(Counter(split(changed, one) for one in VISITORS), percents) > 0.01


def test_as_many_take_part_as_planned(experiment: Experiment) -> None:
    """And who does has nothing to do with the variant."""
    taking = [visitor for visitor in VISITORS if takes_part(experiment, visitor)]

    assert len(taking) / len(VISITORS) == pytest.approx(0.8, abs=0.01)
    assert sample_ratio(Counter(split(experiment, v) for v in taking), experiment.variants) > 0.01


def test_the_next_experiment_splits_anew(experiment: Experiment) -> None:
    """What a visitor saw in one says nothing about what is seen in another."""
    other = experiment.model_copy(update={"name": "another_checkout"})
    seen = Counter((split(experiment, one), split(other, one)) for one in VISITORS)
    table = [[seen[a, b] for b in experiment.variants] for a in experiment.variants]

    assert chi2_contingency(table).pvalue > 0.01


def test_a_greater_share_takes_nothing_back(experiment: Experiment) -> None:
    """Who takes part at 80 % does so at 90 %, and sees the same variant."""
    more = experiment.model_copy(update={"traffic_percent": 90})
    before = [visitor for visitor in VISITORS if takes_part(experiment, visitor)]

    assert all(takes_part(more, visitor) for visitor in before)
    assert all(split(more, v) == split(experiment, v) for v in before[:1000])


def test_everybody_sees_the_winner(experiment: Experiment) -> None:
    """Also those who did not take part."""
    assert {route(experiment, visitor, "one_page") for visitor in VISITORS} == {"one_page"}
