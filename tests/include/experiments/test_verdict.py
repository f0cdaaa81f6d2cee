"""What is decided, and when."""

import pytest

from include.experiments.comparison import Group
from include.experiments.experiment import load
from include.experiments.verdict import decide, take_looks

EXPERIMENT = load("one_page_checkout")
PLANNED = 4000
QUARTER, HALF, WHOLE = (500, 150), (1000, 300), (2000, 600)

FEW = [(QUARTER, 160), (HALF, 310), ((1500, 450), 470), ((1600, 480), 500)]


def groups(*pairs: tuple[tuple[int, int], int]) -> list[tuple[Group, Group]]:
    """Control, and as many treatments as it, with their buyers."""
    return [(Group(*control), Group(control[0], buyers)) for control, buyers in pairs]


@pytest.mark.parametrize(
    ("seen", "verdict", "variant", "look"),
    [
        (groups((QUARTER, 180)), "go on", None, 1),
        (groups((QUARTER, 260)), "winner", "one_page", 1),
        (groups((QUARTER, 160), (HALF, 370), (WHOLE, 600)), "winner", "one_page", 2),
        (groups((QUARTER, 160), (HALF, 230)), "winner", "three_pages", 2),
        (groups((QUARTER, 160), (WHOLE, 610)), "no difference", "three_pages", 2),
        (groups(*FEW), "no difference", "three_pages", 4),
    ],
    ids=["too early", "at once", "second look", "worse", "all are there", "last look, too few"],
)
def test_the_first_bound_or_the_last_look_decides(
    seen: list[tuple[Group, Group]], verdict: str, variant: str | None, look: int
) -> None:
    """What comes after the deciding look is not looked at."""
    looks = take_looks(EXPERIMENT, PLANNED, seen)
    decision = decide(EXPERIMENT, looks)

    assert (decision.verdict, decision.variant, decision.look) == (verdict, variant, look)
    assert len(looks) == look
    assert f"look {look}: |z| {abs(looks[-1].z):.2f}" in decision.reason


def test_an_early_difference_needs_more_evidence() -> None:
    """A z of 2.5 is no winner at the first look, and one at the last."""
    early = take_looks(EXPERIMENT, PLANNED, groups((QUARTER, 187)))
    late = take_looks(EXPERIMENT, PLANNED, groups((WHOLE, 674)))

    assert early[0].z == pytest.approx(late[0].z, abs=0.1)
    assert early[0].z > 2.4
    assert not early[0].decides
    assert late[0].decides


def test_the_interval_excludes_no_difference_only_with_a_winner() -> None:
    """Interval and bound tell the same story."""
    for buyers in (150, 187, 260):
        (look,) = take_looks(EXPERIMENT, PLANNED, groups((QUARTER, buyers)))
        assert (look.low > 0) is look.decides


def test_without_a_look_there_is_no_decision() -> None:
    """Its name is told."""
    with pytest.raises(ValueError, match="one_page_checkout"):
        decide(EXPERIMENT, [])
