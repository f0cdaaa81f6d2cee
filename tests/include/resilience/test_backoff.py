"""The waits between tries."""

from datetime import timedelta

import pytest

from include.resilience.backoff import backoff, spread, tries_by_path

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("factor", "seconds"),
    [(1, [1, 1, 1, 1, 1]), (2, [1, 2, 4, 8, 10]), (3, [1, 3, 9, 10, 10]), (1.5, [1, 1.5, 2.25])],
)
def test_each_wait_is_a_multiple_up_to_the_cap(factor: float, seconds: list[float]):
    """The first wait is as given, each other `factor` times the one before, none over the cap."""
    waits = [backoff(n, SECOND, factor, 10 * SECOND) for n in range(1, len(seconds) + 1)]
    assert [wait.total_seconds() for wait in waits] == seconds


@pytest.mark.parametrize("factor", [2, 2.0])
def test_very_many_tries_wait_for_the_cap(factor: float):
    """A wait too large to be a number is the cap as well."""
    assert backoff(100_000, SECOND, factor, MINUTE) == MINUTE


@pytest.mark.parametrize(("tries", "factor", "named"), [(0, 2, "tries"), (1, 0.5, "factor")])
def test_what_makes_no_sense_is_refused(tries: int, factor: float, named: str):
    """Before the first try there is no wait, and waits never shrink; the error names which."""
    with pytest.raises(ValueError, match=f"^{named} is"):
        backoff(tries, SECOND, factor, MINUTE)


def test_a_spread_wait_is_never_shorter_and_at_most_a_part_longer():
    """A hundred callers wait for between 10 and 12.5 seconds, hardly two of them the same."""
    waits = [spread(10 * SECOND, f"run-{number}") for number in range(100)]
    assert min(waits) >= 10 * SECOND
    assert max(waits) <= 12.5 * SECOND
    assert len(set(waits)) > 90
    assert max(waits) - min(waits) > 2 * SECOND


def test_the_same_key_waits_the_same():
    """What looks like chance can be repeated."""
    assert spread(MINUTE, "run-1/task/1") == spread(MINUTE, "run-1/task/1")
    assert spread(MINUTE, "run-1/task/1") != spread(MINUTE, "run-1/task/2")


def call(path: str, at: float, status: int | None = 200, cursor: str = "", faulted: bool = False):
    query = {"cursor": cursor} if cursor else {}
    return {"path": path, "monotonic": at, "status": status, "query": query, "faulted": faulted}


def test_tries_are_told_by_path():
    """Calls of several paths are told apart, and waits counted from broken calls alone."""
    calls = [
        call("/stock", 10, 503, faulted=True),
        call("/orders", 10.2),
        call("/stock", 11.04, None, faulted=True),
        call("/orders", 11.5, cursor="b"),
        call("/stock", 13.06),
    ]
    assert tries_by_path(calls) == {
        "/orders": {"calls": 2, "broken": 0, "waits": [], "repeated": 0},
        "/stock": {"calls": 3, "broken": 2, "waits": [1.0, 2.0], "repeated": 0},
    }


def test_a_page_asked_twice_is_repeated():
    """Asking again after a failure is no repetition; asking again what was answered is."""
    failed_first = [call("/orders", 1, 503, "b", faulted=True), call("/orders", 2, cursor="b")]
    redone = [*failed_first, call("/orders", 3, cursor="b")]
    assert tries_by_path(failed_first)["/orders"]["repeated"] == 0
    assert tries_by_path(redone)["/orders"]["repeated"] == 1


def test_nothing_received_tells_nothing():
    """No call, no path."""
    assert tries_by_path([]) == {}
