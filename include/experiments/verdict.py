"""What an experiment has shown so far: look by look, until one decides."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from include.experiments.comparison import Group, interval, p_value, z_score
from include.experiments.experiment import Experiment
from include.experiments.sequential import bounds


class Look(NamedTuple):
    """What was seen at one look: groups, test, bound, and the difference of rates with its margin.

    `fraction` is the part of the planned visitors who are there; `low` and `high` are the repeated
    confidence interval of the difference, treatment less control.
    """

    number: int
    control: Group
    treatment: Group
    fraction: float
    z: float
    p_value: float
    bound: float
    low: float
    high: float

    @property
    def decides(self) -> bool:
        """Whether the variants are too far apart for chance."""
        return abs(self.z) >= self.bound


class Decision(NamedTuple):
    """What is to be done: `variant` is what everybody sees from now on, None while it goes on."""

    verdict: Literal["winner", "no difference", "go on"]
    variant: str | None
    look: int
    reason: str


def take_looks(
    experiment: Experiment, planned: int, groups: Sequence[tuple[Group, Group]]
) -> list[Look]:
    """Look at control and treatment, as counted at each look, until one look ends the experiment.

    It ends with the first bound that is crossed, or once there are as many visitors as planned.
    The last look of all has the whole rest of alpha, even if fewer came.
    """
    looks: list[Look] = []
    fractions: list[float] = []
    for number, (control, treatment) in enumerate(groups, 1):
        there = (control.visitors + treatment.visitors) / planned
        fractions.append(1.0 if number == experiment.looks else min(there, 1.0))
        bound = bounds(fractions, experiment.alpha, experiment.spending)[-1]
        z = z_score(control, treatment)
        margins = interval(control, treatment, bound)
        looks.append(
            Look(number, control, treatment, fractions[-1], z, p_value(z), bound, *margins)
        )
        if looks[-1].decides or fractions[-1] == 1:
            break
    return looks


def decide(experiment: Experiment, looks: Sequence[Look]) -> Decision:
    """Say what the looks mean.

    Raises:
        ValueError: there was no look.
    """
    if not looks:
        raise ValueError(f"Nobody has looked at {experiment.name} yet.")
    last = looks[-1]
    evidence = f"look {last.number}: |z| {abs(last.z):.2f}, bound {last.bound:.2f}"
    if last.decides:
        winner = experiment.treatment if last.z > 0 else experiment.control
        return Decision("winner", winner, last.number, f"{winner} is better ({evidence})")
    if last.fraction == 1:
        reason = f"{experiment.control} stays: no difference was found ({evidence})"
        return Decision("no difference", experiment.control, last.number, reason)
    return Decision("go on", None, last.number, f"not decided yet ({evidence})")
