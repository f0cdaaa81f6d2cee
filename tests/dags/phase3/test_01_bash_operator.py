"""Lesson 3.01: shell commands check a delivery, and a day without one is skipped."""

from datetime import UTC, date, datetime
from hashlib import sha256

import pytest
from airflow.exceptions import ParamValidationError

from include.data import seeds
from include.lab.settings import Lab
from include.retail.deliveries import parse_delivery
from tests.lessons import Run

DAG = "phase3_01_bash_operator"


def report_of(day: date) -> str:
    """The lesson's report, computed in Python from the seeds."""
    files = [path.read_bytes() for path in seeds.deliveries(day)]
    lines = [line for file in files for line in parse_delivery(file.decode(), "seed")]
    units = sum(line.quantity for line in lines)
    return f"units {units}\nsha256 {sha256(b''.join(files)).hexdigest()}\n"


def test_a_day_is_counted_and_its_checksum_is_the_last_line(run: Run, lab: Lab):
    """Shell and Python agree on the untouched run, and a second run leaves the same one file."""
    folder = lab.landing / DAG
    expected = report_of(date(2026, 1, 5))
    for _ in range(2):
        result = run(DAG)
        assert set(result.states.values()) == {"success"}
        assert f"sha256 {result.returned('check_delivery')}\n" in expected
        assert (folder / "2026-01-05.txt").read_text() == expected
        assert len([*folder.iterdir()]) == 1


def test_without_a_day_the_logical_date_counts(run: Run, lab: Lab):
    """An empty field leaves the word to {{ ds }}."""
    run(DAG, {"day": None}, logical_date=datetime(2026, 1, 9, tzinfo=UTC))
    report = lab.landing / DAG / "2026-01-09.txt"
    assert report.read_text() == report_of(date(2026, 1, 9))
    report.unlink()


def test_a_day_without_delivery_is_skipped(run: Run):
    """Exit code 99 skips the task and all after it; the run succeeds."""
    result = run(DAG, {"day": "2026-02-01"})
    assert result.state == "success"
    assert set(result.states.values()) == {"skipped"}


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "2026-01-05; rm -rf x", 5])
def test_what_is_no_day_is_refused_by_name(run: Run, day: object):
    """A bad day never reaches the shell."""
    with pytest.raises(ParamValidationError, match="param day"):
        run(DAG, {"day": day})
