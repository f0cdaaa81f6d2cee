"""Which run of a Dag belongs to a moment, across time zones and the change to summer time."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def last_run(moment: datetime, at: time, zone: str) -> datetime:
    """Return the newest moment, not after this one, at which clocks in the zone showed `at`.

    It is the logical date of the latest run of a Dag that runs daily at that time of that zone.
    Where clocks show a time twice, its second time counts only for a moment after it. A time that
    they leave out counts as the same number of minutes after the change: 02:30 is then 03:30.

    Args:
        moment: with its time zone.
        at: a time of day, without a zone.
        zone: such as Europe/Berlin.

    Returns:
        The moment in UTC.

    Raises:
        ValueError: `moment` has no time zone.
        zoneinfo.ZoneInfoNotFoundError: there is no such zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"moment {moment} has no time zone; add one, such as UTC")
    place = ZoneInfo(zone)
    today = moment.astimezone(place).date()
    runs = [
        datetime.combine(today - timedelta(days=days), at, place).replace(fold=fold).astimezone(UTC)
        for days in (0, 1)
        for fold in (0, 1)
    ]
    return max(run for run in runs if run <= moment)
