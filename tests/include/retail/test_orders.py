"""Orders, their versions and what they earn."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from include.retail.orders import (
    DaySales,
    Order,
    newest_orders,
    revenue_by_country,
    sales_of_day,
)
from include.retail.records import RecordError

MORNING = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


def order(order_id: int = 1, **changes: object) -> Order:
    return Order(
        order_id=order_id,
        customer_id=7,
        product_id=3,
        quantity=1,
        amount=Decimal("10.00"),
        country="DE",
        status="shipped",
        channel="web",
        ordered_at=MORNING,
        updated_at=MORNING,
    )._replace(**changes)


def test_newest_version_of_an_order_wins():
    """A later update replaces an earlier one, whatever the order they arrive in."""
    versions = [order(updated_at=MORNING + timedelta(hours=hours)) for hours in range(3)]
    for arrived in permutations(versions):
        assert newest_orders(arrived) == [versions[2]]


def test_orders_come_sorted_and_once():
    """Different orders are all kept, sorted by id; a repeated row counts once."""
    assert newest_orders([order(2), order(1), order(2)]) == [order(1), order(2)]


def test_of_equally_new_versions_the_later_one_wins():
    """With equal times, what was recorded last is believed."""
    assert newest_orders([order(quantity=1), order(quantity=2)]) == [order(quantity=2)]


def test_revenue_is_summed_per_country():
    """Countries are summed in cents' precision, an order without one under 'unknown'."""
    orders = [
        order(1, amount=Decimal("0.10")),
        order(2, amount=Decimal("0.20")),
        order(3, country=None),
        order(4, country="AT", status="returned"),
    ]
    revenue = revenue_by_country(orders)
    assert revenue == {
        "AT": Decimal("0.00"),
        "DE": Decimal("0.30"),
        "unknown": Decimal("10.00"),
    }
    assert list(revenue) == ["AT", "DE", "unknown"]


@pytest.mark.parametrize("status", ["cancelled", "returned"])
def test_what_was_not_kept_earns_nothing(status: str):
    """A cancelled or returned order has an amount, but no revenue."""
    assert order(status=status).revenue == 0
    assert order().revenue == Decimal("10.00")


def test_sales_of_a_day_count_that_day_only():
    """The day is the UTC day of ordering; what was cancelled or returned does not count."""
    orders = [
        order(1, ordered_at=datetime(2026, 1, 5, 0, 0, tzinfo=UTC)),
        order(2, ordered_at=datetime(2026, 1, 5, 23, 59, 59, tzinfo=UTC)),
        order(3, ordered_at=datetime(2026, 1, 6, 0, 0, tzinfo=UTC)),
        order(4, status="cancelled"),
    ]
    assert sales_of_day(orders, date(2026, 1, 5)) == DaySales(date(2026, 1, 5), 2, Decimal("20.00"))


def test_a_day_without_orders_sold_nothing():
    """An empty day has zero orders and zero revenue."""
    assert sales_of_day([], date(2026, 1, 5)) == DaySales(date(2026, 1, 5), 0, Decimal("0.00"))


def test_an_order_is_read_from_a_record():
    """A CSV row of text becomes an order; an empty country becomes None."""
    record = {
        "order_id": "1",
        "customer_id": "7",
        "product_id": "3",
        "quantity": "1",
        "amount": "10.00",
        "country": "",
        "status": "shipped",
        "channel": "web",
        "ordered_at": "2026-01-05T08:30:00Z",
        "updated_at": "2026-01-05T08:30:00Z",
    }
    assert Order.parse(record) == order(country=None)
    with pytest.raises(RecordError, match="'quantity' holds 'many'"):
        Order.parse(record | {"quantity": "many"})
