"""PSI and Kolmogorov-Smirnov against hand computations and against the library."""

from collections.abc import Sequence
from decimal import Decimal
from math import log

import numpy as np
import pytest
from scipy import stats

from include.data import seeds
from include.quality.drift import Bin, Drift, Limits, bins_of, compare, cuts, psi
from include.retail.orders import newest_orders


def sample(seed: int, mean: float, rows: int = 2000) -> list[float]:
    return [float(value) for value in np.random.default_rng(seed).normal(mean, 1, rows)]


def test_psi_equals_the_computation_by_hand():
    """Two values, half and half before, one to three now; half a row more in each bin."""
    bins = bins_of(["a"] * 50 + ["b"] * 50, ["a"] * 25 + ["b"] * 75)

    a, b = 25.5 / 101, 75.5 / 101
    assert bins == [Bin("a", 0.5, a), Bin("b", 0.5, b)]
    assert psi(bins) == pytest.approx((a - 0.5) * log(a / 0.5) + (b - 0.5) * log(b / 0.5))
    assert psi(bins) == pytest.approx(0.2685, abs=0.0005)


def test_psi_is_twice_the_mean_of_both_relative_entropies():
    """It is Jeffreys' divergence: what scipy computes in both directions, added."""
    bins = bins_of(sample(1, 0), sample(2, 0.5))

    before, now = [one.before for one in bins], [one.now for one in bins]
    assert psi(bins) == pytest.approx(stats.entropy(now, before) + stats.entropy(before, now))
    assert sum(before) == pytest.approx(1)
    assert sum(now) == pytest.approx(1)


def test_an_empty_bin_has_a_share():
    """A value that was never there before does not make the index infinite."""
    bins = bins_of(["a"] * 99, ["a"] * 49 + ["new"] * 50)

    assert bins[1] == Bin("new", 0.5 / 100, 50.5 / 100)
    assert 2 < psi(bins) < 3


def test_numbers_are_cut_at_the_references_quantiles():
    """Ten bins of as many rows each, as numpy cuts them; ties make fewer."""
    reference = sample(3, 0)

    wanted = np.quantile(reference, [n / 10 for n in range(1, 10)])
    assert cuts(reference) == pytest.approx(list(wanted))
    shares = [one.before for one in bins_of(reference, reference)]
    assert shares == pytest.approx([0.1] * 10, abs=0.001)
    assert cuts([1] * 8 + [2] * 2 + [3]) == [1, 2]
    assert [one.label for one in bins_of([1] * 8 + [2, 2, 3], [1, 5])] == ["≤ 1", "≤ 2", "> 2"]
    assert bins_of([7, 7], [7, 9]) == [Bin("all", 1, 1)]


@pytest.mark.parametrize(("mean", "drifted"), [(0.0, False), (0.05, False), (0.6, True), (3, True)])
def test_a_shifted_sample_is_caught_and_an_unshifted_is_not(mean: float, drifted: bool):
    """Distance and p-value are those of scipy."""
    reference, current = sample(4, 0), sample(5, mean)

    found = compare("amount", reference, current)

    wanted = stats.ks_2samp(reference, current)
    assert (found.distance, found.p_value) == (wanted.statistic, wanted.pvalue)
    assert found.drifted is drifted


def test_the_distance_is_the_one_by_hand():
    """Of four and four values, three of the one lie below all of the other."""
    found = compare("n", [1, 2, 3, 5], [Decimal("4.0"), Decimal("6.0"), Decimal(7), Decimal(8)])

    assert found.distance == pytest.approx(0.75)
    assert found.p_value == pytest.approx(stats.ks_2samp([1, 2, 3, 5], [4, 6, 7, 8]).pvalue)


@pytest.mark.parametrize(
    ("limits", "drifted"),
    [
        (Limits(), False),
        (Limits(psi=0.01), True),
        (Limits(distance=0.05), True),
        (Limits(distance=0.05, p_value=1e-12), False),
    ],
)
def test_each_limit_decides(limits: Limits, drifted: bool):
    """A small shift is certain with so many rows, and still nobody's concern unless asked for."""
    found = compare("amount", sample(6, 0), sample(9, 0.2), limits)

    assert found.p_value is not None
    assert found.p_value < 0.001
    assert found.drifted is drifted


@pytest.mark.parametrize(
    ("before", "now", "drifted"),
    [
        (["web"] * 90 + ["app"] * 10, ["web"] * 88 + ["app"] * 12, False),
        (["web"] * 90 + ["app"] * 10, ["web"] * 50 + ["app"] * 50, True),
        (["web"] * 90 + [None] * 10, ["web"] * 30 + [None] * 70, True),
        ([True] * 50 + [False] * 50, [True] * 5 + [False] * 95, True),
    ],
)
def test_words_have_a_psi_and_no_distance(
    before: Sequence[object], now: Sequence[object], drifted: bool
):
    """A missing word is a value too."""
    found = compare("channel", before, now)  # type: ignore[arg-type]

    assert (found.distance, found.p_value) == (None, None)
    assert found.drifted is drifted


def test_missing_numbers_are_left_out():
    """They are the profile's to tell."""
    whole = compare("n", [1, 2, 3], [2, 3, 4])

    assert compare("n", [1, None, 2, 3], [2, 3, None, 4]) == whole


@pytest.mark.parametrize(("before", "now"), [([], [1]), ([1], []), ([None], [1]), ([None], ["a"])])
def test_a_sample_without_rows_is_refused(before: list[object], now: list[object]):
    """Unless a word was missing before, which is a value."""
    if now == ["a"]:
        assert compare("x", before, now).drifted  # type: ignore[arg-type]
        return
    with pytest.raises(ValueError, match="Drift needs rows"):
        compare("x", before, now)  # type: ignore[arg-type]


def test_it_passes_from_task_to_task():
    """As lists, and back."""
    found = compare("n", [1, 2, 3], [2, 3, 4])

    assert Drift.read(found.plain()) == found


@pytest.mark.parametrize(
    ("before", "now", "drifted"), [(1, 2, set()), (2, 3, {"quantity", "amount", "channel"})]
)
def test_the_shops_march_has_drifted_and_its_february_has_not(
    before: int, now: int, drifted: set[str]
):
    """Of the seeds' own orders, as their page says."""
    months = [
        [o for o in newest_orders(seeds.orders()) if o.ordered_at.month == m] for m in (before, now)
    ]
    found = {
        column
        for column in ("quantity", "amount", "channel", "country", "status")
        if compare(column, *([getattr(o, column) for o in month] for month in months)).drifted
    }
    assert found == drifted
