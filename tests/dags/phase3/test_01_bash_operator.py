"""Lesson 3.01: shell commands check a delivery, and a day without one is skipped."""

import os
import subprocess
from copy import deepcopy
from datetime import date
from hashlib import sha256
from typing import Any

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
    """Shell and Python agree on the untouched run, which leaves one file."""
    folder = lab.landing / DAG
    expected = report_of(date(2026, 1, 5))

    result = run(DAG)

    assert set(result.states.values()) == {"success"}
    assert f"sha256 {result.returned('check_delivery')}\n" in expected
    assert [path.name for path in folder.iterdir()] == ["2026-01-05.txt"]
    assert (folder / "2026-01-05.txt").read_text() == expected


def test_without_a_day_the_logical_date_counts(bag: Any, lab: Lab):
    """An empty field is taken, and leaves the word to {{ ds }}: the report is of that day."""
    assert deepcopy(bag.dags[DAG].params.get_param("day")).resolve(None) is None
    find, count, check, report = bag.dags[DAG].tasks
    context = {"params": {"day": None}, "ds": "2026-01-09"}

    places = (find.bash_command, count.bash_command, check.env, report.env["DAY"])
    find_command, count_command, day, named = (find.render_template(p, context) for p in places)

    assert day == {"DAY": named} == {"DAY": "2026-01-09"}
    said = [
        subprocess.run(
            ["bash", "-c", command],
            cwd=lab.landing,
            env={**os.environ, **day},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.splitlines()
        for command in (find_command, count_command, check.bash_command)
    ]
    found, (units,), (*_, checksum) = said
    assert found == [f"2026-01-09/{path.name}" for path in seeds.deliveries(date(2026, 1, 9))]
    assert f"units {units}\nsha256 {checksum}\n" == report_of(date(2026, 1, 9))


def test_a_day_without_delivery_is_skipped(run: Run):
    """Exit code 99 skips the task and all after it; the run succeeds."""
    result = run(DAG, {"day": "2026-02-01"})

    assert result.state == "success"
    assert set(result.states.values()) == {"skipped"}
