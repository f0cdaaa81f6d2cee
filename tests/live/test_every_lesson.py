"""Every lesson, triggered untouched on the live scheduler, twice."""

from typing import Any

import pytest

from include.curriculum import syllabus
from include.lab.settings import Lab
from plugins.hooks.audit_trail import PAGES
from tests.lessons import bucket, messages, models, query
from tests.live.rest import Rest

LESSONS = [lesson.id for lesson in syllabus.load().lessons if lesson.built()]


def test_lists_exactly_the_lessons(rest: Rest) -> None:
    """The list shows each built lesson and its helpers, nothing else, and no import error."""
    listed = {dag["dag_id"] for dag in rest.get("dags", limit=500)["dags"]}

    assert rest.get("importErrors")["import_errors"] == []
    assert {dag_id.split("__")[0] for dag_id in listed} == set(LESSONS)
    assert listed >= set(LESSONS)


def test_every_component_is_healthy(rest: Rest) -> None:
    """Airflow calls its database and each of its components healthy."""
    health = rest.get("monitor/health")

    assert {name: facts["status"] for name, facts in health.items()} == dict.fromkeys(
        ("metadatabase", "scheduler", "triggerer", "dag_processor"), "healthy"
    )


def _left_behind(lab: Lab) -> dict[str, Any]:
    """What lessons leave for a person to look at; logs that grow with each run apart."""
    tables = [name for (name,) in query(TABLES)]
    rows = {name: sorted(map(str, query(f"SELECT * FROM marts.{name}"))) for name in tables}
    landing = {
        path.relative_to(lab.landing): path.read_bytes()
        for path in lab.landing.rglob("*")
        if path.is_file()
    }
    gcs = {file: file.read_bytes() for file in (lab.home / "gcs").rglob("*.csv")}
    sent = {topic: sorted(message.value() for message in messages(topic)) for topic in TOPICS}
    lake = {key: body for key, body in bucket("lake").items() if not key.startswith(PAGES)}
    files = {"lake": lake, "landing": landing, "gcs": gcs}
    return {"rows": rows, **files, "messages": sent, "models": models()}


TOPICS = ("shop.orders", "shop.orders.dead")
TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'marts' AND table_name NOT IN ('events', 'alert_runs', 'audit_trail')
ORDER BY 1
"""


@pytest.mark.timeout(1800)
def test_each_ends_in_success_and_leaves_the_same_state_twice(lab: Lab, rest: Rest) -> None:
    """All lessons at once, untouched: success; again: success, and nothing has changed."""
    left = []
    for _ in range(2):
        runs = {lesson: rest.trigger(lesson) for lesson in LESSONS}
        ended = {lesson: rest.wait(lesson, run, 500, pause=2) for lesson, run in runs.items()}
        assert ended == dict.fromkeys(LESSONS, "success"), "\n".join(
            rest.failures(lesson, runs[lesson]) for lesson in LESSONS
        )
        rest.settle()
        left.append(_left_behind(lab))

    first, second = left
    assert all(first.values())
    for kind, there in first.items():
        assert second[kind] == there, kind
