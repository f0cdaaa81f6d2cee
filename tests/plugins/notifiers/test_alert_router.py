"""The callback that raises alerts, in each of the places that call it."""

import asyncio
import json
import logging
from types import SimpleNamespace
from typing import Any

import pytest

from include.configuration.metadata import connections
from include.lab.settings import Lab
from tests.inbox import Inbox
from tests.lessons import query

ROW = "SELECT severity, team, task_id, run_id, title, detail FROM marts.alerts WHERE dag_id = %s"
LOG = "http://localhost:8080/dags/router_test/tasks/load"


@pytest.fixture
def inbox(lab: Lab, known_connections: None) -> Inbox:
    """Empty, with every connection for code that runs outside of a task, and no alert so far."""
    from plugins.hooks.alerts import AlertsHook

    AlertsHook().forget("router_test")
    inbox = Inbox(lab)
    inbox.clear()
    return inbox


def context(*tags: str, **more: Any) -> dict[str, Any]:
    """What a failed task hands to its callback."""
    from airflow.sdk import DAG

    return {
        "dag": DAG("router_test", schedule=None, tags=set(tags)),
        "run_id": "r1",
        "ti": SimpleNamespace(task_id="load", log_url=LOG),
        "exception": ValueError("no such table"),
        **more,
    }


def test_failed_task_is_told_to_its_team(inbox: Inbox) -> None:
    """The tag names it; the message has the error and leads to the task's log."""
    from plugins.notifiers.alert_router import AlertRouter

    AlertRouter("P3")(context("phase8", "team:sales"))

    (row,) = query(ROW, "router_test")
    assert row == ("P3", "sales", "load", "r1", "load failed", "no such table")
    (message,) = inbox.newest("slack")
    assert message["path"] == "#sales-alerts"
    assert LOG in str(message["content"]["blocks"])


def test_team_and_title_can_be_given(inbox: Inbox) -> None:
    """They are told as they are."""
    from plugins.notifiers.alert_router import AlertRouter

    AlertRouter("P3", team="platform", title="The shelf is empty")(context("team:sales"))

    (row,) = query(ROW, "router_test")
    assert row[1::3] == ("platform", "The shelf is empty")
    assert inbox.newest("slack")[0]["path"] == "#platform-alerts"


def test_failed_run_is_told_as_a_whole(inbox: Inbox) -> None:
    """As the Dag processor calls it: with a reason, and perhaps with some task."""
    from plugins.notifiers.alert_router import AlertRouter

    AlertRouter("P2")(context("team:sales", reason="task_failure"))

    (row,) = query(ROW, "router_test")
    assert row == ("P2", "sales", "", "r1", "a run of router_test failed", "task_failure")
    assert inbox.count() == {"slack": 1, "pager": 0, "mail": 1}


def test_late_run_is_told_by_the_triggerer(inbox: Inbox) -> None:
    """A deadline knows its run as a plain dictionary, and no tags."""
    from plugins.notifiers.alert_router import AlertRouter

    run = {"dag_id": "router_test", "dag_run_id": "r2"}
    asyncio.run(AlertRouter("P3", team="sales").async_notify({"dag_run": run, "deadline": {}}))

    (row,) = query(ROW, "router_test")
    assert row == ("P3", "sales", "", "r2", "a run of router_test is late", "")


def test_the_least_severe_is_only_logged(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    """It is recorded, and nobody is told."""
    from plugins.notifiers.alert_router import AlertRouter

    with caplog.at_level(logging.INFO, "plugins.hooks.alerts"):
        AlertRouter("P4")(context("team:sales"))

    assert "P4 router_test/load/P4 is raised." in caplog.text
    assert len(query(ROW, "router_test")) == 1
    assert sum(inbox.count().values()) == 0


def test_unknown_severity_is_refused_when_the_dag_is_read() -> None:
    """Not at night, when it would be needed."""
    from plugins.notifiers.alert_router import AlertRouter

    with pytest.raises(ValueError, match="severity 'P5' is unknown; write one of P1, P2, P3, P4"):
        AlertRouter("P5")


def test_alert_is_told_even_if_the_warehouse_is_down(
    lab: Lab, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be recorded then, so everybody is told at once; who is down too is logged."""
    from plugins.notifiers.alert_router import AlertRouter

    nobody = {"host": "127.0.0.1", "port": lab.port_base + 39}
    monkeypatch.setenv(
        "AIRFLOW_CONN_WAREHOUSE", json.dumps({**connections()["warehouse"], **nobody})
    )
    monkeypatch.setenv(
        "AIRFLOW_CONN_SMTP_DEFAULT", json.dumps({**connections()["smtp_default"], **nobody})
    )

    AlertRouter("P1")(context("team:sales"))

    assert inbox.count() == {"slack": 1, "pager": 1, "mail": 0}
    monkeypatch.undo()
    assert query(ROW, "router_test") == []


def test_refusal_is_kept_for_later(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that answers with an error has not been told; one without a connection neither."""
    from plugins.hooks.alerts import AlertsHook
    from plugins.notifiers.alert_router import AlertRouter

    wrong = {**connections()["pager"], "host": f"{connections()['pager']['host']}/../nowhere"}
    monkeypatch.setenv("AIRFLOW_CONN_PAGER", json.dumps(wrong))
    AlertRouter("P1")(context("team:sales"))
    errors = (
        "SELECT last_error FROM marts.alert_deliveries JOIN marts.alerts USING (alert_id) "
        "WHERE dag_id = 'router_test' AND sent_at IS NULL"
    )
    ((error,),) = query(errors)
    assert error.startswith("AirflowException: 40")

    monkeypatch.setenv("AIRFLOW_CONN_PAGER", json.dumps(connections()["pager"]))
    assert AlertsHook().send_pending() == 1
    assert query(errors) == []
    assert inbox.count()["pager"] == 1


def test_page_that_is_taken_in_the_inbox_is_not_escalated(inbox: Inbox) -> None:
    """The pager is asked before anything is passed on."""
    from datetime import timedelta

    from plugins.hooks.alerts import AlertsHook
    from plugins.notifiers.alert_router import AlertRouter

    AlertRouter("P1")(context("team:sales"))
    (waiting,) = AlertsHook().unanswered("router_test")
    assert AlertsHook().escalate_unanswered("router_test") == [], "not within fifteen minutes"

    inbox.answer("sales-on-call", waiting.incident_key)

    assert AlertsHook().unanswered("router_test") == []
    assert AlertsHook().escalate_unanswered("router_test", timedelta(0)) == []
    assert inbox.client.get("/pager/incidents").json()["incidents"][0]["status"] == "acknowledged"
