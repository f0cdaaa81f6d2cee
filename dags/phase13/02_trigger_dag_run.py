"""# 13.02 · Trigger a Dag run

A parent starts its child with a configuration, waits for it and reads what it made; triggering
twice still gives one child run.

**Level** Enterprise Orchestration · **Time** 15 minutes · **After**
`phase13_01_external_task_sensor` · **Services** `postgres`

## What you will learn

- A **TriggerDagRunOperator** starts a run of another Dag, the child, and hands it a **conf**. The
  child's Params check it as they check a person's form.
- **Waiting**: the parent goes on when the child has ended, and fails if the child fails. It is
  deferrable: while it waits, no worker is taken.
- **Conditional triggering**: a day that sold too little is not worth a child.
- A **run id** made of the key, here the day, makes it safe to repeat: the same key is the same run.
- The child gets the day as its **logical date**, so `{{ ds }}` is the day it works on.

## Run it

1. Press **Trigger**. Open `start_child`: the button *Triggered DAG* leads to the child's run
   `sales__2026-03-02`. Open `read_report`, **Storage · XCom**: what the child made.
2. Trigger again, or clear `start_child`: the child still has one run of that day. It ran again.
3. Trigger with *day* `2026-02-10`: the child has a second run.
4. Trigger with *least* 1000. `is_worth_it` stops there, and the child is left alone.

## Why it is written this way

A run id that the clock makes gives one run more with each retry of the parent. With a key, the run
is there already: `reset_dag_run` clears it, so that it runs anew and mends what had failed. A run
keeps the conf that it was made with, so the key has to say all that conf depends on. And a Dag has
one run for each logical date, so nobody else may use the same.

## Next

`phase13_03_dag_dependencies` lets three Dags work hand in hand.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLCheckOperator, SQLExecuteQueryOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Param, dag, task

CHILD = "phase13_02_trigger_dag_run__child"
TAGS = ["phase13", "enterprise-orchestration", "postgres"]
OF_DAY = "FROM shop.orders WHERE (ordered_at AT TIME ZONE 'UTC')::date = DATE '{{ ds }}'"
PROMISED = "{{ params.orders }}"
DEFAULTS = {
    "owner": "sales",
    "conn_id": "warehouse",
    "retries": 1,
    "retry_delay": timedelta(seconds=2),
}


@dag(
    dag_display_name="13.02 · Trigger a Dag run: child",
    schedule=None,
    is_paused_upon_creation=False,
    params={
        "orders": Param(0, type="integer", minimum=0, maximum=100_000, title="Orders promised"),
    },
    default_args=DEFAULTS,
    tags=[*TAGS, "helper"],
)
def phase13_02_trigger_dag_run__child() -> None:
    """Report what a day has sold: 13.02 starts it for a day that is worth it."""
    check_conf = SQLCheckOperator(
        task_id="check_conf", sql=f"SELECT count(*) = {PROMISED} {OF_DAY}", retries=0
    )
    write_report = SQLExecuteQueryOperator(
        task_id="write_report",
        sql=[
            """
            CREATE TABLE IF NOT EXISTS marts.child_reports (
                day date PRIMARY KEY, promised integer, orders integer, revenue numeric(12, 2)
            )
            """,
            f"""
            INSERT INTO marts.child_reports
            SELECT DATE '{{{{ ds }}}}', {PROMISED}, count(*), coalesce(sum(amount), 0) {OF_DAY}
            ON CONFLICT (day) DO UPDATE SET (promised, orders, revenue)
                = (excluded.promised, excluded.orders, excluded.revenue)
            """,
        ],
    )
    check_conf >> write_report


@dag(
    dag_display_name="13.02 · Trigger a Dag run",
    description=(
        "A parent starts its child with a configuration, waits for it and reads what it made; "
        "triggering twice still gives one child run."
    ),
    schedule=None,
    params={
        "day": Param("2026-03-02", type="string", format="date", description="What to report on"),
        "least": Param(10, type="integer", minimum=1, maximum=10_000, title="Least orders"),
    },
    default_args=DEFAULTS,
    tags=TAGS,
    doc_md=__doc__,
)
def phase13_02_trigger_dag_run() -> None:
    """Let a child report on a day that is worth it, and read what it made."""

    @task
    def count_orders(params: dict[str, Any]) -> int:
        """Return how many orders the day has."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        sql = "SELECT count(*) FROM shop.orders WHERE (ordered_at AT TIME ZONE 'UTC')::date = %s"
        return PostgresHook("warehouse").get_first(sql, [params["day"]])[0]

    @task.short_circuit
    def is_worth_it(orders: int, params: dict[str, Any]) -> bool:
        """Say whether the day has enough orders; what follows is skipped if not."""
        return orders >= params["least"]

    orders = count_orders()
    start_child = TriggerDagRunOperator(
        task_id="start_child",
        trigger_dag_id=CHILD,
        trigger_run_id="sales__{{ params.day }}",
        logical_date="{{ params.day }}T00:00:00+00:00",
        conf={"orders": orders},
        reset_dag_run=True,
        wait_for_completion=True,
        deferrable=True,
        poke_interval=3,
    )
    read_report = SQLExecuteQueryOperator(
        task_id="read_report",
        sql="SELECT day::text, promised, orders, revenue::text FROM marts.child_reports"
        " WHERE day = %(day)s",
        parameters={"day": "{{ params.day }}"},
    )
    is_worth_it(orders) >> start_child >> read_report


phase13_02_trigger_dag_run__child()
phase13_02_trigger_dag_run()
