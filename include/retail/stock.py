"""The stock of all products, and its last good snapshot in the warehouse."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from datetime import date
from typing import Any

from include.data.replace import replace_rows

TABLES = [
    """
    CREATE TABLE IF NOT EXISTS marts.stock_snapshot (
        product_id integer PRIMARY KEY, units integer NOT NULL, day date NOT NULL
    )
    """
]
_READ = "SELECT count(*), sum(units), max(day)::text FROM marts.stock_snapshot"


class NoSnapshotError(LookupError):
    """No snapshot was ever kept."""

    def __init__(self) -> None:
        super().__init__(
            "marts.stock_snapshot is empty, so there is nothing to fall back on; run once while "
            "the partner API answers."
        )


def keep_stock(connect: Callable[[], Any], stock: Iterable[Mapping[str, Any]], day: date) -> None:
    """Replace the snapshot by the partner API's `stock`, as it is on this day."""
    rows = [(item["product_id"], item["units"], day) for item in stock]
    replace_rows(connect, {"marts.stock_snapshot": rows})


def last_stock(connect: Callable[[], Any]) -> dict[str, Any]:
    """Return how many products and units the snapshot has, and of which day it is.

    Raises:
        NoSnapshotError: there is none.
    """
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(_READ)
        products, units, day = cursor.fetchone()
    if not products:
        raise NoSnapshotError
    return {"products": products, "units": units, "day": day}
