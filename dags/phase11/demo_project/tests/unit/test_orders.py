"""Reading orders, from a fake: a function that answers as a database would, without one."""

from decimal import Decimal

from revenue.orders import Order, read_orders


def test_every_row_becomes_an_order():
    """The columns come in the order of the fields."""
    asked = []

    def fake_query(sql: str) -> list[tuple]:
        asked.append(sql)
        return [("DE", "web", "delivered", Decimal("1.00"))]

    assert read_orders(fake_query) == [Order("DE", "web", "delivered", Decimal("1.00"))]
    assert len(asked) == 1
