"""Bounds of several looks: those of published tables, and as strict as they promise to be."""

import numpy as np
import pytest
from scipy.stats import norm

from include.experiments.sequential import Spending, bounds, inflation, power, spent

FIVE = [0.2, 0.4, 0.6, 0.8, 1.0]
TABLES: list[tuple[Spending, list[float]]] = [
    ("obrien_fleming", [4.8769, 3.3570, 2.6803, 2.2898, 2.0310]),
    ("pocock", [2.4380, 2.4268, 2.4102, 2.3966, 2.3860]),
]
"""Two-sided alpha 0.05, five looks: what the programs of D. M. Reboussin, D. L. DeMets and others
(Controlled Clinical Trials 21, 2000) and the R package ldbounds give for these spendings."""


@pytest.mark.parametrize(("spending", "table"), TABLES)
def test_bounds_are_those_of_the_tables(spending: Spending, table: list[float]) -> None:
    """Digit by digit."""
    assert bounds(FIVE, 0.05, spending) == pytest.approx(table, abs=2e-4)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_a_single_look_is_the_ordinary_test(alpha: float) -> None:
    """And needs as many visitors as that, whichever spending it has."""
    for spending, _ in TABLES:
        assert bounds([1.0], alpha, spending) == pytest.approx([norm.isf(alpha / 2)])
        assert inflation([1.0], alpha, 0.8, spending) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize(("spending", "_table"), TABLES)
def test_a_bound_does_not_depend_on_later_looks(spending: Spending, _table: list[float]) -> None:
    """So nobody has to know beforehand when the others will be."""
    all_looks = bounds([0.13, 0.5, 0.51, 1.0], 0.05, spending)

    for number in range(1, 5):
        known = [0.13, 0.5, 0.51, 1.0][:number]
        assert bounds(known, 0.05, spending) == pytest.approx(all_looks[:number])


@pytest.mark.parametrize(("spending", "_table"), TABLES)
@pytest.mark.parametrize("drift", [0.0, 2.8])
def test_the_probabilities_are_those_of_simulated_paths(
    spending: Spending, _table: list[float], drift: float
) -> None:
    """Of 200 000 seeded paths as many cross a bound as the recursion says."""
    chance = np.random.default_rng(7)
    steps = chance.normal(drift * 0.2, 0.2**0.5, (200_000, 5)).cumsum(axis=1)
    limits = bounds(FIVE, 0.05, spending)
    crossed = (np.abs(steps) / np.sqrt(FIVE) >= limits).any(axis=1).mean()

    assert power(FIVE, limits, drift) == pytest.approx(crossed, abs=0.004)
    if not drift:
        assert power(FIVE, limits, drift) == pytest.approx(0.05, abs=1e-6)


@pytest.mark.parametrize(("spending", "_table"), TABLES)
def test_alpha_is_spent_step_by_step(spending: Spending, _table: list[float]) -> None:
    """Never less than before, never more than there is, all of it at the end."""
    spendings = [spent(fraction, 0.05, spending) for fraction in (0.01, *FIVE)]

    assert spendings == sorted(spendings)
    assert spendings[-1] == 0.05
    assert spent(1.5, 0.05, spending) == 0.05


def test_early_looks_are_nearly_free() -> None:
    """A look at a hundredth of the data costs nothing, and its bound is out of reach."""
    assert bounds([0.01, 1.0], 0.05, "obrien_fleming") == pytest.approx([12, 1.96], abs=1e-3)


@pytest.mark.parametrize("wrong", [[0.0, 1.0], [0.5, 0.5], [0.6, 0.4], [0.5, 1.2], []])
def test_fractions_that_do_not_rise_are_refused(wrong: list[float]) -> None:
    """A look without new visitors is none."""
    with pytest.raises(ValueError, match="rise"):
        bounds(wrong, 0.05, "pocock")
