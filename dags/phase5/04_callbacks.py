"""# 5.04 · Callbacks and deadline alerts

Each start, success, retry, failure and skip leaves one row by a callback, and a run that is
late raises a deadline alert (in Airflow 2: SLA).

**Level** Intermediate · **Time** 15 minutes · **After** `phase4_03_trigger_rules` ·
**Services** `postgres`, `inbox`

## What you will learn

- A **callback** runs when something has happened to a task: `on_execute_callback`,
  `on_success_callback`, `on_retry_callback`, `on_failure_callback`, `on_skipped_callback`.
- A Dag has `on_success_callback` and `on_failure_callback` of its own, for the run as a whole.
- A **notifier** is a callback as a class, with settings: `EventLog` writes one row for each event.
- A **deadline alert** speaks up while a run is late (in Airflow 2: SLA), through an `AsyncCallback`
  that runs in the triggerer.

## Run it

1. Press **Trigger**. `check_countries` turns red, for 72 orders really have no country; the run
   ends green all the same, because `report` asks for the others.
2. Open `report`, **Storage · XCom**: which event came from which task. `ask_twice` retried once: it
   asks whether its own retry has been recorded, and only the second try finds that row.
3. Trigger again with *late* ticked: `wait_until_late` waits until the run's deadline has passed,
   and the inbox (its address is in the terminal of `make up`) shows the alert in Slack, with a
   link to the run.

## Why it is written this way

What is to happen with an event is one class in `plugins/notifiers/`, not a function in each Dag. A
row has the run, the task and the event as its key, so a cleared run replaces its rows.
Callbacks of a task run where the task ran; those of the Dag run in the dag-processor, so nothing
in them may depend on the task. It has one process for a file at a time: of two runs that end
together, the second may be told minutes later. A deadline is counted from when the run was queued:
it fires while the run is still under way, when somebody can still do something.

## Next

`phase6_01_mlflow_integration` trains a model and keeps track of it.
"""

import logging
from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLCheckOperator, SQLExecuteQueryOperator
from airflow.providers.common.sql.sensors.sql import SqlSensor
from airflow.sdk import (
    AsyncCallback,
    BaseNotifier,
    DeadlineAlert,
    DeadlineReference,
    Param,
    TriggerRule,
    conf,
    dag,
    task,
)
from airflow.sdk.exceptions import AirflowSkipException

from plugins.notifiers.event_log import CREATE_TABLE, EventLog
from plugins.notifiers.slack_message import SlackMessage

log = logging.getLogger(__name__)

DEADLINE = timedelta(seconds=30)
# The text of the alert is a template, and the callback of a deadline knows its run as `dag_run`.
RUN_ID = "{{ dag_run.dag_run_id }}"
AIRFLOW = conf.get("api", "base_url", fallback="http://localhost:8080")
RUN = f"{AIRFLOW}/dags/phase5_04_callbacks/runs/{RUN_ID}"
LATE = f":alarm_clock: <{RUN}|{RUN_ID}> of phase5_04_callbacks has not ended within 30 seconds."
THIS_RUN = "dag_id = '{{ dag.dag_id }}' AND run_id = '{{ run_id }}'"


def when_late(notifier: type[BaseNotifier], **settings: str) -> DeadlineAlert:
    """Call the notifier if a run has not ended `DEADLINE` after it was queued."""
    callback = AsyncCallback(notifier, kwargs=settings)
    return DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, DEADLINE, callback)


@dag(
    dag_display_name="05.04 · Callbacks and deadline alerts",
    description=(
        "Each start, success, retry, failure and skip leaves one row by a callback, and a run that "
        "is late raises a deadline alert (in Airflow 2: SLA)."
    ),
    schedule=None,
    params={"late": Param(False, type="boolean", description="Let the run miss its deadline")},
    on_success_callback=EventLog("dag_success"),
    on_failure_callback=EventLog("dag_failure"),
    deadline=[
        when_late(EventLog, event="dag_deadline"),
        when_late(SlackMessage, text=LATE),
    ],
    default_args={
        "owner": "sales",
        "conn_id": "warehouse",
        "on_execute_callback": EventLog("execute"),
        "on_success_callback": EventLog("success"),
        "on_retry_callback": EventLog("retry"),
        "on_failure_callback": EventLog("failure"),
        "on_skipped_callback": EventLog("skipped"),
    },
    tags=["phase5", "intermediate", "postgres", "inbox"],
    doc_md=__doc__,
)
def phase5_04_callbacks() -> None:
    """Let each kind of event happen once, and record it."""
    open_log = SQLExecuteQueryOperator(
        task_id="open_log",
        sql=f"{CREATE_TABLE}; DELETE FROM marts.events WHERE {THIS_RUN}",
        split_statements=True,
        on_execute_callback=None,
    )
    ask_twice = SQLCheckOperator(
        task_id="ask_twice",
        sql=f"SELECT count(*) = 1 FROM marts.events WHERE {THIS_RUN} AND event = 'retry'",
        retries=1,
        retry_delay=timedelta(seconds=1),
    )
    check_countries = SQLCheckOperator(
        task_id="check_countries", sql="SELECT count(*) = 0 FROM shop.orders WHERE country IS NULL"
    )

    wait_until_late = SqlSensor(
        task_id="wait_until_late",
        sql="SELECT {{ 0 if params.late else 1 }} + count(*) FROM marts.events "
        f"WHERE {THIS_RUN} AND event = 'dag_deadline'",
        mode="reschedule",
        poke_interval=5,
        timeout=120,
    )

    @task
    def ship_orders(dag_run: Any) -> int:
        """Return how many orders were placed today; skip if there are none to ship."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        sql = "SELECT count(*) FROM shop.orders WHERE ordered_at::date = %s"
        (orders,) = PostgresHook("warehouse").get_first(sql, [dag_run.run_after.date()])
        if not orders:
            reason = "Nothing was ordered today, so nothing is to be shipped."
            log.info(reason)  # The exception's own text is in a folded group of the log.
            raise AirflowSkipException(reason)
        return orders

    report = SQLExecuteQueryOperator(
        task_id="report",
        sql=f"SELECT task_id, event FROM marts.events WHERE {THIS_RUN} ORDER BY happened_at",
        trigger_rule=TriggerRule.ALL_DONE,
    )

    open_log >> [ask_twice, check_countries, wait_until_late, ship_orders()] >> report


phase5_04_callbacks()
