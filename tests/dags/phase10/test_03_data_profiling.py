"""`phase10_03_data_profiling`: the month that drifted is told, the ordinary one is silent."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from plugins.hooks.alerts import AlertsHook
from tests.inbox import Inbox
from tests.lessons import Run, lake, query

LESSON = "phase10_03_data_profiling"
PLACE = "phase10/03_data_profiling/"
PROFILES = 'SELECT * FROM marts.data_profiles ORDER BY month, "column"'
ALERTS = "SELECT severity, team, title FROM marts.alerts WHERE dag_id = %s"


@pytest.fixture
def alerts(known_connections: None) -> Iterator[AlertsHook]:
    """No alert of the lesson is known: one of an earlier test would not be told again."""
    alerts = AlertsHook()
    alerts.forget(LESSON)
    yield alerts
    alerts.forget(LESSON)


def test_the_month_that_drifted_is_told(
    run: Run, bag: Any, inbox: Inbox, alerts: AlertsHook
) -> None:
    """In the team's channel and its mail, with the columns; another run tells nobody again."""
    result = run(LESSON)

    assert result.state == "success"
    assert result.returned("is_drift") == ["quantity", "amount", "channel"]
    assert len(query(PROFILES)) == 10
    page = lake(PLACE)["index.html"].decode()
    assert "Drift in quantity, amount, channel." in page
    assert page.count("<svg") == 5
    address = result.returned("publish_report")
    assert address.endswith(f"/lake/{PLACE}index.html")

    tell_again = bag.dags[LESSON].get_task("tell_team").python_callable
    task = SimpleNamespace(dag_id=LESSON, task_id="tell_team", run_id="another")
    title = tell_again(result.returned("is_drift"), address, task, {"month": "2026-03"})

    assert title == "orders of 2026-03 have drifted: quantity, amount, channel"
    assert query(ALERTS, LESSON) == [("P2", "sales", title)]
    (slack,), (mail,) = inbox.newest("slack"), inbox.newest("mail")
    assert slack["path"] == "#sales-alerts"
    assert title in slack["content"]["text"]
    assert mail["path"] == "sales-team@shop.example"
    assert title in mail["content"]["subject"]


def test_the_ordinary_month_is_silent(run: Run, inbox: Inbox, alerts: AlertsHook) -> None:
    """The page says that nothing has drifted, and nobody is told."""
    result = run(LESSON, conf={"month": "2026-02"})

    assert result.state == "success"
    assert result.states["tell_team"] == "skipped"
    assert inbox.count() == dict.fromkeys(("slack", "pager", "mail"), 0)
    assert query(ALERTS, LESSON) == []
    assert b"No column has drifted." in lake(PLACE)["index.html"]
    assert {row[0] for row in query(PROFILES)} == {"2026-01", "2026-02"}
