"""The callback that raises an alert, and lets the routes decide who hears of it."""

from typing import Any

from airflow.sdk import BaseNotifier, conf
from asgiref.sync import sync_to_async

from include.alerting import alert


class AlertRouter(BaseNotifier):
    """Raises an alert of a severity, for the team that the Dag's tag `team:<name>` names.

    `on_failure_callback=AlertRouter("P2")` is for a task or a Dag. As a deadline's callback it
    knows no tags: give the team. Nobody is told of the same alert twice within the routes' window.
    """

    def __init__(self, severity: str, team: str = "", title: str = "", context: Any = None) -> None:
        """Raise alerts of this severity, P1 to P4; team and title are found out if not given.

        Raises:
            ValueError: there is no such severity.
        """
        super().__init__(context)
        self.severity = alert.severity(severity)
        self.team = team
        self.title = title

    def notify(self, context: Any) -> None:
        """Raise the alert, from a task or the Dag processor."""
        from plugins.hooks.alerts import AlertsHook

        hook = AlertsHook()
        dag_id, task_id, run_id, title, detail, link = _facts(context)
        tags = getattr(context.get("dag"), "tags", ())
        hook.raise_alert(
            alert.Alert(
                self.severity,
                self.team or hook.routes.team_of(tags),
                *(dag_id, task_id, run_id),
                *(self.title or title, detail, link),
            )
        )

    async def async_notify(self, context: Any) -> None:
        """Raise the alert, from the triggerer."""
        await sync_to_async(self.notify)(context)


def _facts(context: Any) -> tuple[str, str, str, str, str, str]:
    """Dag, task, run, title, detail and link of what happened."""
    base = conf.get("api", "base_url", fallback="").rstrip("/")
    run = context.get("dag_run")
    if isinstance(run, dict):
        dag_id, run_id = run["dag_id"], run["dag_run_id"]
        link = f"{base}/dags/{dag_id}/runs/{run_id}"
        return dag_id, "", run_id, f"a run of {dag_id} is late", "", link
    dag_id, run_id = context["dag"].dag_id, context["run_id"]
    if "reason" in context:
        link = f"{base}/dags/{dag_id}/runs/{run_id}"
        return dag_id, "", run_id, f"a run of {dag_id} failed", str(context["reason"]), link
    ti, error = context["ti"], context.get("exception")
    return dag_id, ti.task_id, run_id, f"{ti.task_id} failed", str(error or ""), ti.log_url
