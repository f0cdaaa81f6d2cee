"""Drawn customers: the same each time, and another world when the shop changes."""

from include.quality.drift import compare
from include.serving.requests import SALES, SUBSCRIPTIONS, World, columns, draw


def moved(world: World) -> list[str]:
    before, now = columns(draw(SALES, "one", 2000)), columns(draw(world, "two", 2000))
    return [name for name in before if compare(name, before[name], now[name]).drifted]


def test_the_same_batch_is_drawn_again() -> None:
    """Numbered from the first id; another batch is another one."""
    assert draw(SALES, "one", 20, 5) == draw(SALES, "one", 20, 5)
    assert [one.request_id for one in draw(SALES, "one", 3, 5)] == [5, 6, 7]
    assert draw(SALES, "one", 20) != draw(SALES, "two", 20)


def test_only_the_change_of_the_shop_is_drift() -> None:
    """The same world is silent, the other one is told by the feature that moved."""
    assert moved(SALES) == []
    assert moved(SUBSCRIPTIONS) == ["days_since_last_order"]


def test_some_leave_and_some_stay() -> None:
    """In both worlds, so that there is something to foresee."""
    for world in (SALES, SUBSCRIPTIONS):
        left = sum(one.label for one in draw(world, "one", 2000)) / 2000
        assert 0.15 < left < 0.5
