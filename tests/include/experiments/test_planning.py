"""The plan of an experiment keeps what it promises: proven on thousands of drawn experiments."""

from math import sqrt

import pytest

from include.experiments.experiment import Experiment, load
from include.experiments.planning import (
    Plan,
    Rehearsal,
    plan,
    rehearse,
    single_look_visitors,
)
from include.experiments.sequential import Spending

REPEATS = 20_000


def changed(**facts: object) -> Experiment:
    return load("one_page_checkout").model_copy(update=facts)


@pytest.mark.parametrize(
    ("baseline", "effect", "power", "each"),
    [(0.30, 0.04, 0.8, 2134), (0.5, 0.1, 0.9, 519), (0.1, 0.02, 0.8, 3841)],
)
def test_as_many_visitors_as_the_formula_of_two_proportions(
    baseline: float, effect: float, power: float, each: int
) -> None:
    """Computed by hand for equal groups of `each`: (1.96 sqrt(2pq) + z sqrt(p1q1 + p2q2))² / d²."""
    experiment = changed(baseline=baseline, minimum_effect=effect, power=power)

    assert single_look_visitors(experiment) / 2 == pytest.approx(each, abs=1)


def test_unequal_groups_need_more() -> None:
    """Halves are the cheapest split."""
    wider = changed(variants={"three_pages": 80, "one_page": 20})

    assert single_look_visitors(wider) > 1.4 * single_look_visitors(changed())


@pytest.mark.parametrize("spending", ["obrien_fleming", "pocock"])
@pytest.mark.parametrize("looks", [1, 4])
def test_the_error_rates_are_as_stated(spending: Spending, looks: int) -> None:
    """A/A has a winner in 5 % of 20 000 experiments, the smallest effect is found in 80 %."""
    experiment = changed(spending=spending, looks=looks)
    planned = plan(experiment)

    false = rehearse(experiment, planned, REPEATS, seed=1)
    true = rehearse(experiment, planned, REPEATS, 2, experiment.minimum_effect)

    assert false.winners == pytest.approx(0.05, abs=3 * sqrt(0.05 * 0.95 / REPEATS) + 0.002)
    assert true.winners == pytest.approx(0.8, abs=3 * sqrt(0.8 * 0.2 / REPEATS) + 0.005)
    false.require_honest(0.05)


def test_peeking_is_wrong_far_more_often() -> None:
    """Four looks for p < 0.05: more than twice the false alarms that were promised."""
    experiment = changed()

    assert rehearse(experiment, plan(experiment), REPEATS, seed=1).peeking > 0.11


def test_rules_that_are_not_honest_are_refused() -> None:
    """Bounds that every look passes at 1.96 do not keep alpha, and the numbers are told."""
    experiment = changed()
    honest = plan(experiment)

    found = rehearse(experiment, Plan(honest.visitors, 1, [1.96] * 4), REPEATS, seed=1)

    with pytest.raises(ValueError, match=r"12\.\d% of 20000 .* alpha 0\.05 allows 5\.5%"):
        found.require_honest(0.05)
    Rehearsal(4000, 0.058, 0.1).require_honest(0.05)


def test_the_same_seed_gives_the_same() -> None:
    """A run that is repeated says the same."""
    experiment = changed()
    planned = plan(experiment)

    assert rehearse(experiment, planned, 500, 3) == rehearse(experiment, planned, 500, 3)
