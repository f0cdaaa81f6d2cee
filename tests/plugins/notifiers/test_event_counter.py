"""A counter for what happens to runs; that it arrives from the triggerer is a live test."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.observability import stats

from plugins.notifiers.event_counter import EventCounter


@pytest.mark.parametrize(
    "context",
    [{"dag_run": {"dag_id": "x", "dag_run_id": "r"}}, {"dag": SimpleNamespace(dag_id="x")}],
)
def test_one_more_is_counted_for_the_dag(
    context: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a task, and from a deadline, which knows its run as a dictionary; by both ways."""
    told: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(stats, "incr", lambda name, tags: told.append((name, tags)))

    EventCounter("shop.late_runs").notify(context)
    asyncio.run(EventCounter("shop.late_runs").async_notify(context))

    assert told == [("shop.late_runs", {"dag_id": "x"})] * 2
