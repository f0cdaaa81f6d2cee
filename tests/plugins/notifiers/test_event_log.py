"""The notifier that records events in the warehouse."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from tests.lessons import query

ROWS = "SELECT dag_id, task_id, event FROM marts.events WHERE run_id = %s"


@pytest.fixture
def contexts(lab: Lab) -> dict[str, Any]:
    """The context of a task, and what a deadline is given; the table has no row of them."""
    from plugins.notifiers.event_log import CREATE_TABLE

    with open_warehouse() as connection, connection.cursor() as cursor:
        cursor.execute(CREATE_TABLE)
        cursor.execute("DELETE FROM marts.events WHERE dag_id = 'd'")
    connection.close()
    task = {"dag": SimpleNamespace(dag_id="d"), "run_id": "r1", "ti": SimpleNamespace(task_id="t")}
    deadline = {"dag_run": {"dag_id": "d", "dag_run_id": "r2"}, "deadline": {}}
    return {"task": task, "deadline": deadline}


@pytest.fixture(autouse=True)
def warehouse(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection, for code that runs outside of a task."""
    import json

    from include.configuration.metadata import connections

    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(connections()["warehouse"]))


def test_event_of_a_task_is_one_row_however_often(contexts: dict[str, Any]) -> None:
    """The same event of the same task replaces its row."""
    from plugins.notifiers.event_log import EventLog

    for _ in range(2):
        EventLog("success").notify(contexts["task"])

    assert query(ROWS, "r1") == [("d", "t", "success")]


def test_deadline_is_recorded_for_the_run(contexts: dict[str, Any]) -> None:
    """Awaited in the triggerer, with the run as a dictionary, the event belongs to the run."""
    from plugins.notifiers.event_log import EventLog

    asyncio.run(EventLog("dag_deadline").async_notify(contexts["deadline"]))

    assert query(ROWS, "r2") == [("d", "", "dag_deadline")]
