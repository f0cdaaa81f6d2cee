"""`phase8_03_alert_routing`: who was told, by what each receiver got."""

import json
from collections import Counter
from typing import Any

import pytest

from include.lab.settings import Lab
from tests.inbox import Inbox
from tests.lessons import Run, query

LESSON = "phase8_03_alert_routing"
FRESH = {"patience": 1, "forget": True}
"""Alerts of earlier tests are forgotten, and nobody is waited for."""

DELIVERIES = """
SELECT severity, channel, address, escalated, sent_at IS NOT NULL, attempts
FROM marts.alerts JOIN marts.alert_deliveries USING (alert_id) WHERE dag_id = %s ORDER BY 1, 2, 3, 4
"""


def received(inbox: Inbox) -> Counter[tuple[str, str, str]]:
    """Kind, address and severity of every message that has come."""
    titles = {
        "slack": lambda content: content["text"],
        "pager": lambda content: content["payload"]["summary"],
        "mail": lambda content: content["subject"],
    }
    return Counter(
        (kind, one["path"], title(one["content"]).partition("[")[2][:2])
        for kind, title in titles.items()
        for one in inbox.newest(kind)
    )


EXPECTED = Counter(
    {
        ("pager", "sales-on-call", "P1"): 1,
        ("slack", "#incidents", "P1"): 2,
        ("mail", "leadership@shop.example", "P1"): 1,
        ("slack", "#sales-alerts", "P2"): 1,
        ("mail", "sales-team@shop.example", "P2"): 1,
        ("slack", "#sales-alerts", "P3"): 1,
        ("pager", "head-of-data", "P1"): 1,
    }
)
"""Each severity's receivers; the head of data, and #incidents again, because nobody answered."""


def test_each_severity_reaches_its_receivers(run: Run, inbox: Inbox) -> None:
    """Of the four failed checks, and nobody else; the run ends success."""
    result = run(LESSON, conf=FRESH)

    assert result.state == "success"
    failed = {name for name, state in result.states.items() if state == "failed"}
    assert failed == {name for name in result.states if name.startswith("checks.")}
    assert received(inbox) == EXPECTED
    assert result.returned("escalate") == [f"{LESSON}/checks.orders_come_in/P1"]
    assert [row[0] for row in result.returned("show_alerts")] == ["P1", "P2", "P3", "P4"]
    (page,) = (one["content"] for one in inbox.newest("pager") if one["path"] == "sales-on-call")
    assert page["payload"]["severity"] == "critical"
    assert page["payload"]["source"] == LESSON
    assert "tasks/checks.orders_come_in" in page["links"][0]["href"]
    mail = inbox.newest("mail")[-1]["content"]
    assert "Test failed" in mail["html"]
    assert "Test failed" in mail["text"]


def test_a_repeated_alert_is_noted_and_not_told(run: Run, inbox: Inbox) -> None:
    """The second run within the hour leaves every receiver and every delivery as it was."""
    run(LESSON, conf=FRESH)
    before, deliveries = inbox.count(), query(DELIVERIES, LESSON)

    again = run(LESSON, conf={"patience": 1})

    assert again.state == "success"
    assert inbox.count() == before
    assert query(DELIVERIES, LESSON) == deliveries
    assert [row[3] for row in again.returned("show_alerts")] == [2, 2, 2, 2]


def gone(lab: Lab, connection: dict[str, Any]) -> str:
    """The connection, with its service at a port where nobody answers."""
    host = f"http://127.0.0.1:{lab.port_base + 39}"
    return json.dumps({**connection, "host": host})


def test_a_receiver_that_is_down_is_told_later(
    run: Run, lab: Lab, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no channel for incidents, nothing is lost: the next run tells it, once."""
    slack = {"conn_type": "slackwebhook", "password": "T000/B002/incidents"}
    monkeypatch.setenv("AIRFLOW_CONN_SLACK_INCIDENTS", gone(lab, slack))

    result = run(LESSON, conf=FRESH)

    assert result.state == "success"
    missing = Counter({("slack", "#incidents", "P1"): 2})
    assert received(inbox) == EXPECTED - missing
    pending = [row[2] for row in query(DELIVERIES, LESSON) if not row[4]]
    assert pending == ["slack_incidents"] * 2

    monkeypatch.delenv("AIRFLOW_CONN_SLACK_INCIDENTS")
    for _ in range(2):
        assert run(LESSON, conf={"patience": 1}).state == "success"
        assert received(inbox) == EXPECTED


def test_wrong_patience_is_refused_by_name(run: Run, inbox: Inbox) -> None:
    """Nobody is told of anything."""
    with pytest.raises(ValueError, match="patience"):
        run(LESSON, conf={"patience": 0})
    assert sum(inbox.count().values()) == 0
