"""The tables that phase 14 keeps fresh: revenue by country, partner's stock, received orders."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from typing import Any

from include.data.replace import replace_rows

REVENUE, STOCK, RECEIVED = "marts.asset_revenue", "marts.asset_stock", "marts.asset_orders"
TABLES = f"""
    CREATE TABLE IF NOT EXISTS {REVENUE} (country text PRIMARY KEY, revenue numeric NOT NULL);
    CREATE TABLE IF NOT EXISTS {STOCK} (product_id integer PRIMARY KEY, units integer NOT NULL);
    CREATE TABLE IF NOT EXISTS {RECEIVED} (LIKE shop.orders, PRIMARY KEY (order_id))
"""
ADDED_UP = """
    SELECT coalesce(country, 'unknown'), sum(amount) FROM shop.orders
    WHERE status <> 'cancelled' GROUP BY 1 ORDER BY 1
"""


def add_up_revenue(connect: Callable[[], Any]) -> int:
    """Replace the revenue of each country; return of how many."""
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(ADDED_UP)
        rows = cursor.fetchall()
    replace_rows(connect, {REVENUE: rows})
    return len(rows)


def replace_stock(connect: Callable[[], Any], stock: Iterable[Mapping[str, Any]]) -> int:
    """Replace the stock by what the partner API says; return of how many products."""
    rows = [(item["product_id"], item["units"]) for item in stock]
    replace_rows(connect, {STOCK: rows})
    return len(rows)


def receive_orders(connect: Callable[[], Any], files: Iterable[str]) -> int:
    """Store the orders of CSV files, a known one replaced, all or none; return how many rows."""
    rows = [row for text in files for row in csv.DictReader(io.StringIO(text))]
    with closing(connect()) as connection, connection.cursor() as cursor:
        for row in rows:
            names, places = ", ".join(row), ", ".join(["%s"] * len(row))
            news = ", ".join(f"{name} = EXCLUDED.{name}" for name in row)
            cursor.execute(
                f"INSERT INTO {RECEIVED} ({names}) VALUES ({places}) "
                f"ON CONFLICT (order_id) DO UPDATE SET {news}",
                [value or None for value in row.values()],
            )
        connection.commit()
    return len(rows)


def shortages(connect: Callable[[], Any]) -> list[dict[str, int]]:
    """The products of which more is ordered, among received orders, than the partner has."""
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT product_id, sum(quantity), units
            FROM {RECEIVED} JOIN {STOCK} USING (product_id)
            GROUP BY product_id, units HAVING sum(quantity) > units ORDER BY product_id
            """
        )
        found = cursor.fetchall()
    return [dict(zip(("product_id", "ordered", "units"), row, strict=True)) for row in found]
