"""An order, which of its versions counts, and what it earns.

The shop records an order again whenever it changes, so a file of orders is a file of versions.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple, Self

from include.retail import records
from include.retail.records import Record

UNKNOWN_COUNTRY = "unknown"
NOT_SOLD = frozenset({"cancelled", "returned"})


class Order(NamedTuple):
    """One version of an order: `amount` is in EUR, both times are UTC."""

    order_id: int
    customer_id: int
    product_id: int
    quantity: int
    amount: Decimal
    country: str | None
    status: str
    channel: str
    ordered_at: datetime
    updated_at: datetime

    @property
    def revenue(self) -> Decimal:
        """What the shop earns by it, in EUR: nothing once it is cancelled or returned."""
        return Decimal("0.00") if self.status in NOT_SOLD else self.amount

    @classmethod
    def parse(cls, record: Record) -> Self:
        """Read an order from a CSV row or a JSON object; raise RecordError for a bad field."""
        return cls(
            order_id=records.whole_number(record, "order_id"),
            customer_id=records.whole_number(record, "customer_id"),
            product_id=records.whole_number(record, "product_id"),
            quantity=records.whole_number(record, "quantity"),
            amount=records.money(record, "amount"),
            country=records.optional_text(record, "country"),
            status=records.text(record, "status"),
            channel=records.text(record, "channel"),
            ordered_at=records.moment(record, "ordered_at"),
            updated_at=records.moment(record, "updated_at"),
        )


def order_with_country(record: Record) -> Order:
    """Read an order that can be taxed: its country is known; raise RecordError otherwise."""
    records.text(record, "country")
    return Order.parse(record)


class DaySales(NamedTuple):
    """What one day (UTC) sold: how many orders were kept, and their sum in EUR."""

    day: date
    orders: int
    revenue: Decimal


def orders_in(content: bytes) -> list[Order]:
    """Read every version of every order in a CSV file; raise RecordError for a bad field."""
    return [Order.parse(row) for row in csv.DictReader(content.decode().splitlines())]


def newest_orders(versions: Iterable[Order]) -> list[Order]:
    """Keep the newest version of every order, sorted by order id.

    Of two versions with the same `updated_at` the later in `versions` is kept.
    """
    oldest_first = sorted(versions, key=attrgetter("updated_at"))
    newest = {order.order_id: order for order in oldest_first}
    return sorted(newest.values(), key=attrgetter("order_id"))


def revenue_by_country(orders: Iterable[Order]) -> dict[str, Decimal]:
    """Sum the revenue in EUR per country code, sorted by it; no country counts as 'unknown'.

    Takes one version per order: pass versions through `newest_orders` first.
    """
    revenue: defaultdict[str, Decimal] = defaultdict(lambda: Decimal("0.00"))
    for order in orders:
        revenue[order.country or UNKNOWN_COUNTRY] += order.revenue
    return dict(sorted(revenue.items()))


def sales_of_day(orders: Iterable[Order], day: date) -> DaySales:
    """Add up what was ordered on one day (UTC) and neither cancelled nor returned.

    Takes one version per order: pass versions through `newest_orders` first.
    """
    sold = [
        order.revenue
        for order in orders
        if order.ordered_at.date() == day and order.status not in NOT_SOLD
    ]
    return DaySales(day, len(sold), sum(sold, Decimal("0.00")))
