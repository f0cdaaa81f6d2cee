"""Two groups compared: every number equals that of scipy or of a book."""

import pytest
from scipy.stats import chi2_contingency, chisquare, norm

from include.experiments.comparison import (
    Group,
    SampleRatioError,
    interval,
    p_value,
    sample_ratio,
    z_score,
)

HALVES = {"a": 50, "b": 50}


@pytest.mark.parametrize(
    ("control", "treatment"),
    [
        (Group(1857, 570), Group(1834, 639)),
        (Group(546, 82), Group(544, 68)),
        (Group(10, 1), Group(1000, 300)),
        (Group(50, 25), Group(50, 25)),
    ],
)
def test_the_test_is_that_of_scipy(control: Group, treatment: Group) -> None:
    """The square of z is chi-square of the two-by-two table, and so the p-values are equal."""
    table = [[group.buyers, group.visitors - group.buyers] for group in (control, treatment)]
    scipy = chi2_contingency(table, correction=False)
    z = z_score(control, treatment)

    assert z**2 == pytest.approx(scipy.statistic, abs=1e-9)
    assert p_value(z) == pytest.approx(scipy.pvalue, rel=1e-9)
    assert z_score(treatment, control) == pytest.approx(-z)


@pytest.mark.parametrize("groups", [(Group(0, 0), Group(9, 3)), (Group(9, 0), Group(9, 0))])
def test_what_has_no_variance_shows_nothing(groups: tuple[Group, Group]) -> None:
    """Nobody there, or nobody who bought: z is 0, and p is 1."""
    assert z_score(*groups) == 0
    assert p_value(0) == 1


def test_the_interval_has_the_difference_in_its_middle() -> None:
    """As wide as the bound says, in standard errors of both rates."""
    low, high = interval(Group(400, 100), Group(100, 40), 2.0)

    error = (0.25 * 0.75 / 400 + 0.4 * 0.6 / 100) ** 0.5
    assert (low, high) == (pytest.approx(0.15 - 2 * error), pytest.approx(0.15 + 2 * error))


@pytest.mark.parametrize("seen", [{"a": 500, "b": 520}, {"a": 30, "b": 25}])
def test_groups_of_the_planned_sizes_pass(seen: dict[str, int]) -> None:
    """With the p-value of scipy."""
    assert sample_ratio(seen, HALVES) == pytest.approx(chisquare(list(seen.values())).pvalue)


@pytest.mark.parametrize(
    ("seen", "percents", "said"),
    [
        ({"a": 2466, "b": 2135}, HALVES, "2466 a, 2135 b"),
        ({"a": 30}, HALVES, "30 a, 0 b"),
        ({"a": 500, "b": 500}, {"a": 90, "b": 10}, "500 a, 500 b"),
        ({}, HALVES, "Nobody"),
    ],
)
def test_groups_of_other_sizes_are_refused(
    seen: dict[str, int], percents: dict[str, int], said: str
) -> None:
    """With the numbers, and what to do."""
    with pytest.raises(SampleRatioError, match=said):
        sample_ratio(seen, percents)


def test_the_check_cries_wolf_as_rarely_as_it_says() -> None:
    """The p-value of a large group one bound away from half is that of the normal law."""
    z = 3.0
    size = 1_000_000
    one = round(size / 2 + z * (size / 4) ** 0.5)

    assert sample_ratio({"a": one, "b": size - one}, HALVES) == pytest.approx(
        2 * norm.sf(z), rel=0.01
    )
