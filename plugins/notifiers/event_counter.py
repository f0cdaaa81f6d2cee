"""Counts what happens to runs in a metric of its own, sent the way that Airflow sends its own."""

from typing import Any

from airflow.sdk import BaseNotifier
from asgiref.sync import sync_to_async


class EventCounter(BaseNotifier):
    """A callback that adds one to a counter, with the Dag as label.

    Over StatsD many processes raise one counter, each by its own steps: the receiver adds them up.
    """

    def __init__(self, metric: str, context: Any = None) -> None:
        """Raise `metric`, a name with dots such as `shop.late_runs`."""
        super().__init__(context)
        self.metric = metric

    def notify(self, context: Any) -> None:
        """Count, in a task or the dag-processor."""
        from airflow.sdk.observability import stats

        run = context.get("dag_run")
        dag_id = run["dag_id"] if isinstance(run, dict) else context["dag"].dag_id
        stats.incr(self.metric, tags={"dag_id": dag_id})

    async def async_notify(self, context: Any) -> None:
        """Count, in the triggerer, where deadlines are told."""
        await sync_to_async(self.notify)(context)
