"""A delivery file: what one supplier delivered on one day, one product per line.

A file is taken whole or not at all: the first thing wrong in it raises a DeliveryError.
"""

import csv
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from include.retail import records
from include.retail.records import RecordError


class DeliveryLine(NamedTuple):
    """Units of one product that arrived; `unit_cost` in EUR, the time is UTC."""

    sku: str
    quantity: int
    unit_cost: Decimal
    delivered_at: datetime


class DeliveryError(ValueError):
    """A delivery file cannot be read: names the file, line, column and what stands there."""

    def __init__(self, file: str, line: int, column: str, value: str, expected: str) -> None:
        super().__init__(
            f"{file}, line {line}, column '{column}': {value!r} must be {expected};"
            " ask the supplier to send the file again."
        )
        self.file = file
        self.line = line
        self.column = column
        self.value = value
        self.expected = expected


def parse_delivery(content: str, file: str) -> list[DeliveryLine]:
    """Return the lines of a delivery; `file` is its name, for the error.

    Raises DeliveryError if a column is missing, a line ends early or a value cannot be read.
    """
    rows = csv.reader(content.splitlines())
    head = next(rows, [])
    for column in DeliveryLine._fields:
        if column not in head:
            raise DeliveryError(file, 1, column, ",".join(head), f"a head line with '{column}'")
    lines = []
    for row in rows:
        number = rows.line_num
        if len(row) != len(head):
            column = head[min(len(row), len(head) - 1)]
            raise DeliveryError(file, number, column, ",".join(row), f"{len(head)} values")
        record = dict(zip(head, row, strict=True))
        try:
            lines.append(
                DeliveryLine(
                    sku=records.text(record, "sku"),
                    quantity=records.whole_number(record, "quantity"),
                    unit_cost=records.money(record, "unit_cost"),
                    delivered_at=records.moment(record, "delivered_at"),
                )
            )
        except RecordError as error:
            raise DeliveryError(file, number, error.field, error.value, error.expected) from error
    return lines


def total_cost(lines: Iterable[DeliveryLine]) -> Decimal:
    """Return what a delivery costs in EUR."""
    return sum((line.quantity * line.unit_cost for line in lines), Decimal("0.00"))
