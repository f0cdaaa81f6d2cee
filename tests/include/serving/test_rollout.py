"""A challenger climbs as long as it does no harm, and those who met it meet it again."""

import pytest

from include.serving.rollout import CHALLENGER, CHAMPION, Answer, arm_of, climb, judge, promoted

NUMBERS = range(1, 3001)
TRUTH = {number: number % 3 == 0 for number in NUMBERS}


def answers(percent: int, wrong: int) -> list[Answer]:
    """Of the champion one in four is wrong, of the challenger one in `wrong`."""
    said = []
    for number in NUMBERS:
        arm = arm_of("m", number, percent)
        right = number % (wrong if arm == CHALLENGER else 4) != 0
        said.append(Answer(number, arm, 1, float(TRUTH[number] is right)))
    return said


@pytest.mark.parametrize(
    ("wrong", "taken", "good"), [(4, 3, True), (10, 3, True), (2, 1, False)], ids=str
)
def test_it_stops_at_the_first_sign_of_harm(wrong: int, taken: int, good: bool) -> None:
    """As good or better takes every step; clearly worse stops at the first."""
    steps = climb(lambda percent: answers(percent, wrong), TRUTH)

    assert [step.percent for step in steps] == [10, 25, 50][:taken]
    assert promoted(steps) is good
    assert promoted([list(step) for step in steps[:1]]) is False


def test_each_step_counts_both_arms() -> None:
    """Errors are counted by what the customers did."""
    step = judge(50, answers(50, 10), TRUTH)

    assert step.champion.visitors + step.challenger.visitors == len(NUMBERS)
    assert step.champion.rate == pytest.approx(0.25, abs=0.03)
    assert step.challenger.rate == pytest.approx(0.1, abs=0.03)
    assert step.z < 0


def test_who_met_the_challenger_meets_it_again() -> None:
    """Shares are as planned, and a greater one takes nobody back."""
    met: set[int] = set()
    for percent in (0, 10, 25, 50, 100):
        now = {number for number in NUMBERS if arm_of("m", number, percent) == CHALLENGER}
        assert met <= now
        assert len(now) / len(NUMBERS) == pytest.approx(percent / 100, abs=0.03)
        met = now
    assert arm_of("m", 1, 0) == CHAMPION
