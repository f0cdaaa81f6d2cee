"""# 13.01 · External task sensor

A Dag waits for the right run of another among several, across schedules and timezones, and
fails at once when that run fails.

**Level** Enterprise Orchestration · **Time** 20 minutes · **After** `phase2_01_scheduled_dag`,
`phase3_03_sensors` · **Services** `postgres`

## What you will learn

- An **ExternalTaskSensor** waits for a task, a task group or a whole run of another Dag, in the run
  with one **logical date**. By default that is its own logical date.
- `execution_delta`: the other's date lies a fixed time before ours. `execution_date_fn`: a function
  says which. It has to across timezones: 6:00 in Berlin is 5:00 UTC in winter and 4:00 in summer.
- `failed_states`: if the other task ends in one of them, the sensor fails without waiting on.
- `deferrable=True`: while it waits, the triggerer holds it, and no worker is taken.

## Run it

1. Press **Trigger**. The lesson starts the closings of three days, around the night in which
   Germany changes to summer time, waits for one of them, and ends green.
2. Open `start_closings`, **Task Instances**, and the rendered templates of each: the closings of
   28 and 29 March are 23 hours apart. `read_books`, **Storage · XCom**, has the books of the night.
3. Trigger with *fail* `this day`. The till does not agree, so the closing of that day fails, and
   `wait_for_books` with it, after a second try: seconds later, not when its time is up.
4. Trigger with *fail* `day before`. That closing fails too, and this run ends green.

## Why it is written this way

Which run belongs to which is a plain function, `include/scheduling/alignment.py`, whose test knows
both changes of the clock. Each sensor has a timeout: a Dag that was never started is waited for
without end. A group counts as failed when all its tasks have failed, so the task after it, which
tells of any failure, is waited for first. The closing's schedule ended in March 2026: only this
lesson starts it, each day under one run id, which a second run resets.

## Next

`phase13_02_trigger_dag_run` starts another Dag instead of waiting for it.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLCheckOperator, SQLExecuteQueryOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.sensors.external_task import ExternalTaskSensor
from airflow.sdk import CronTriggerTimetable, Param, TaskGroup, dag, task

from include.retail import books
from include.scheduling.alignment import last_run

CLOSING, COUNT = (f"phase13_01_external_task_sensor__{name}" for name in ("closing", "count"))
HOUR_AGO = "{{ (dag_run.logical_date or dag_run.run_after) - macros.timedelta(hours=1) }}"
TAGS = ["phase13", "enterprise-orchestration", "postgres"]
DEFAULTS = {"owner": "sales", "conn_id": "warehouse"}
HELPER = {
    "is_paused_upon_creation": False,
    "default_args": DEFAULTS,
    "tags": [*TAGS, "helper"],
}
WAIT = {"deferrable": True, "poke_interval": 3, "timeout": 240, "retries": 1, "retry_delay": 1}


def closing_of(day: date) -> datetime:
    """Return which closing a report at 7:00 UTC of the day waits for."""
    return last_run(datetime.combine(day, time(7), UTC), time(6), "Europe/Berlin")


def closing_before(logical_date: datetime, params: dict[str, Any]) -> datetime:
    """Return which closing this lesson waits for: that of the chosen day, not of today."""
    return closing_of(date.fromisoformat(params["day"]))


@dag(
    dag_display_name="13.01 · External task sensor: closing",
    schedule=CronTriggerTimetable("0 6 * * *", timezone="Europe/Berlin"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    end_date=datetime(2026, 4, 1, tzinfo=UTC),
    **HELPER,
)
def phase13_01_external_task_sensor__closing() -> None:
    """Close the books of the day before, if the tills agree: what 13.01 starts and waits for."""
    with TaskGroup("checks") as checks:
        SQLCheckOperator(task_id="till_agrees", sql=books.TILL_AGREES)
        SQLCheckOperator(task_id="amounts_are_known", sql=books.AMOUNTS_ARE_KNOWN)
    close_books = SQLExecuteQueryOperator(task_id="close_books", sql=books.CLOSE)
    checks >> close_books


@dag(dag_display_name="13.01 · External task sensor: count", schedule=None, **HELPER)
def phase13_01_external_task_sensor__count() -> None:
    """Count what is on the shelves, an hour before 13.01 by its logical date."""
    SQLExecuteQueryOperator(task_id="count", sql=books.COUNT_SHELVES)


@dag(
    dag_display_name="13.01 · External task sensor",
    description=(
        "A Dag waits for the right run of another among several, across schedules and timezones, "
        "and fails at once when that run fails."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "day": Param("2026-03-29", enum=[f"2026-03-{n}" for n in range(27, 31)]),
        "fail": Param("nothing", enum=["nothing", "this day", "day before", "day after"]),
    },
    default_args={**DEFAULTS, **WAIT},
    tags=TAGS,
    doc_md=__doc__,
)
def phase13_01_external_task_sensor() -> None:
    """Start three closings, and wait for the right one."""
    open_tills = SQLExecuteQueryOperator(task_id="open_tills", sql=books.OPEN_TILLS)

    @task
    def choose_runs(params: dict[str, Any]) -> list[dict[str, str]]:
        """Return run id and logical date of the closing of the day, the one before and after."""
        day, one = date.fromisoformat(params["day"]), timedelta(days=1)
        dates = {f"closing__{d}": closing_of(d).isoformat() for d in (day - one, day, day + one)}
        return [{"trigger_run_id": name, "logical_date": at} for name, at in dates.items()]

    start_closings = TriggerDagRunOperator.partial(
        task_id="start_closings", trigger_dag_id=CLOSING, reset_dag_run=True
    ).expand_kwargs(choose_runs())
    start_count = TriggerDagRunOperator(
        task_id="start_count",
        trigger_dag_id=COUNT,
        trigger_run_id="for__{{ run_id }}",
        logical_date=HOUR_AGO,
        reset_dag_run=True,
    )
    wait_for_checks = ExternalTaskSensor(
        task_id="wait_for_checks",
        external_dag_id=CLOSING,
        external_task_group_id="checks",
        execution_date_fn=closing_before,
        failed_states=["failed"],
    )
    wait_for_books = ExternalTaskSensor(
        task_id="wait_for_books",
        external_dag_id=CLOSING,
        external_task_id="close_books",
        execution_date_fn=closing_before,
        failed_states=["failed", "upstream_failed"],
    )
    wait_for_count = ExternalTaskSensor(
        task_id="wait_for_count",
        external_dag_id=COUNT,
        execution_delta=timedelta(hours=1),
        failed_states=["failed"],
    )
    read_books = SQLExecuteQueryOperator(task_id="read_books", sql=books.READ)

    open_tills >> start_closings >> wait_for_books >> wait_for_checks
    [wait_for_checks, start_count >> wait_for_count] >> read_books


phase13_01_external_task_sensor__closing()
phase13_01_external_task_sensor__count()
phase13_01_external_task_sensor()
