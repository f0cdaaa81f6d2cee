"""A lesson whose service is down: a clear error, nothing half-written, and it can be repeated."""

import json
from datetime import timedelta
from typing import Any

import pytest

from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from tests.lessons import Run, query

LESSON = "phase5_02_pools_priority"


def test_failed_task_names_the_service(
    run: Run, bag: Any, lab: Lab, monkeypatch: pytest.MonkeyPatch, hints: list[str]
) -> None:
    """With no warehouse there, the lesson fails, says what to start, and writes nothing."""
    with open_warehouse() as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS marts.supplier_stock")
    connection.close()
    nobody = lab.port_base + 39
    gone = {"conn_type": "postgres", "host": "127.0.0.1", "port": nobody, "schema": "warehouse"}
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(gone))
    monkeypatch.setattr(bag.dags[LESSON].get_task("audit_stock"), "retry_delay", timedelta(0))

    result = run(LESSON)

    assert result.state == "failed"
    suppliers = sorted(result.states.keys() - {"audit_stock"})
    assert len(suppliers) == 5
    assert len(hints) == 3, "one for each try of the first task"
    assert "Service 'postgres' (connection 'warehouse') does not answer" in hints[0]
    assert "make up" in hints[0]
    assert query("SELECT to_regclass('marts.supplier_stock')") == [(None,)]

    monkeypatch.delenv("AIRFLOW_CONN_WAREHOUSE")
    assert run(LESSON).state == "success"
    rows = query("SELECT supplier_id FROM marts.supplier_stock ORDER BY 1")
    assert [f"store_{name}" for (name,) in rows] == suppliers
