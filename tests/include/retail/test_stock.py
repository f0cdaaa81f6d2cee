"""The last good snapshot of the stock."""

from datetime import date

import pytest

from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.retail.stock import TABLES, NoSnapshotError, keep_stock, last_stock
from tests.lessons import query


@pytest.fixture(autouse=True)
def table(lab: Lab) -> None:
    """The table, without a snapshot."""
    with open_warehouse() as connection, connection.cursor() as cursor:
        for statement in TABLES:
            cursor.execute(statement)
        cursor.execute("DELETE FROM marts.stock_snapshot")
    connection.close()


def test_the_last_snapshot_is_told_with_its_day() -> None:
    """A newer one replaces it, products that are no longer sold included."""
    first = [{"product_id": 1, "units": 5, "sku": "A"}, {"product_id": 2, "units": 7, "sku": "B"}]
    keep_stock(open_warehouse, first, date(2026, 4, 1))
    assert last_stock(open_warehouse) == {"products": 2, "units": 12, "day": "2026-04-01"}

    keep_stock(open_warehouse, [{"product_id": 2, "units": 6}], date(2026, 4, 2))
    assert last_stock(open_warehouse) == {"products": 1, "units": 6, "day": "2026-04-02"}
    assert query("SELECT product_id, units FROM marts.stock_snapshot") == [(2, 6)]


def test_without_a_snapshot_there_is_no_fallback() -> None:
    """Nothing was ever kept: the error says so, and what to do."""
    with pytest.raises(NoSnapshotError, match="run once while the partner API answers"):
        last_stock(open_warehouse)
