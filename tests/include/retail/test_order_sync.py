"""Rows and watermark move together, and only forward."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from include.data import seeds
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.retail.order_sync import ORDERS, SOURCE, TABLES, WATERMARKS, keep, watermark
from include.retail.orders import Order, newest_orders
from include.retail.records import RecordError, written
from tests.lessons import query

FIRST, SECOND, *_ = sorted(newest_orders(seeds.orders()), key=lambda order: order.updated_at)


@pytest.fixture(autouse=True)
def nothing_copied(lab: Lab) -> Iterator[None]:
    """Both tables are there, and empty; what a test makes of them is not left to the lessons."""
    drop = f"DROP TABLE IF EXISTS {ORDERS}, {WATERMARKS}"
    change(drop, *TABLES)
    yield
    change(drop)


def change(*statements: str) -> None:
    with open_warehouse() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def page(*orders: Order) -> list[dict[str, Any]]:
    """The orders as the API writes them."""
    return [{name: written(value) for name, value in one._asdict().items()} for one in orders]


def copied() -> list[Order]:
    return [Order._make(row) for row in query(f"SELECT * FROM {ORDERS} ORDER BY updated_at")]


def test_at_the_start_there_is_no_watermark() -> None:
    """An empty page leaves it so."""
    assert keep(open_warehouse, []) == 0
    assert watermark(open_warehouse) is None


def test_a_page_moves_the_watermark_to_its_last_order() -> None:
    """It is written as the API reads it."""
    assert keep(open_warehouse, page(FIRST, SECOND)) == 2
    assert copied() == [FIRST, SECOND]
    assert watermark(open_warehouse) == written(SECOND.updated_at)


def test_a_page_may_come_twice_and_late() -> None:
    """Neither an older version nor an older watermark replaces a newer one."""
    newer = FIRST._replace(status="shipped", updated_at=SECOND.updated_at + timedelta(hours=1))
    keep(open_warehouse, page(SECOND, newer))
    keep(open_warehouse, page(SECOND, newer))
    keep(open_warehouse, page(FIRST))

    assert copied() == [SECOND, newer]
    assert watermark(open_warehouse) == written(newer.updated_at)


def test_a_page_with_a_bad_record_is_not_kept() -> None:
    """Not one of its orders, and the watermark stays; the error names the field."""
    keep(open_warehouse, page(FIRST))
    bad = {**page(SECOND)[0], "amount": "a lot"}

    with pytest.raises(RecordError, match="amount"):
        keep(open_warehouse, [*page(SECOND), bad])

    assert copied() == [FIRST]
    assert watermark(open_warehouse) == written(FIRST.updated_at)


def test_rows_and_watermark_are_one_transaction() -> None:
    """Where the watermark cannot move, no row stays."""
    change(f"ALTER TABLE {WATERMARKS} ADD CHECK (source <> '{SOURCE}')")

    with pytest.raises(Exception, match="violates check constraint"):
        keep(open_warehouse, page(FIRST))

    assert copied() == []
