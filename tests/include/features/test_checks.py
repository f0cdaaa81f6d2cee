"""What a feature store promises is counted, and a broken promise is named."""

from datetime import UTC, datetime, timedelta

import pytest

from include.features.checks import (
    LeakError,
    OnlineDiffersError,
    age,
    differing,
    require_no_future,
    require_same,
)
from include.features.definitions import load
from include.features.store import Served

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
SECONDS = int(MONDAY.timestamp())
VALUES = (2, 30.5, 1.25, SECONDS)
KNOWN = Served(MONDAY, dict(zip(load().features, VALUES, strict=True)))
COLUMNS = ["order_id", "customer_id", "event_timestamp", "buys_again", *load().features]


def test_equal_values_pass() -> None:
    """Each entity is counted."""
    newest = [(1, MONDAY, *VALUES), (2, MONDAY, *VALUES)]

    assert require_same(load(), newest, {1: KNOWN, 2: KNOWN}) == 2


@pytest.mark.parametrize(
    "served",
    [
        Served(None, None),
        Served(MONDAY - timedelta(7), KNOWN.features),
        Served(MONDAY, {**(KNOWN.features or {}), "orders_30d": 3}),
    ],
    ids=["missing", "of another time", "another value"],
)
def test_what_differs_is_named(served: Served) -> None:
    """The entity, and both."""
    with pytest.raises(OnlineDiffersError, match=r"customer_id 1: .* is served, .* was computed"):
        require_same(load(), [(1, MONDAY, *VALUES)], {1: served})


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=3)])
def test_the_past_may_be_known(later: timedelta) -> None:
    """Up to the moment itself."""
    require_no_future(COLUMNS, [(9, 1, MONDAY + later, True, *VALUES)])


def test_the_future_may_not() -> None:
    """One second is enough, and the decision is named."""
    with pytest.raises(LeakError, match="order_id 9 of 2026-03-01 23:59:59"):
        require_no_future(COLUMNS, [(9, 1, MONDAY - timedelta(seconds=1), True, *VALUES)])


def test_decisions_that_today_looks_different_are_counted() -> None:
    """Only by what a model would see, not by when it was computed."""
    newest = [(1, MONDAY, 2, 30.5, 1.25, SECONDS + 7), (2, MONDAY, 9, 30.5, 1.25, SECONDS)]
    rows = [(10 + who, who, MONDAY, True, *VALUES) for who in (1, 2, 2)]

    assert differing(rows, newest) == 2


def test_the_oldest_counts() -> None:
    """What is missing has no age; nothing at all is an error."""
    older = Served(MONDAY - timedelta(days=7), KNOWN.features)

    assert age([KNOWN, older, Served(None, None)], MONDAY) == timedelta(days=7)
    with pytest.raises(OnlineDiffersError):
        age([Served(None, None)], MONDAY)
