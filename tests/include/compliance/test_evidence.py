"""What a trail proves."""

import json

from include.compliance import evidence
from include.compliance.chain import Entry, extend

EVENTS = [
    ("ada", "trigger_dag_run", "phase1_01 / run"),
    ("airflow", "running", "phase1_01 / run / greet"),
    ("airflow", "failed", "phase1_01 / run / greet"),
    ("ada", "patch_variable", ""),
    ("björn", "delete_connection", ""),
    ("björn", "clear_dag_run", "phase1_01 / run"),
]
RECORDS = list(
    extend(None, [Entry("2026-01-05T08:00:00Z", *event, "<details>") for event in EVENTS])
)


def test_says_who_did_what():
    """Each with the number of times."""
    assert evidence.report(RECORDS).people == {
        "ada": {"trigger_dag_run": 1, "patch_variable": 1},
        "airflow": {"running": 1, "failed": 1},
        "björn": {"delete_connection": 1, "clear_dag_run": 1},
    }


def test_names_each_change_of_a_setting():
    """With the record that proves it."""
    changes = evidence.report(RECORDS).changes

    assert [(one["number"], one["who"]) for one in changes] == [(4, "ada"), (5, "björn")]


def test_answers_what_an_auditor_asks():
    """By the numbers of records."""
    found = evidence.report(RECORDS).criteria

    answers = {(one["id"], one["asks"]): one["records"] for one in found}
    assert answers["CC7.2", "What failed, and was tried again?"] == [3]
    assert answers["CC8.1", "Who changes connections, variables, pools and Dags?"] == [4, 5]
    assert answers["CC8.1", "Who starts, clears and marks runs?"] == [1, 6]


def test_the_page_shows_it_and_runs_nothing_of_it():
    """What people wrote is text; the head stands beside the page."""
    pages = evidence.site(evidence.report(RECORDS), RECORDS)

    assert "&lt;details&gt;" in pages["index.html"].decode()
    assert "<details>" not in pages["index.html"].decode()
    assert len(pages["trail.csv"].decode().splitlines()) == 1 + len(RECORDS)
    assert json.loads(pages["head.json"]) == {"number": 6, "hash": RECORDS[-1].hash}


def test_an_empty_trail_has_a_page_too():
    """And no head."""
    assert set(evidence.site(evidence.report([]), [])) == {"index.html", "trail.csv"}
