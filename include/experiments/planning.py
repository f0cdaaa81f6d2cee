"""How many visitors an experiment needs, and what its rules do when nothing is to be found."""

from math import ceil, sqrt
from typing import NamedTuple

from include.experiments.experiment import Experiment
from include.experiments.sequential import bounds, inflation

STANDARD_ERRORS = 3


class Plan(NamedTuple):
    """What is fixed beforehand: the visitors of both variants together, and the bound of each look.

    `single_look` is how many visitors one look alone would need.
    """

    visitors: int
    single_look: int
    bounds: list[float]


class Rehearsal(NamedTuple):
    """Of many drawn experiments, the share with a winner.

    `winners` by the bounds, `peeking` by p < alpha at any look.
    """

    repeats: int
    winners: float
    peeking: float

    def require_honest(self, alpha: float) -> None:
        """Do nothing if equal variants have a winner as rarely as promised, but for chance.

        Raises:
            ValueError: they have one more often.
        """
        limit = alpha + STANDARD_ERRORS * sqrt(alpha * (1 - alpha) / self.repeats)
        if self.winners > limit:
            raise ValueError(
                f"{self.winners:.1%} of {self.repeats} A/A experiments had a winner; "
                f"alpha {alpha} allows {limit:.1%}."
            )


def single_look_visitors(experiment: Experiment) -> float:
    """Return how many visitors a single look needs, of both variants together.

    From Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 3rd ed. 2003,
    section 4.2, without continuity correction, for groups of any shares.
    """
    from scipy.stats import norm

    share = experiment.variants[experiment.treatment] / 100
    old, new = experiment.baseline, experiment.baseline + experiment.minimum_effect
    pooled = (1 - share) * old + share * new
    by_chance = sqrt(pooled * (1 - pooled) / (share * (1 - share)))
    by_effect = sqrt(old * (1 - old) / (1 - share) + new * (1 - new) / share)
    z_alpha, z_power = norm.isf(experiment.alpha / 2), norm.ppf(experiment.power)
    return float(((z_alpha * by_chance + z_power * by_effect) / experiment.minimum_effect) ** 2)


def plan(experiment: Experiment) -> Plan:
    """Return how many visitors all looks together need, and their bounds if these come evenly."""
    fractions = [k / experiment.looks for k in range(1, experiment.looks + 1)]
    alpha, spending = experiment.alpha, experiment.spending
    once = single_look_visitors(experiment)
    more = inflation(fractions, alpha, experiment.power, spending)
    return Plan(ceil(once * more), ceil(once), bounds(fractions, alpha, spending))


def rehearse(
    experiment: Experiment, planned: Plan, repeats: int, seed: int, effect: float = 0.0
) -> Rehearsal:
    """Carry out many experiments with drawn visitors; return how often there was a winner.

    The control buys at the baseline's rate, the treatment at that plus `effect`: without one these
    are A/A experiments, and each winner is a false alarm.
    """
    import numpy as np
    from scipy.stats import norm

    chance, looks = np.random.default_rng(seed), experiment.looks
    share = experiment.variants[experiment.treatment] / 100
    sizes = [round(planned.visitors * part / looks) for part in (1 - share, share)]
    rates = (experiment.baseline, experiment.baseline + effect)
    buyers = [
        chance.binomial(size, rate, (repeats, looks)).cumsum(axis=1)
        for size, rate in zip(sizes, rates, strict=True)
    ]
    seen = [size * np.arange(1, looks + 1) for size in sizes]
    pooled = sum(buyers) / sum(seen)
    error = np.sqrt(pooled * (1 - pooled) * (1 / seen[0] + 1 / seen[1]))
    z = np.abs(buyers[1] / seen[1] - buyers[0] / seen[0]) / error
    won = (z >= np.array(planned.bounds)).any(axis=1).mean()
    peeked = (z >= norm.isf(experiment.alpha / 2)).any(axis=1).mean()
    return Rehearsal(repeats, float(won), float(peeked))
