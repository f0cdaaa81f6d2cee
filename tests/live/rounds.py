"""Every lesson, triggered untouched on the live scheduler, twice; and what each round left."""

from dataclasses import dataclass, field
from typing import Any

from include.curriculum import syllabus
from include.lab.settings import Lab
from plugins.hooks.audit_trail import PAGES
from tests.lessons import bucket, messages, models, query
from tests.live.rest import Rest

LESSONS = [lesson.id for lesson in syllabus.load().lessons if lesson.built()]
TOPICS = ("shop.orders", "shop.orders.dead")
TABLES = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = 'marts' AND table_name NOT IN ('events', 'alert_runs', 'audit_trail')
ORDER BY 1
"""


@dataclass(frozen=True)
class Round:
    """All lessons at once: each one's run, the state it ended in, and what all have left."""

    runs: dict[str, str]
    states: dict[str, str]
    why: str = field(repr=False)
    left: dict[str, Any] = field(repr=False)


def play(lab: Lab, rest: Rest) -> Round:
    """Trigger every lesson, and wait until nothing runs that any of them has started."""
    runs = {lesson: rest.trigger(lesson) for lesson in LESSONS}
    states = {lesson: rest.wait(lesson, run, 500, pause=2) for lesson, run in runs.items()}
    failed = [lesson for lesson, state in states.items() if state != "success"]
    why = "\n".join(rest.failures(lesson, runs[lesson]) for lesson in failed)
    rest.settle()
    return Round(runs, states, why, left_behind(lab))


def left_behind(lab: Lab) -> dict[str, Any]:
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
