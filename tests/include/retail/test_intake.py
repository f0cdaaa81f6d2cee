"""Where orders go that were taken in."""

from typing import Any

import pytest

from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.retail.intake import TABLES, take_in
from tests.lessons import query

ORDER: dict[str, Any] = {
    "order_id": 1,
    "customer_id": 2,
    "product_id": 3,
    "quantity": 1,
    "amount": "9.50",
    "country": "IT",
    "status": "paid",
    "channel": "web",
    "ordered_at": "2026-04-01T08:00:00Z",
    "updated_at": "2026-04-01T09:00:00Z",
}


@pytest.fixture(autouse=True)
def tables(lab: Lab) -> None:
    """Both tables are there."""
    with open_warehouse() as connection, connection.cursor() as cursor:
        for statement in TABLES:
            cursor.execute(statement)
    connection.close()


def test_a_mended_order_leaves_the_quarantine() -> None:
    """An order stands in one of the tables, never in both; the record is kept as it came."""
    nowhere = {**ORDER, "order_id": 2, "country": None}
    odd = {**ORDER, "order_id": "two"}

    counts = take_in(open_warehouse, [ORDER, nowhere, odd])

    assert counts == {"good": 1, "quarantined": 2}
    aside = query("SELECT record, reason FROM marts.order_quarantine ORDER BY reason")
    assert [record for record, _ in aside] == [nowhere, odd]
    assert "'country'" in aside[0][1]
    assert "'order_id'" in aside[1][1]

    mended = {**nowhere, "country": "AT"}
    counts = take_in(open_warehouse, [ORDER, mended])

    assert counts == {"good": 2, "quarantined": 0}
    assert query("SELECT order_id, country FROM marts.sound_orders ORDER BY 1") == [
        (1, "IT"),
        (2, "AT"),
    ]
    assert query("SELECT count(*) FROM marts.order_quarantine") == [(0,)]
