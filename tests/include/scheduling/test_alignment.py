"""One logical date is mapped to another's, over both changes of the clock."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from include.scheduling.alignment import last_run

BERLIN = "Europe/Berlin"
SIX = time(6)


@pytest.mark.parametrize(
    ("day", "hour", "delta"),
    [
        ("2026-01-15", 5, 2),
        ("2026-03-28", 5, 2),
        ("2026-03-29", 4, 3),
        ("2026-03-30", 4, 3),
        ("2026-07-15", 4, 3),
        ("2026-10-24", 4, 3),
        ("2026-10-25", 5, 2),
        ("2026-10-26", 5, 2),
    ],
)
def test_six_in_berlin_as_seen_at_seven_utc(day: str, hour: int, delta: int):
    """Two hours before in winter, three in summer: no fixed distance is right all year."""
    seven = datetime.combine(date.fromisoformat(day), time(7), UTC)

    run = last_run(seven, SIX, BERLIN)

    assert run == datetime.combine(seven, time(hour), UTC)
    assert seven - run == timedelta(hours=delta)


@pytest.mark.parametrize(
    ("moment", "run"),
    [
        # Before today's run it is yesterday's; at its very moment it is today's.
        ("2026-01-15T04:59:59+00:00", "2026-01-14T05:00:00+00:00"),
        ("2026-01-15T05:00:00+00:00", "2026-01-15T05:00:00+00:00"),
        # The days before and of each change.
        ("2026-03-29T03:59:00+00:00", "2026-03-28T05:00:00+00:00"),
        ("2026-10-25T04:30:00+00:00", "2026-10-24T04:00:00+00:00"),
        # Other zones: the day there may be another than here.
        ("2026-01-15T23:30:00-05:00", "2026-01-15T05:00:00+00:00"),
    ],
)
def test_the_newest_run_not_after_the_moment(moment: str, run: str):
    """Wherever the moment is told."""
    assert last_run(datetime.fromisoformat(moment), SIX, BERLIN) == datetime.fromisoformat(run)


@pytest.mark.parametrize(
    ("moment", "run"),
    [
        ("2026-03-29T12:00:00+00:00", "2026-03-29T01:30:00+00:00"),
        ("2026-10-25T00:45:00+00:00", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T12:00:00+00:00", "2026-10-25T01:30:00+00:00"),
    ],
)
def test_a_time_that_is_left_out_or_comes_twice(moment: str, run: str):
    """Half past two does not exist in March and is there twice in October."""
    found = last_run(datetime.fromisoformat(moment), time(2, 30), BERLIN)

    assert found == datetime.fromisoformat(run)


def test_it_agrees_with_airflows_own_timetable():
    """On every day of a year, the run is the one that Airflow would have scheduled."""
    from airflow.timetables.trigger import CronTriggerTimetable

    timetable = CronTriggerTimetable("0 6 * * *", timezone=BERLIN)
    for number in range(365):
        seven = datetime(2026, 1, 1, 7, tzinfo=UTC) + timedelta(days=number)
        assert last_run(seven, SIX, BERLIN) == timetable._align_to_prev(seven)  # type: ignore[arg-type]


def test_a_moment_without_a_zone_is_refused():
    """It would be anybody's guess."""
    with pytest.raises(ValueError, match="has no time zone"):
        last_run(datetime(2026, 1, 1), SIX, BERLIN)  # noqa: DTZ001
    assert last_run(datetime(2026, 1, 1, 9, tzinfo=timezone(timedelta(hours=1))), SIX, BERLIN)
