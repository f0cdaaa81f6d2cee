"""How a challenger takes over: more and more of the traffic, and back at the first sign of harm."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from include.experiments.comparison import Group, z_score
from include.experiments.split import point

CHAMPION, CHALLENGER = "champion", "challenger"
STEPS = (10, 25, 50)
"""The challenger's share of the traffic, in percent, step by step; then it is promoted."""

WORSE = 2.4
"""From this z on the challenger makes more errors. With three looks, chance alone reaches it in
less than three of 100 rollouts of one that is just as good (the sum of their p-values)."""

CUT = 0.5
"""From this score on, the answer counts as yes."""


class Answer(NamedTuple):
    """What a model said to a request: how likely the customer leaves, from 0 to 1."""

    request_id: int
    arm: str
    version: int
    score: float


class Step(NamedTuple):
    """What one step has shown: of each arm, how many answers and how many of them were wrong."""

    percent: int
    champion: Group
    challenger: Group
    z: float
    worse: bool


def arm_of(name: str, request_id: int, percent: int) -> str:
    """Return who answers: a hash decides, and who has met the challenger meets it again."""
    return CHALLENGER if 100 * point(name, str(request_id)) < percent else CHAMPION


def errors(answers: Iterable[Answer], truth: dict[int, bool], arm: str) -> Group:
    """Return how many answers an arm gave, and how many of them were wrong."""
    mine = [answer for answer in answers if answer.arm == arm]
    wrong = sum((answer.score >= CUT) != truth[answer.request_id] for answer in mine)
    return Group(len(mine), wrong)


def judge(percent: int, answers: Sequence[Answer], truth: dict[int, bool]) -> Step:
    """Compare the arms by all that is known so far."""
    champion, challenger = (errors(answers, truth, arm) for arm in (CHAMPION, CHALLENGER))
    z = z_score(champion, challenger)
    return Step(percent, champion, challenger, z, z >= WORSE)


def climb(
    serve: Callable[[int], Sequence[Answer]],
    truth: dict[int, bool],
    steps: Sequence[int] = STEPS,
) -> list[Step]:
    """Give the challenger one share after the other; stop at the step that shows harm.

    Args:
        serve: sets the challenger's share, lets the requests of that step be answered, and returns
            the answers.
        truth: what the customers did, by request.
        steps: the shares, in percent.
    """
    taken: list[Step] = []
    answers: list[Answer] = []
    for percent in steps:
        answers += serve(percent)
        taken.append(judge(percent, answers, truth))
        if taken[-1].worse:
            break
    return taken


def promoted(steps: Sequence[Any], planned: Sequence[int] = STEPS) -> bool:
    """Whether every step was taken, and none has shown harm."""
    return len(steps) == len(planned) and not any(Step(*one).worse for one in steps)
