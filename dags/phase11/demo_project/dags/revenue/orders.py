"""Reads the shop's orders from wherever it is told to."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import NamedTuple

SQL = "SELECT country, channel, status, amount FROM shop.orders"


class Order(NamedTuple):
    """What the report needs of one order."""

    country: str | None
    channel: str
    status: str
    amount: Decimal


def read_orders(query: Callable[[str], Iterable[tuple]]) -> list[Order]:
    """Return every order that `query` finds: a database's own function, or a fake one."""
    return [Order(*row) for row in query(SQL)]
