"""# 1.02 · Parallel tasks

Three counts of the shop's customers, products and orders run at the same time, and one report
waits for all of them.

**Level** Beginner · **Time** 10 minutes · **After** `phase1_01_hello_airflow` · **Services**
`postgres`, `object_store`

## What you will learn

- **Fan-out**: tasks that do not depend on each other run side by side.
- **Fan-in**: `[a, b, c] >> d` waits for all of them.
- One function serves three tasks: the operator passes each its own argument.
- The **executor** runs the tasks; here `LocalExecutor`, each task in a process of its own.

## Run it

1. Press **Trigger** and open the run's **Graph**: three counts stand side by side.
2. Press **Show Gantt** beside it: their bars overlap, the report's bar begins after the last one.
3. Open `write_report` and its **Logs**: they say where the report lies and what it holds.
4. Trigger again: the report is written anew, and there is still exactly one.

## Why it is written this way

The tables are named once, in `TABLES`; the tasks are made from it, so a fourth count is one more
word. `count.output` hands a task's return value to the next task without fetching it while the
file is read. The report is one whole object, written under the same name each time: a second run
replaces it and leaves nothing twice.

## Next

`phase2_01_scheduled_dag` starts a Dag by the clock.
"""

import json
import logging
from datetime import timedelta

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, ObjectStoragePath

log = logging.getLogger(__name__)

TABLES = ("customers", "products", "orders")


def count_rows(table: str) -> int:
    """Return how many rows the shop's table has."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    (rows,) = PostgresHook("warehouse").get_first(f"SELECT count(*) FROM shop.{table}")
    return rows


def store_counts(counts: dict[str, int]) -> str:
    """Write all counts into one file of the object store; return its address."""
    report = ObjectStoragePath("s3://object_store@lake/phase1/02_parallel_tasks/inventory.json")
    report.write_text(json.dumps(counts, indent=2))
    log.info("%s holds %s", report, counts)
    return str(report)


with DAG(
    dag_id="phase1_02_parallel_tasks",
    dag_display_name="01.02 · Parallel tasks",
    description=(
        "Three counts of the shop's customers, products and orders run at the same time, and one "
        "report waits for all of them."
    ),
    schedule=None,
    default_args={"owner": "sales", "retries": 2, "retry_delay": timedelta(seconds=5)},
    tags=["phase1", "beginner", "postgres", "object_store"],
    doc_md=__doc__,
):
    counts = {
        table: PythonOperator(task_id=f"count_{table}", python_callable=count_rows, op_args=[table])
        for table in TABLES
    }
    write_report = PythonOperator(
        task_id="write_report",
        python_callable=store_counts,
        op_kwargs={"counts": {table: count.output for table, count in counts.items()}},
    )

    list(counts.values()) >> write_report
