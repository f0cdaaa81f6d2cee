"""When an alert that nobody takes is passed on."""

from datetime import datetime, timedelta


def is_due(
    raised_at: datetime, acknowledged: bool, escalated: bool, now: datetime, after: timedelta
) -> bool:
    """Whether to escalate: nobody has taken it for `after`, and it has not been passed on yet."""
    return not acknowledged and not escalated and now - raised_at >= after
