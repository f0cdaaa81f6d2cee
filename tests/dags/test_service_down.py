"""A lesson whose service is down: a clear error, nothing half-written, and it can be repeated."""

import json

import pytest

from include.lab.settings import Lab
from tests.lessons import Run, query


def test_failed_task_names_the_service(
    run: Run, lab: Lab, monkeypatch: pytest.MonkeyPatch, hints: list[str]
) -> None:
    """With no warehouse there, the lesson fails, says what to start, and writes nothing."""
    run("phase5_02_pools_priority")
    before = query("SELECT * FROM marts.supplier_stock ORDER BY 1")
    nobody = lab.port_base + 39
    gone = {"conn_type": "postgres", "host": "127.0.0.1", "port": nobody, "schema": "warehouse"}
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(gone))

    result = run("phase5_02_pools_priority")

    assert result.state == "failed"
    assert len(hints) == 3, "one for each try of the first task"
    assert "Service 'postgres' (connection 'warehouse') does not answer" in hints[0]
    assert "make up" in hints[0]

    monkeypatch.delenv("AIRFLOW_CONN_WAREHOUSE")
    assert query("SELECT * FROM marts.supplier_stock ORDER BY 1") == before
    assert run("phase5_02_pools_priority").state == "success"
