"""Loads the seeds into the warehouse's schema `shop`, and makes the empty schema `marts`.

Rows that already are as they should be are not written again, so a load on every start costs
little, and tables of `marts` may refer to `shop`.
"""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from include.data import seeds
from include.retail.clickstream import Click
from include.retail.customers import Customer
from include.retail.orders import Order, newest_orders
from include.retail.products import Product, Supplier
from include.retail.records import csv_text
from include.retail.reviews import Review

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

SCHEMA = Path(__file__).with_name("warehouse.sql")


class Table(NamedTuple):
    """A table of `shop` with its rows; the first column is its key."""

    name: str
    columns: tuple[str, ...]
    rows: Iterable[tuple[object, ...]]


def load(connection: "Connection") -> dict[str, int]:
    """Set schema `shop` to the seeds, in one transaction; return each table's number of rows.

    Rows that somebody added, changed or deleted in `shop` are set back; `marts` is left alone.
    """
    tables = _tables()
    with connection, connection.cursor() as cursor:
        cursor.execute(SCHEMA.read_text(encoding="utf-8"))
        # Children first, so that no row is deleted that another still refers to.
        for table in reversed(tables):
            _stage(cursor, table)
            _delete_others(cursor, table)
        for table in tables:
            _upsert(cursor, table)
        counts = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM shop.{table.name}")
            (counts[table.name],) = cursor.fetchone()
    return counts


def _tables() -> list[Table]:
    """Return the tables with their rows, each after those that it refers to."""
    versions = seeds.orders()
    return [
        Table("suppliers", Supplier._fields, seeds.suppliers()),
        Table("products", Product._fields, seeds.products()),
        Table("customers", Customer._fields, seeds.customers()),
        Table("orders", Order._fields, newest_orders(versions)),
        Table(
            "order_versions",
            ("line", *Order._fields),
            ((line, *version) for line, version in enumerate(versions, 1)),
        ),
        Table("reviews", Review._fields, seeds.reviews()),
        Table("clickstream", Click._fields, seeds.clickstream()),
    ]


def _stage(cursor: "Cursor", table: Table) -> None:
    """Copy the rows into a table of this transaction only."""
    columns = ", ".join(table.columns)
    cursor.execute(
        f"CREATE TEMPORARY TABLE seed_{table.name} ON COMMIT DROP AS"
        f" SELECT {columns} FROM shop.{table.name} WITH NO DATA"
    )
    cursor.copy_expert(
        f"COPY seed_{table.name} ({columns}) FROM STDIN WITH (FORMAT csv, HEADER)",
        io.StringIO(csv_text(table.columns, table.rows)),
    )


def _delete_others(cursor: "Cursor", table: Table) -> None:
    key = table.columns[0]
    cursor.execute(
        f"DELETE FROM shop.{table.name} kept WHERE NOT EXISTS"
        f" (SELECT FROM seed_{table.name} seed WHERE seed.{key} = kept.{key})"
    )


def _upsert(cursor: "Cursor", table: Table) -> None:
    key = table.columns[0]
    columns = ", ".join(table.columns)
    kept = ", ".join(f"kept.{column}" for column in table.columns)
    seed = ", ".join(f"excluded.{column}" for column in table.columns)
    cursor.execute(
        f"INSERT INTO shop.{table.name} AS kept ({columns})"
        f" SELECT {columns} FROM seed_{table.name}"
        f" ON CONFLICT ({key}) DO UPDATE SET ({columns}) = ROW ({seed})"
        f" WHERE ({kept}) IS DISTINCT FROM ({seed})"
    )
