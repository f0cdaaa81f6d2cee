"""A copy of the partner API's orders in the warehouse, and the watermark: how far it has come.

The API lists orders by `updated_at`. Rows and watermark move in one transaction, so that whoever
stops in the middle goes on there. What was updated at the watermark's own moment is read once more,
for another order of the same moment may have come after it; to read a row twice changes nothing.
"""

from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime
from operator import attrgetter
from typing import Any

from include.retail.orders import Order
from include.retail.records import Record, written

ORDERS, WATERMARKS = "marts.synced_orders", "marts.watermarks"
SOURCE = "shop_api/orders"
TABLES = [
    f"CREATE TABLE IF NOT EXISTS {ORDERS} (LIKE shop.orders, PRIMARY KEY (order_id))",
    f"""
    CREATE TABLE IF NOT EXISTS {WATERMARKS} (
        source text PRIMARY KEY, until timestamptz NOT NULL
    )
    """,
]

_COLUMNS = ", ".join(Order._fields)
_UPSERT = f"""
    INSERT INTO {ORDERS} AS kept ({_COLUMNS}) VALUES ({", ".join(["%s"] * len(Order._fields))})
    ON CONFLICT (order_id) DO UPDATE
    SET ({_COLUMNS}) = ROW ({", ".join(f"excluded.{column}" for column in Order._fields)})
    WHERE kept.updated_at <= excluded.updated_at
"""
_MOVE = f"""
    INSERT INTO {WATERMARKS} AS mark (source, until) VALUES (%s, %s)
    ON CONFLICT (source) DO UPDATE SET until = greatest(mark.until, excluded.until)
"""


def watermark(connect: Callable[[], Any]) -> str | None:
    """Return until when everything is copied, written as the API reads it; None at the start."""
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT until FROM {WATERMARKS} WHERE source = %s", [SOURCE])
        row: tuple[datetime] | None = cursor.fetchone()
    return written(row[0]) if row else None


def keep(connect: Callable[[], Any], page: Iterable[Record]) -> int:
    """Copy the orders of a page and move the watermark to the last, in one transaction.

    A newer version replaces an older one, never the other way round; nor does the watermark ever
    move back. So pages may come twice, and from two syncs at once.

    Args:
        connect: opens a connection to PostgreSQL, which is closed again.
        page: what the API lists, those that changed longest ago first.

    Returns:
        How many orders the page has.

    Raises:
        RecordError: a field is not what an order has; nothing of the page is kept.
    """
    # By number, so that two syncs cannot wait for each other.
    orders = sorted(map(Order.parse, page), key=attrgetter("order_id"))
    if orders:
        with closing(connect()) as connection, connection.cursor() as cursor:
            cursor.executemany(_UPSERT, orders)
            cursor.execute(_MOVE, [SOURCE, max(order.updated_at for order in orders)])
            connection.commit()
    return len(orders)
