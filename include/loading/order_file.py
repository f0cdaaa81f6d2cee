"""A file of order versions goes into two tables, in one transaction.

`marts.loaded_orders` holds the newest version of each order, `marts.order_history` every version.
"""

import csv
import io
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from include.loading.bulk import copy_csv
from include.retail.orders import Order

ORDERS, HISTORY = "marts.loaded_orders", "marts.order_history"
TABLES = [
    f"""
    CREATE TABLE IF NOT EXISTS {ORDERS} (
        LIKE shop.orders INCLUDING CONSTRAINTS, PRIMARY KEY (order_id)
    )
    """,
    f"""
    CREATE TABLE IF NOT EXISTS {HISTORY} (
        LIKE shop.orders INCLUDING CONSTRAINTS, PRIMARY KEY (order_id, updated_at)
    )
    """,
]

_COLUMNS = ", ".join(Order._fields)
_NEW = ", ".join(f"excluded.{column}" for column in Order._fields)
_STAGE = f"""
    CREATE TEMPORARY TABLE staged ON COMMIT DROP AS SELECT {_COLUMNS} FROM shop.orders WITH NO DATA
"""
# A row that is already there is written only if it says something else, and never by an older one.
# Of two lines with the same key and time the later counts: ctid is the order of the file here.
_UPSERT_ORDERS = f"""
    INSERT INTO {ORDERS} AS kept ({_COLUMNS})
    SELECT DISTINCT ON (order_id) {_COLUMNS} FROM staged
    ORDER BY order_id, updated_at DESC, ctid DESC
    ON CONFLICT (order_id) DO UPDATE SET ({_COLUMNS}) = ROW ({_NEW})
    WHERE kept.updated_at <= excluded.updated_at AND kept IS DISTINCT FROM excluded
"""
_UPSERT_HISTORY = f"""
    INSERT INTO {HISTORY} AS kept ({_COLUMNS})
    SELECT DISTINCT ON (order_id, updated_at) {_COLUMNS} FROM staged
    ORDER BY order_id, updated_at, ctid DESC
    ON CONFLICT (order_id, updated_at) DO UPDATE SET ({_COLUMNS}) = ROW ({_NEW})
    WHERE kept IS DISTINCT FROM excluded
"""


class RefusedRowError(ValueError):
    """The database refused a row of a file, so it has kept none."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The database refused a row, so nothing of the file was kept: {reason}"
            " Correct that row, and load the whole file again."
        )


def load(connect: Callable[[], Any], content: str) -> dict[str, int]:
    """Put all rows of a CSV file into both tables, or none of them.

    Args:
        connect: opens a connection of psycopg 3, which is closed again.
        content: the file, its first line naming the columns of an order in their order.

    Returns:
        How many rows were `staged`, and how many of them were written to `orders` and `history`:
        what is there already is not written again.

    Raises:
        RefusedRowError: a value is of the wrong type, or breaks a rule of its table.
    """
    import psycopg

    with closing(connect()) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(_STAGE)
            staged = copy_csv(cursor, "staged", Order._fields, content)
            orders = cursor.execute(_UPSERT_ORDERS).rowcount
            history = cursor.execute(_UPSERT_HISTORY).rowcount
            connection.commit()
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            connection.rollback()
            raise RefusedRowError(str(error)) from error
    return {"staged": staged, "orders": orders, "history": history}


def spoil(content: str) -> str:
    """Return the file with one bad row: the older version of one order has a quantity of 0.

    COPY takes it and so does the table of orders, which wants the newer version; the history is
    the last to be written, and refuses it.

    Raises:
        ValueError: no order of the file has two versions.
    """
    rows = list(csv.DictReader(io.StringIO(content)))
    newest: dict[str, str] = {}
    for row in rows:
        newest[row["order_id"]] = max(row["updated_at"], newest.get(row["order_id"], ""))
    older = (row for row in rows if row["updated_at"] < newest[row["order_id"]])
    if (bad := next(older, None)) is None:
        raise ValueError("The file has no order with an older version, so none can be spoiled.")
    bad["quantity"] = "0"
    spoiled = io.StringIO()
    writer = csv.DictWriter(spoiled, Order._fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return spoiled.getvalue()


def race(connect: Callable[[], Any], content: str) -> dict[str, float]:
    """Return the seconds that the file's rows take by COPY, and by an INSERT for each row.

    Both fill a table that is gone with its transaction.
    """
    rows = list(csv.DictReader(io.StringIO(content)))
    values = [[row[column] or None for column in Order._fields] for row in rows]

    def by_copy(cursor: Any) -> None:
        copy_csv(cursor, "staged", Order._fields, content)

    def by_insert(cursor: Any) -> None:
        _insert(cursor, values)

    return {"copy": _seconds(connect, by_copy), "insert": _seconds(connect, by_insert)}


def _insert(cursor: Any, values: Sequence[Sequence[Any]]) -> None:
    places = ", ".join(["%s"] * len(Order._fields))
    for row in values:
        cursor.execute(f"INSERT INTO staged VALUES ({places})", row)


def _seconds(connect: Callable[[], Any], fill: Callable[[Any], None]) -> float:
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(_STAGE)
        began = time.perf_counter()
        fill(cursor)
        return round(time.perf_counter() - began, 3)
