"""When a page is passed on."""

from datetime import UTC, datetime, timedelta

import pytest

from include.alerting.escalation import is_due

RAISED = datetime(2026, 3, 24, 8, tzinfo=UTC)
AFTER = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("minutes", "acknowledged", "escalated", "due"),
    [
        (14.9, False, False, False),
        (15, False, False, True),
        (600, False, False, True),
        (600, True, False, False),
        (600, False, True, False),
    ],
)
def test_page_is_passed_on_once_and_only_if_nobody_took_it(
    minutes: float, acknowledged: bool, escalated: bool, due: bool
):
    """And not before its time."""
    now = RAISED + timedelta(minutes=minutes)
    assert is_due(RAISED, acknowledged, escalated, now, AFTER) is due
