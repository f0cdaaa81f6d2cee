"""Reading typed fields out of loose records."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from include.retail import records
from include.retail.records import RecordError


@pytest.mark.parametrize(
    ("reader", "value", "read"),
    [
        (records.text, " DE ", "DE"),
        (records.optional_text, "", None),
        (records.optional_text, None, None),
        (records.whole_number, "12", 12),
        (records.whole_number, 12, 12),
        (records.money, "12.5", Decimal("12.50")),
        (records.money, 12, Decimal("12.00")),
        (records.day, "2026-01-05", date(2026, 1, 5)),
        (records.moment, "2026-01-05T08:30:00Z", datetime(2026, 1, 5, 8, 30, tzinfo=UTC)),
        (records.moment, "2026-01-05T09:30:00+01:00", datetime(2026, 1, 5, 8, 30, tzinfo=UTC)),
        (records.yes_or_no, "false", False),
        (records.yes_or_no, True, True),
    ],
)
def test_a_value_is_read_as_what_it_means(reader, value, read):
    """Text from a CSV file and values from JSON become the same typed value."""
    assert reader({"field": value}, "field") == read


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (records.text, " "),
        (records.text, None),
        (records.whole_number, "twelve"),
        (records.whole_number, "-1"),
        (records.whole_number, "1.5"),
        (records.whole_number, "²"),
        (records.money, "12.345"),
        (records.money, "-1.00"),
        (records.money, "NaN"),
        (records.money, "Infinity"),
        (records.money, "cheap"),
        (records.day, "5 January"),
        (records.moment, "2026-01-05T08:30:00"),
        (records.moment, "yesterday"),
        (records.yes_or_no, "maybe"),
    ],
)
def test_what_cannot_be_read_is_named(reader, value):
    """The error names the field and shows the value."""
    with pytest.raises(RecordError) as error:
        reader({"field": value}, "field")
    assert error.value.field == "field"
    assert "Field 'field' holds " in str(error.value)
    assert repr((value or "").strip()) in str(error.value)


def test_a_missing_field_is_named():
    """A field that is not there at all is an error like an empty one."""
    with pytest.raises(RecordError, match=r"Field 'amount' holds ''; it must be filled in\."):
        records.money({}, "amount")


def test_rows_are_written_as_they_are_read():
    """Times get a Z, true is lower case, nothing is empty, and commas are quoted."""
    at = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
    rows = [(1, "a, b", None, True, Decimal("2.50"), at, date(2026, 1, 5))]
    assert records.csv_text("abcdefg", rows) == (
        'a,b,c,d,e,f,g\n1,"a, b",,true,2.50,2026-01-05T08:30:00Z,2026-01-05\n'
    )
