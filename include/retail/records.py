"""Reading a record, that is loose values under field names, gives typed values or a clear error.

A CSV row and a JSON object are both records. Each reader below takes the record and a field name,
so that every noun of the shop is read from a file, an API or a queue in the same words.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

Record = Mapping[str, object]

CENT = Decimal("0.01")


class RecordError(ValueError):
    """A field of a record is missing or cannot be read as what it should be."""

    def __init__(self, field: str, value: str, expected: str) -> None:
        super().__init__(f"Field '{field}' holds {value!r}; it must be {expected}.")
        self.field = field
        self.value = value
        self.expected = expected


def optional_text(record: Record, field: str) -> str | None:
    """Return the field's text without surrounding blanks, or None where there is none."""
    value = record.get(field)
    return (str(value).strip() or None) if value is not None else None


def text(record: Record, field: str) -> str:
    """Return the field's text; raise RecordError if it is missing or empty."""
    value = optional_text(record, field)
    if value is None:
        raise RecordError(field, "", "filled in")
    return value


def whole_number(record: Record, field: str) -> int:
    """Return the field as an integer of zero or more; raise RecordError otherwise."""
    value = text(record, field)
    if not (value.isascii() and value.isdigit()):
        raise RecordError(field, value, "a whole number such as 12")
    return int(value)


def money(record: Record, field: str) -> Decimal:
    """Return the field in EUR with exactly two decimals; raise RecordError otherwise."""
    value = text(record, field)
    expected = "an amount in EUR with at most two decimals, such as 12.50"
    try:
        amount = Decimal(value)
        cents = amount.quantize(CENT)
    except InvalidOperation:
        raise RecordError(field, value, expected) from None
    if cents != amount or amount < 0:
        raise RecordError(field, value, expected)
    return cents


def day(record: Record, field: str) -> date:
    """Return the field as a date; raise RecordError otherwise."""
    value = text(record, field)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise RecordError(field, value, "a date such as 2026-01-05") from None


def moment(record: Record, field: str) -> datetime:
    """Return the field as a point in time in UTC; raise RecordError if it has no time zone."""
    value = text(record, field)
    expected = "a time with its zone, such as 2026-01-05T08:30:00Z"
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise RecordError(field, value, expected) from None
    if at.tzinfo is None:
        raise RecordError(field, value, expected)
    return at.astimezone(UTC)


def yes_or_no(record: Record, field: str) -> bool:
    """Return the field as a bool; raise RecordError unless it is true or false."""
    value = text(record, field).lower()
    if value not in ("true", "false"):
        raise RecordError(field, value, "true or false")
    return value == "true"


def written(value: object) -> str:
    """Write one value the way the readers above read it: times in UTC with Z, nothing as ''."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)


def csv_text(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a CSV file's text: a head line, one line per row, lines ended by a bare newline."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([written(value) for value in row] for row in rows)
    return out.getvalue()
