"""The arithmetic, without a database and without Airflow."""

from decimal import Decimal

import pytest
from revenue.orders import Order
from revenue.totals import revenue_by

ORDERS = [
    Order("DE", "web", "delivered", Decimal("10.50")),
    Order("DE", "app", "shipped", Decimal("0.25")),
    Order("FR", "web", "cancelled", Decimal("99.00")),
    Order(None, "web", "delivered", Decimal("3.00")),
]


def test_amounts_of_a_group_are_added():
    """Two orders of one country make one total."""
    assert revenue_by("country", ORDERS)["DE"] == Decimal("10.75")


def test_a_cancelled_order_earns_nothing():
    """A country with nothing but a cancelled order has no total."""
    assert "FR" not in revenue_by("country", ORDERS)


def test_an_order_without_a_country_is_kept():
    """It counts as unknown: a total that loses money is wrong."""
    assert revenue_by("country", ORDERS)["unknown"] == Decimal("3.00")


@pytest.mark.parametrize("group", ["country", "channel"])
def test_every_grouping_adds_up_to_the_same(group: str):
    """However it is cut, the revenue is the same."""
    assert sum(revenue_by(group, ORDERS).values()) == Decimal("13.75")
