"""Writes what happens to runs and tasks into the warehouse's table `marts.events`."""

from typing import Any

from airflow.sdk import BaseNotifier
from asgiref.sync import sync_to_async

CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS marts.events (
    dag_id text, run_id text, task_id text, event text,
    happened_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (dag_id, run_id, task_id, event)
)
"""
_RECORD = """
INSERT INTO marts.events (dag_id, run_id, task_id, event) VALUES (%s, %s, %s, %s)
ON CONFLICT (dag_id, run_id, task_id, event) DO UPDATE SET happened_at = now()
"""


class EventLog(BaseNotifier):
    """A callback that records `event`, once for each run and task; the Dag's own have no task.

    Serves as callback of a task, of a Dag and of a deadline. The table must be there.
    """

    def __init__(self, event: str, context: Any = None) -> None:
        """Record `event`; one that begins with `dag_` belongs to the run as a whole."""
        super().__init__(context)
        self.event = event

    async def async_notify(self, context: Any) -> None:
        """Write the row from the triggerer, where deadlines are told."""
        await sync_to_async(self.notify)(context)

    def notify(self, context: Any) -> None:
        """Write the row."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        task_id = "" if self.event.startswith("dag_") else context["ti"].task_id
        row = (*_run(context), task_id, self.event)
        PostgresHook("warehouse").run(_RECORD, parameters=row)


def _run(context: Any) -> tuple[str, str]:
    """Dag and run: a deadline knows its run as a plain dictionary, and nothing besides."""
    run = context.get("dag_run")
    if isinstance(run, dict):
        return run["dag_id"], run["dag_run_id"]
    return context["dag"].dag_id, context["run_id"]
