"""# 1.01 · Hello, Airflow

You trigger your first Dag and watch three tasks run strictly one after another; the middle one
tells you which Airflow version ran it.

**Level** Beginner · **Time** 5 minutes · **After** nothing · **Services** none

## What you will learn

- `with DAG(...)` declares a **Dag**: its id, when it runs and what all of its tasks share.
- A **task** is one step of it; an **operator** is a ready-made kind of task. `EmptyOperator` does
  nothing: it marks a place.
- `>>` says what comes after what.
- `dag_display_name` and `description` are what the list of Dags shows; tags filter it.
- `default_args` are settings for every task of the Dag. `owner` is the team that answers for it.

## Run it

1. Open this Dag and press **Trigger**, then **Trigger** again in the form.
2. Open the run's **Graph**: `open_shop`, `greet`, `close_shop` turn green one after the other.
3. Open `greet` and its **Logs**: it says which Airflow version ran it. Under **Storage · XCom** you
   find what it returned, `return_value`.

## Why it is written this way

Airflow reads this file again and again to know the Dag, so nothing but declarations stands here;
work happens only inside a task. `schedule=None` means: only when somebody triggers it.
`retries` stands in `default_args` and not at each task: one fact, one place.

## Next

`phase1_02_parallel_tasks` runs tasks side by side.
"""

import logging
from datetime import timedelta

from airflow import __version__ as airflow_version
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG

log = logging.getLogger(__name__)


def greet_visitors() -> str:
    """Log which Airflow runs the shop; return its version."""
    log.info("The shop is open. It runs on Airflow %s.", airflow_version)
    return airflow_version


with DAG(
    dag_id="phase1_01_hello_airflow",
    dag_display_name="01.01 · Hello, Airflow",
    description=(
        "You trigger your first Dag and watch three tasks run strictly one after another; the "
        "middle one tells you which Airflow version ran it."
    ),
    schedule=None,
    default_args={"owner": "platform", "retries": 1, "retry_delay": timedelta(seconds=5)},
    tags=["phase1", "beginner"],
    doc_md=__doc__,
):
    open_shop = EmptyOperator(task_id="open_shop")
    greet = PythonOperator(task_id="greet", python_callable=greet_visitors)
    close_shop = EmptyOperator(task_id="close_shop")

    open_shop >> greet >> close_shop
