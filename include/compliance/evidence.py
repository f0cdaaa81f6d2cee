"""What the audit trail proves: who did what, who changed settings, who started which run.

The criteria are those of SOC 2 (AICPA, Trust Services Criteria 2017): CC6.1 and CC6.2 on logical
access, CC7.2 on watching for anomalies, CC8.1 on changes.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from include.compliance.audit_trail import COMPONENTS
from include.compliance.chain import Record

HEAD = "head.json"
"""The file that has the last record's number and hash."""

TEMPLATE = Path(__file__).with_name("evidence.html")


class Criterion(NamedTuple):
    """What an auditor asks, and which events answer it."""

    id: str
    asks: str
    events: re.Pattern[str]


CRITERIA = (
    Criterion("CC6.1", "Who logs in?", re.compile(r"login|logout|token")),
    Criterion("CC6.2", "Who changes users and roles?", re.compile(r"user|role|permission")),
    Criterion("CC7.2", "What failed, and was tried again?", re.compile(r"^failed$|up_for_retry")),
    Criterion(
        "CC8.1",
        "Who changes connections, variables, pools and Dags?",
        re.compile(r"^(post|patch|delete|bulk)_(connection|variable|pool|dag)"),
    ),
    Criterion("CC8.1", "Who starts, clears and marks runs?", re.compile(r"trigger_dag|clear|mark")),
)


class Report(NamedTuple):
    """What is told of a trail; numbers are those of its records."""

    records: int
    people: dict[str, dict[str, int]]
    changes: list[dict[str, Any]]
    criteria: list[dict[str, Any]]


def report(records: Sequence[Record]) -> Report:
    """Say who did what: counts by person, each change of a setting, records by criterion."""
    people: dict[str, Counter[str]] = {}
    for record in records:
        people.setdefault(record.entry.who, Counter())[record.entry.what] += 1
    settings = re.compile(r"_(connection|variable|pool)s?$")
    changes = [_row(one) for one in records if settings.search(one.entry.what)]
    criteria = []
    for criterion in CRITERIA:
        numbers = [one.number for one in records if criterion.events.search(one.entry.what)]
        criteria.append({"id": criterion.id, "asks": criterion.asks, "records": numbers})
    counts = {who: dict(counter.most_common()) for who, counter in sorted(people.items())}
    return Report(len(records), counts, changes, criteria)


def started_by_people(records: Sequence[Record]) -> dict[str, int]:
    """Return how many runs each person and each robot has started."""
    starts = Counter(one.entry.who for one in records if one.entry.what == "trigger_dag_run")
    starts.pop(COMPONENTS, None)
    return dict(sorted(starts.items()))


def site(found: Report, records: Sequence[Record]) -> dict[str, bytes]:
    """The files of a report: a page, every record as CSV, and the head, to be kept elsewhere."""
    from jinja2 import Environment

    template = Environment(autoescape=True).from_string(TEMPLATE.read_text())
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(("number", "at", "who", "what", "subject", "details", "hash"))
    writer.writerows((one.number, *one.entry, one.hash) for one in records)
    page = template.render(report=found, head=records[-1] if records else None)
    files = {"index.html": page, "trail.csv": table.getvalue()}
    if records:
        files[HEAD] = json.dumps({"number": records[-1].number, "hash": records[-1].hash})
    return {name: text.encode() for name, text in files.items()}


def _row(record: Record) -> dict[str, Any]:
    return {"number": record.number, **record.entry._asdict()}
