"""Where orders go that were taken in: the sound ones, and those in quarantine."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from include.data.replace import Rows, replace_rows
from include.resilience.quarantine import sort_out
from include.retail.orders import order_with_country
from include.retail.records import Record

TABLES = [
    """
    CREATE TABLE IF NOT EXISTS marts.sound_orders (
        order_id integer PRIMARY KEY, country text NOT NULL, amount numeric(10, 2) NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS marts.order_quarantine (
        record jsonb PRIMARY KEY, reason text NOT NULL
    )
    """,
]


def take_in(connect: Callable[[], Any], records: Iterable[Record]) -> dict[str, int]:
    """Replace both tables by these records, in one transaction; return how many went where."""
    good, refused = sort_out(records, order_with_country)
    tables: dict[str, Rows] = {
        "marts.sound_orders": [(one.order_id, one.country, one.amount) for one in good],
        "marts.order_quarantine": [(json.dumps(one.record), one.reason) for one in refused],
    }
    replace_rows(connect, tables)
    return {"good": len(good), "quarantined": len(refused)}
