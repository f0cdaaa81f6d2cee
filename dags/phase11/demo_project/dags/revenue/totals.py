"""Adds up revenue."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from revenue.orders import Order

UNKNOWN = "unknown"


def revenue_by(group: str, orders: Iterable[Order]) -> dict[str, Decimal]:
    """Add up the amounts of each group, by its name; a cancelled order earns nothing."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for order in orders:
        if order.status != "cancelled":
            totals[getattr(order, group) or UNKNOWN] += order.amount
    return dict(sorted(totals.items()))
