"""Choosing the route of a batch of orders."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from include.retail.orders import Order
from include.retail.routing import EXPRESS_UP_TO, reasons_for_review, speed_of

AT = datetime(2026, 1, 5, tzinfo=UTC)
USUAL = Order(1, 1, 1, 1, Decimal("249.99"), "DE", "paid", "web", AT, AT)
LIMIT = Decimal(250)


def test_usual_orders_need_no_review() -> None:
    """Orders below the limit with a country pass, and so does a batch of none."""
    assert reasons_for_review([USUAL, USUAL], LIMIT) == []
    assert reasons_for_review([], LIMIT) == []


def test_each_doubtful_order_is_named_with_its_reason() -> None:
    """A missing country and a large amount are two reasons, even for the same order."""
    batch = [
        USUAL,
        USUAL._replace(order_id=2, amount=LIMIT),
        USUAL._replace(order_id=3, amount=Decimal("300.00"), country=None),
    ]
    assert reasons_for_review(batch, LIMIT) == [
        "Order 2 of 250 EUR is a large one.",
        "Order 3 has no country to send it to.",
        "Order 3 of 300.00 EUR is a large one.",
    ]


@pytest.mark.parametrize(
    ("orders", "speed"),
    [(1, "express"), (EXPRESS_UP_TO, "express"), (EXPRESS_UP_TO + 1, "standard")],
)
def test_size_decides_the_speed(orders: int, speed: str) -> None:
    """Up to the limit a batch is packed at once, above it waits."""
    assert speed_of(orders) == speed
