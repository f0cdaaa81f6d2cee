"""Probe, remedy, probe again."""

from collections.abc import Callable, Iterator

import pytest

from include.health import airflow
from include.health.check import Check, Finding, State, UnhealthyError, examine


class Clock:
    """Time that passes only by pauses."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds


def failing(*troubles: str | None) -> Callable[[], None]:
    """A probe with these answers, one after the other; the last one for good."""
    left: Iterator[str | None] = iter(troubles)
    last: list[str | None] = [None]

    def probe() -> None:
        last[0] = next(left, last[0])
        if last[0]:
            raise UnhealthyError(last[0])

    return probe


def refuse() -> str:
    raise UnhealthyError("not allowed")


@pytest.mark.parametrize(
    ("check", "state", "detail"),
    [
        (Check("x", failing(None), refuse), State.HEALTHY, ""),
        (Check("x", failing("gone", None), lambda: "made"), State.HEALED, "gone; made"),
        (Check("x", failing("gone", "gone", None)), State.HEALED, "gone; waited"),
        (Check("x", failing("gone"), lambda: "made"), State.UNHEALTHY, "gone; made, in vain"),
        (Check("x", failing("gone", "full")), State.UNHEALTHY, "gone; waited, and now full"),
        (
            Check("x", failing("gone"), refuse),
            State.UNHEALTHY,
            "gone; the remedy failed: not allowed",
        ),
    ],
)
def test_what_becomes_of_a_component(check: Check, state: State, detail: str):
    """Each way through the rule, with what is said of it."""
    clock = Clock()
    assert examine(check, 10, clock, clock.pause) == Finding("x", state, detail)
    assert clock.now <= 10


def test_the_remedy_is_applied_once():
    """However often the probe fails afterwards."""
    applied: list[str] = []
    clock = Clock()

    def remedy() -> str:
        applied.append("once")
        return "made"

    examine(Check("x", failing("gone"), remedy), 5, clock, clock.pause)
    assert applied == ["once"]


def test_another_error_is_not_a_finding():
    """A probe with a mistake in it says nothing about the component."""

    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        examine(Check("x", broken), 1)


def test_components_of_airflow_that_are_silent_are_named():
    """One that nobody runs has no status, and is not missed."""
    well = {"scheduler": {"status": "healthy"}, "triggerer": {"status": None}}
    airflow.judge(well)
    ill = {name: {"status": "unhealthy"} for name in ("triggerer", "dag_processor")}
    with pytest.raises(UnhealthyError, match="no sign of life from dag_processor, triggerer"):
        airflow.judge({**well, **ill})
