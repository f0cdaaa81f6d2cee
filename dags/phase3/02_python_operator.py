"""# 3.02 · Python operator

The classic `PythonOperator` and its TaskFlow twin do the same work side by side and return the
same result.

**Level** Beginner · **Time** 10 minutes · **After** `phase2_02_taskflow_api` · **Services**
`postgres`

## What you will learn

- `PythonOperator` runs a function. `op_args` are its positional arguments, `op_kwargs` those with a
  name; a template in them is filled in before the function runs.
- The **context** is what Airflow knows about the run: its id, its params, its task. A function gets
  the parts that it names as arguments, here `run_id`.
- What the function returns is the task's XCom, and `.output` hands it to the next task.
- **TaskFlow** is the shorter way to the same: `@task` on the function, then a plain call.

## Run it

1. Press **Trigger**, choose a day and a channel, press **Trigger**.
2. `sum_with_operator` and `sum_with_taskflow` run side by side. Open **Storage · XCom** of each:
   the same day, orders and revenue. For 5 January and `web`: 15 orders.
3. Open the **Logs** of either: the line with the sum names the run.
4. Open `store_sales`: it returned `1`, the one row that it wrote to `marts.channel_sales`. Trigger
   again: still one row for this day and channel.

## Why it is written this way

The work is one ordinary function; the operator and the decorator are two ways to run it, and
neither changes what it computes. Write new Dags with TaskFlow. Read the classic way, because you
will meet it, and because every other operator is used like it. The day goes to the database as a
parameter of the query, never as a part of its text. The hook is imported where it is used: Airflow
reads this file often and should not load a database driver each time.

## Next

`phase3_03_sensors` waits for the world outside.
"""

import logging
from datetime import timedelta

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, Param, task

log = logging.getLogger(__name__)

Sales = dict[str, str | int]

SUM_SALES = """
SELECT count(*), coalesce(sum(amount), 0)::text FROM shop.orders
WHERE channel = %s AND (ordered_at AT TIME ZONE 'UTC')::date = %s
    AND status NOT IN ('cancelled', 'returned')
"""
CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS marts.channel_sales (
    day date, channel text, orders integer NOT NULL, revenue numeric(12, 2) NOT NULL,
    PRIMARY KEY (day, channel)
)
"""


def sum_sales(channel: str, day: str, run_id: str | None) -> Sales:
    """Return how many orders came through a channel on a day (UTC), and their sum in EUR."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    orders, revenue = PostgresHook("warehouse").get_first(SUM_SALES, parameters=(channel, day))
    log.info("%s: %s sold %s orders for %s EUR on %s", run_id, channel, orders, revenue, day)
    return {"day": day, "channel": channel, "orders": orders, "revenue": revenue}


def store_if_equal(classic: Sales, taskflow: Sales) -> int:
    """Store the sum as one row, if both ways found the same; return the number of rows."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    if classic != taskflow:
        raise ValueError(f"The operator found {classic}, TaskFlow {taskflow}; they must be equal.")
    warehouse = PostgresHook("warehouse")
    warehouse.run(CREATE_TABLE)
    key, columns = ["day", "channel"], list(classic)
    row = tuple(classic.values())
    warehouse.insert_rows("marts.channel_sales", [row], columns, replace=True, replace_index=key)
    return 1


with DAG(
    dag_id="phase3_02_python_operator",
    dag_display_name="03.02 · Python operator",
    description=(
        "The classic `PythonOperator` and its TaskFlow twin do the same work side by side and "
        "return the same result."
    ),
    schedule=None,
    params={
        "day": Param("2026-01-05", type="string", format="date", description="A day of early 2026"),
        "channel": Param(
            "web", enum=["web", "app", "marketplace"], description="Where it was bought"
        ),
    },
    default_args={"owner": "sales", "retries": 2, "retry_delay": timedelta(seconds=5)},
    tags=["phase3", "beginner", "postgres"],
    doc_md=__doc__,
):
    sum_with_operator = PythonOperator(
        task_id="sum_with_operator",
        python_callable=sum_sales,
        op_args=["{{ params.channel }}"],
        op_kwargs={"day": "{{ params.day }}"},
    )

    @task
    def sum_with_taskflow(channel: str, day: str, run_id: str | None = None) -> Sales:
        """Do the same; Airflow puts the run's id in the place of None."""
        return sum_sales(channel, day, run_id)

    store_sales = PythonOperator(
        task_id="store_sales",
        python_callable=store_if_equal,
        op_args=[
            sum_with_operator.output,
            sum_with_taskflow("{{ params.channel }}", day="{{ params.day }}"),
        ],
    )
