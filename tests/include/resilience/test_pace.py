"""A steady pace, by a clock that only waiting moves."""

import time

import pytest

from include.resilience.pace import Pace


class Held:
    """A clock that stands still until somebody waits."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.waits: list[float] = []

    def now(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds


def test_calls_are_evenly_spaced() -> None:
    """The first passes at once, each other after the same gap."""
    clock = Held()
    pace = Pace(4, clock.now, clock.wait)
    passed = []
    for _ in range(4):
        pace.keep()
        passed.append(clock.seconds)
    assert passed == [100, 100.25, 100.5, 100.75]


def test_a_slow_caller_never_waits() -> None:
    """Whoever needs longer than the gap between two calls is not held up."""
    clock = Held()
    pace = Pace(4, clock.now, clock.wait)
    for _ in range(3):
        pace.keep()
        clock.seconds += 0.3
    assert clock.waits == []


def test_unused_time_is_not_saved_up() -> None:
    """After a pause there is no burst."""
    clock = Held()
    pace = Pace(4, clock.now, clock.wait)
    pace.keep()
    clock.seconds += 60
    for _ in range(3):
        pace.keep()
    assert clock.waits == [0.25, 0.25]


def test_it_works_with_the_real_clock() -> None:
    """Five calls at 50 in a second take 0.08 seconds at least."""
    pace, began = Pace(50), time.monotonic()
    for _ in range(5):
        pace.keep()
    assert time.monotonic() - began >= 0.08


@pytest.mark.parametrize("per_second", [0, -1])
def test_a_pace_of_nothing_is_refused(per_second: float) -> None:
    """It would wait for ever; the error names what was asked."""
    with pytest.raises(ValueError, match=f"per_second is {per_second}"):
        Pace(per_second)
