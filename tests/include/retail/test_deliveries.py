"""Reading the files that suppliers deliver."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from include.retail.deliveries import DeliveryError, DeliveryLine, parse_delivery, total_cost

HEAD = "sku,quantity,unit_cost,delivered_at"
GOOD = "SKU-1001,10,2.50,2026-01-05T06:00:00Z"


def test_a_delivery_is_read_line_by_line():
    """Each line becomes typed values, and the cost of all can be summed."""
    lines = parse_delivery(f"{HEAD}\n{GOOD}\nSKU-1002,1,0.10,2026-01-05T06:00:00Z\n", "a.csv")
    arrived = datetime(2026, 1, 5, 6, tzinfo=UTC)
    assert lines == [
        DeliveryLine("SKU-1001", 10, Decimal("2.50"), arrived),
        DeliveryLine("SKU-1002", 1, Decimal("0.10"), arrived),
    ]
    assert total_cost(lines) == Decimal("25.10")


def test_a_delivery_of_nothing_costs_nothing():
    """A file with a head line only is valid and empty."""
    assert parse_delivery(HEAD + "\n", "a.csv") == []
    assert total_cost([]) == 0


@pytest.mark.parametrize(
    ("broken", "column", "value"),
    [
        ("SKU-1002,a dozen,0.10,2026-01-05T06:00:00Z", "quantity", "a dozen"),
        ("SKU-1002,1,free,2026-01-05T06:00:00Z", "unit_cost", "free"),
        ("SKU-1002,1,0.10,2026-01-05T06:0", "delivered_at", "2026-01-05T06:0"),
        (",1,0.10,2026-01-05T06:00:00Z", "sku", ""),
        ("SKU-1002,1", "unit_cost", "SKU-1002,1"),
        ("", "sku", ""),
        (f"{GOOD},extra", "delivered_at", f"{GOOD},extra"),
    ],
)
def test_a_broken_line_is_named(broken: str, column: str, value: str):
    """The error names the file, the line, the column and what stands there."""
    with pytest.raises(DeliveryError) as error:
        parse_delivery(f"{HEAD}\n{GOOD}\n{broken}\n{GOOD}\n", "acme.csv")
    found = error.value
    assert (found.file, found.line, found.column, found.value) == ("acme.csv", 3, column, value)
    assert str(found).startswith(f"acme.csv, line 3, column '{column}': {value!r} must be ")


@pytest.mark.parametrize(
    ("content", "column"), [("", "sku"), ("sku,quantity,delivered_at\n", "unit_cost")]
)
def test_a_missing_column_is_named(content: str, column: str):
    """A file without a needed column is refused at its head line."""
    with pytest.raises(DeliveryError, match=rf"line 1, column '{column}'"):
        parse_delivery(content, "acme.csv")
