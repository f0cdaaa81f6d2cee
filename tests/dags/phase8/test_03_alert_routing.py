"""`phase8_03_alert_routing`: who was told, by what each receiver got."""

import json
from collections import Counter
from typing import Any, NamedTuple

import pytest

from include.lab.settings import Lab
from tests.inbox import Inbox
from tests.lessons import Result, Run, query

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


class Told(NamedTuple):
    """A run, what was noted of its alerts, and how many messages of each kind had come."""

    result: Result
    deliveries: list[tuple[Any, ...]]
    count: dict[str, int]


@pytest.fixture(scope="module")
def fresh(run: Run, lab: Lab) -> Told:
    """A run that knows of no alert, and nobody has been told of any."""
    inbox = Inbox(lab)
    inbox.clear()
    return Told(run(LESSON, conf=FRESH), query(DELIVERIES, LESSON), inbox.count())


def test_each_severity_reaches_its_receivers(fresh: Told, lab: Lab) -> None:
    """Of the four failed checks, and nobody else; the run ends success."""
    result, inbox = fresh.result, Inbox(lab)

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


def test_a_repeated_alert_is_noted_and_not_told(fresh: Told, run: Run, lab: Lab) -> None:
    """The second run within the hour leaves every receiver and every delivery as it was."""
    again = run(LESSON, conf={"patience": 1})

    assert again.state == "success"
    assert Inbox(lab).count() == fresh.count
    assert query(DELIVERIES, LESSON) == fresh.deliveries
    assert [row[3] for row in again.returned("show_alerts")] == [2, 2, 2, 2]


def gone(lab: Lab, connection: dict[str, Any]) -> str:
    """The connection, with its service at a port where nobody answers."""
    host = f"http://127.0.0.1:{lab.port_base + 39}"
    return json.dumps({**connection, "host": host})


@pytest.mark.usefixtures("known_connections")
def test_a_receiver_that_is_down_is_told_later(
    run: Run, bag: Any, lab: Lab, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no channel for incidents nothing is lost: `send_pending` tells it later, once."""
    slack = {"conn_type": "slackwebhook", "password": "T000/B002/incidents"}
    with monkeypatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_SLACK_INCIDENTS", gone(lab, slack))
        result = run(LESSON, conf=FRESH)

    assert result.state == "success"
    missing = Counter({("slack", "#incidents", "P1"): 2})
    assert received(inbox) == EXPECTED - missing
    pending = [row[2] for row in query(DELIVERIES, LESSON) if not row[4]]
    assert pending == ["slack_incidents"] * 2
    send_pending = bag.dags[LESSON].get_task("send_pending").python_callable
    assert send_pending() == 2
    assert received(inbox) == EXPECTED
    assert send_pending() == 0
    assert received(inbox) == EXPECTED
