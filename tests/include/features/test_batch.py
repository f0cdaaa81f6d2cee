"""Features computed in the warehouse are those that could be known on their Monday."""

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from include.data import seeds
from include.features import batch
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from tests.lessons import query


def test_weeks_end_on_mondays() -> None:
    """The twelfth ends on 30 March."""
    assert batch.monday(1) == batch.FIRST
    assert batch.monday(12) == datetime(2026, 3, 30, tzinfo=UTC)
    assert batch.monday(12).weekday() == 0


def by_hand(monday: datetime) -> dict[int, tuple[Any, ...]]:
    """The features of a Monday, computed from the seeds row by row."""
    known: dict[int, Any] = {}
    for order in sorted(seeds.orders(), key=lambda one: one.updated_at):
        if order.updated_at < monday:
            known[order.order_id] = order
    orders = defaultdict(list)
    for order in known.values():
        orders[order.customer_id].append(order)
    found = {}
    for person in seeds.customers():
        start = datetime.combine(person.signed_up, time(), UTC)
        if start >= monday:
            continue
        mine = orders[person.customer_id]
        recent = [
            one
            for one in mine
            if one.ordered_at >= monday - timedelta(days=30) and one.status != "cancelled"
        ]
        last = max((one.ordered_at for one in mine), default=start)
        idle = (monday - last) / timedelta(days=1)
        found[person.customer_id] = (len(recent), float(sum(o.amount for o in recent)), idle)
    return found


@pytest.fixture
def computed(lab: Lab) -> None:
    """The features of all twelve weeks."""
    with open_warehouse() as connection, connection.cursor() as cursor:
        cursor.execute(batch.TABLES)
    batch.compute(open_warehouse, batch.monday(12))


@pytest.mark.parametrize("week", [1, 7, 12])
def test_features_are_those_known_then(computed: None, week: int) -> None:
    """From the versions that had been recorded by then, and no later one."""
    monday = batch.monday(week)
    rows = query("SELECT * FROM marts.customer_activity WHERE at = %s", monday)

    wanted = by_hand(monday)
    assert {row[0] for row in rows} == wanted.keys()
    for customer, _, orders, revenue, idle, moment in rows:
        assert (orders, revenue, idle) == pytest.approx(wanted[customer])
        assert moment == monday.timestamp()


def test_todays_orders_would_say_otherwise(computed: None) -> None:
    """Late and revised orders make a difference: the newest versions are a leak."""
    leaking = query(
        """
        SELECT count(*) FROM marts.customer_activity f WHERE at = %s AND orders_30d <> (
            SELECT count(*) FROM shop.orders o WHERE o.customer_id = f.customer_id
            AND ordered_at < at AND ordered_at >= at - interval '30 days' AND status <> 'cancelled')
        """,
        batch.monday(7),
    )

    assert leaking[0][0] > 10


def test_the_table_only_grows(computed: None) -> None:
    """The same again changes nothing, and an earlier week takes nothing back."""
    before = batch.read_batch(open_warehouse)

    for week in (12, 4):
        assert batch.compute(open_warehouse, batch.monday(week)) == len(before)
    assert batch.read_batch(open_warehouse) == before
    assert batch.newest(before) >= batch.monday(12)


def test_without_a_batch_there_is_no_newest() -> None:
    """And that is said."""
    with pytest.raises(ValueError, match="No features"):
        batch.newest([])


def test_decisions_know_their_answer(lab: Lab) -> None:
    """Only orders whose two weeks are over; the answer is that of the later orders."""
    last = batch.monday(8)
    decisions = batch.read_decisions(open_warehouse, last)

    assert {again for *_, again in decisions} == {True, False}
    assert min(at for _, _, at, _ in decisions) >= batch.FIRST
    assert max(at for _, _, at, _ in decisions) + batch.HORIZON < last
    times = defaultdict(list)
    for customer, at in query("SELECT customer_id, ordered_at FROM shop.orders"):
        times[customer].append(at)
    for _, customer, at, again in decisions:
        assert again is any(at < one <= at + batch.HORIZON for one in times[customer])
