"""# 2.01 · Scheduled Dag

Each day's sales are added up for exactly that day's data interval, and a backfill of three days
gives three rows, however often you repeat it.

**Level** Beginner · **Time** 15 minutes · **After** `phase1_02_parallel_tasks` · **Services**
`postgres`

## What you will learn

- A **schedule** is a cron expression (`0 6 * * 1-5`: weekdays at 06:00) or a preset: `@once`,
  `@hourly`, `@daily`, `@weekly`.
- Two **timetables** read the same cron text. `CronDataIntervalTimetable` gives each run the
  **data interval** that has just ended. `CronTriggerTimetable`, which plain text means since
  Airflow 3, gives a moment alone.
- `catchup=False`: days before the Dag was switched on are not run by themselves. A **backfill**
  runs them on request.
- `max_active_runs=1`: of many days to run, one at a time.

## Run it

1. The Dag has already run by itself, for yesterday. The shop's data ends on 31 March 2026, so
   yesterday sold nothing: open `store_sales`, **Storage · XCom**: the day, 0 orders, 0.00.
2. Press **Trigger**, choose **Backfill**, from 2026-01-05 to 2026-01-07, and start it: three runs,
   one after the other. Each `store_sales` says how many orders its day had.
3. The same backfill again, with *All Runs* reprocessed: still one row for each day.

## Why it is written this way

A run asks its **data interval** which orders are its own, never the clock: so it gives the same row
whenever it is started. The day is the key of the table, and a row that is there is replaced.
`start_date` is fixed and has a time zone; a moving one would never be reached. A run that was
started without any date has no interval, and takes the day before it.

## Next

`phase2_02_taskflow_api` writes tasks as plain functions.
"""

from datetime import timedelta

import pendulum
from airflow.providers.common.sql.operators.sql import SQLCheckOperator, SQLExecuteQueryOperator
from airflow.sdk import DAG, CronDataIntervalTimetable

DAY = "{{ (dag_run.data_interval_start or dag_run.run_after - macros.timedelta(days=1)) | ds }}"

CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS marts.daily_sales (
    day date PRIMARY KEY, orders integer NOT NULL, revenue numeric(12, 2) NOT NULL
)
"""

STORE_SALES = """
INSERT INTO marts.daily_sales AS sales
SELECT day, count(order_id), coalesce(sum(amount), 0)
FROM (VALUES (%(day)s::date)) AS wanted (day)
LEFT JOIN shop.orders
    ON ordered_at AT TIME ZONE 'UTC' >= day AND ordered_at AT TIME ZONE 'UTC' < day + 1
    AND status NOT IN ('cancelled', 'returned')
GROUP BY day
ON CONFLICT (day) DO UPDATE SET orders = excluded.orders, revenue = excluded.revenue
RETURNING day::text, orders, revenue::text
"""

with DAG(
    dag_id="phase2_01_scheduled_dag",
    dag_display_name="02.01 · Scheduled Dag",
    description=(
        "Each day's sales are added up for exactly that day's data interval, and a backfill of "
        "three days gives three rows, however often you repeat it."
    ),
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "sales",
        "conn_id": "warehouse",
        "retries": 2,
        "retry_delay": timedelta(seconds=5),
    },
    tags=["phase2", "beginner", "postgres"],
    doc_md=__doc__,
):
    create_table = SQLExecuteQueryOperator(task_id="create_table", sql=CREATE_TABLE)
    store_sales = SQLExecuteQueryOperator(
        task_id="store_sales", sql=STORE_SALES, parameters={"day": DAY}
    )
    check_sales = SQLCheckOperator(
        task_id="check_sales",
        sql=f"SELECT count(*) = 1 FROM marts.daily_sales WHERE day = '{DAY}'",
    )

    create_table >> store_sales >> check_sales
