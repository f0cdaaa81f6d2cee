"""Places that hold the same rows have the same fingerprint."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from include.retail.fingerprint import DifferentRowsError, Fingerprint, fingerprint, require_equal

ROWS = [(1, Decimal("2.50"), None), (2, Decimal("3.00"), "DE")]


def test_the_order_of_rows_does_not_count():
    """A table gives them back in any order."""
    assert fingerprint(ROWS) == fingerprint(reversed(ROWS))
    assert fingerprint(ROWS).rows == 2


@pytest.mark.parametrize(
    "other",
    [
        ROWS[:1],
        [*ROWS, ROWS[0]],
        [(1, Decimal("2.51"), None), ROWS[1]],
        [(1, Decimal("2.50"), "DE"), (2, Decimal("3.00"), None)],
    ],
    ids=["one missing", "one twice", "a cent more", "values swapped"],
)
def test_any_other_content_counts(other: list[tuple[object, ...]]):
    """A row less, a row twice, a changed value: each gives another fingerprint."""
    assert fingerprint(other) != fingerprint(ROWS)


def test_one_moment_has_one_fingerprint():
    """Whatever time zone a system writes it in."""
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    there = noon.astimezone(timezone(timedelta(hours=2)))
    assert fingerprint([(noon,)]) == fingerprint([(there,)])


def test_places_that_differ_are_named():
    """Each with its number of rows and the beginning of its fingerprint."""
    same, other = Fingerprint(2, "a" * 64), Fingerprint(3, "b" * 64)
    assert require_equal({"S3": same, "GCS": same}) == same
    with pytest.raises(
        DifferentRowsError, match=f"S3: 2 rows {'a' * 12}, Azure: 3 rows {'b' * 12}"
    ):
        require_equal({"S3": same, "Azure": other})
