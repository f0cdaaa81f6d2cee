"""Retention, access and deadlines: what a rule says before a database keeps it."""

from datetime import date, timedelta

import pytest

from include.governance import access, retention
from include.quality import contract

GRANTS = [["analyst", "marts.x", "SELECT"], ["tenant_north", "marts.x", "INSERT, SELECT"]]


def test_what_expires_is_counted_in_days():
    """The day itself is kept; nothing that is yet to come can expire."""
    assert retention.expired_before(date(2026, 4, 1), 60) == date(2026, 1, 31)
    assert retention.expired_before(date(2026, 4, 1), 0) == date(2026, 4, 1)
    with pytest.raises(ValueError, match="keep_days: -1"):
        retention.expired_before(date(2026, 4, 1), -1)


def test_all_access_is_taken_back_by_name():
    """Each grant by a statement of its own."""
    assert access.revocations(GRANTS) == [
        'REVOKE ALL ON marts.x FROM "analyst"',
        'REVOKE ALL ON marts.x FROM "tenant_north"',
    ]


def test_data_is_late_by_what_is_beyond_the_promise():
    """Up to the deadline it is not; without one it never is."""
    promise = contract.load("orders")
    assert promise.deadline_minutes
    allowed = timedelta(minutes=promise.deadline_minutes)

    assert promise.late_by(allowed) == timedelta()
    assert promise.late_by(allowed + timedelta(hours=1)) == timedelta(hours=1)
    free = promise.model_copy(update={"deadline_minutes": None})
    assert free.late_by(timedelta(days=99)) == timedelta()
