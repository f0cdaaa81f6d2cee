"""# 13.03 · Dag dependencies

Ingest, transform and publish are three Dags that share state; you see their graph drawn, and a
failure in the middle stops the end.

**Level** Enterprise Orchestration · **Time** 20 minutes · **After**
`phase13_02_trigger_dag_run` · **Services** `postgres`, `object_store`

## What you will learn

- Three Dags work hand in hand. **Triggers** let this one start each when the one before has ended;
  **sensors** guard the other two, should somebody start them alone.
- **Shared state**: the table `marts.pipelines` says of each day how far it has come.
- **XCom across Dags**: transform asks for what ingest's task returned, by Dag and run id.
- **Failure propagation**: a Dag that fails lets the task that waits for it fail; no more start.
- The **dependency graph** is what Airflow finds in the files; nobody keeps it by hand.

## Run it

1. Press **Trigger**. It ends green; open `draw_graph`, **Storage · XCom**, and the address in it:
   four Dags, five edges. `graph.json` beside it has the same as data.
2. Trigger with *fail* ticked. Ingest brings an order without an amount, transform really fails,
   and publish has no new run. `report` fails with the Dag and task that did; `marts.pipelines`
   says `ingested`. Trigger without *fail*: the day goes through.

## Why it is written this way

Each Dag can be run, tested and repaired alone; what binds them is a day, which is in every run id
and row. State stands in a table, where a person can ask for it. The graph is read over Airflow's
REST API: a list in code would be wrong after the first change.

## Next

`phase14_01_dataset_producer` starts Dags by data, and nobody has to name the next one.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLCheckOperator, SQLExecuteQueryOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.sensors.external_task import ExternalTaskSensor
from airflow.sdk import Param, TriggerRule, dag, task
from airflow.sdk.exceptions import AirflowFailException

from include.retail import pipeline

LESSON = "phase13_03_dag_dependencies"
STAGES = ["ingest", "transform", "publish"]
TAGS = ["phase13", "enterprise-orchestration", "postgres", "object_store"]
SAID = f"{{{{ ti.xcom_pull('count_orders', '{LESSON}__ingest', run_id='ingest__' ~ ds) }}}}"
WAIT = {"failed_states": ["failed", "upstream_failed"], "deferrable": True, "poke_interval": 3}
WAIT |= {"timeout": 240, "retries": 1, "retry_delay": 1, "conn_id": "warehouse"}
HELPER = {
    "is_paused_upon_creation": False,
    "default_args": {"owner": "sales", **WAIT},
    "tags": [*TAGS, "helper"],
}


@dag(dag_display_name="13.03 · Dag dependencies: ingest", schedule=None, **HELPER)
def phase13_03_dag_dependencies__ingest() -> None:
    """Copy a day's orders: the first of the three that 13.03 starts."""
    copy_orders = SQLExecuteQueryOperator(task_id="copy_orders", sql=pipeline.INGEST)

    @task
    def count_orders(ds: Any = None) -> int:
        """Return how many orders there are now."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        return PostgresHook("warehouse").get_first(pipeline.COUNT, {"day": ds})[0]

    copy_orders >> count_orders()


@dag(dag_display_name="13.03 · Dag dependencies: transform", schedule=None, **HELPER)
def phase13_03_dag_dependencies__transform() -> None:
    """Add up what `ingest` has copied, if it is all there."""
    wait_for_ingest = ExternalTaskSensor(
        task_id="wait_for_ingest",
        external_dag_id=f"{LESSON}__ingest",
        external_task_id="count_orders",
    )
    compare_count = SQLCheckOperator(task_id="compare_count", sql=pipeline.HAS.format(SAID))
    add_up = SQLExecuteQueryOperator(task_id="add_up", sql=pipeline.TRANSFORM)
    wait_for_ingest >> compare_count >> add_up


@dag(dag_display_name="13.03 · Dag dependencies: publish", schedule=None, **HELPER)
def phase13_03_dag_dependencies__publish() -> None:
    """Show its readers a day's revenue, once `transform` has added it up."""
    wait_for_transform = ExternalTaskSensor(
        task_id="wait_for_transform",
        external_dag_id=f"{LESSON}__transform",
        external_task_id="add_up",
    )
    publish = SQLExecuteQueryOperator(task_id="publish", sql=pipeline.PUBLISH)
    wait_for_transform >> publish


@dag(
    dag_display_name="13.03 · Dag dependencies",
    description=(
        "Ingest, transform and publish are three Dags that share state; you see their graph drawn, "
        "and a failure in the middle stops the end."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "day": Param("2026-02-14", type="string", format="date", description="Which day's orders"),
        "fail": Param(False, type="boolean", description="Let ingest bring a broken order"),
    },
    default_args={"owner": "sales"},
    tags=TAGS,
    doc_md=__doc__,
)
def phase13_03_dag_dependencies() -> None:
    """Let three Dags follow each other, and draw how they depend on each other."""
    plan_day = SQLExecuteQueryOperator(task_id="plan_day", conn_id="warehouse", sql=pipeline.PLAN)
    stages = [
        TriggerDagRunOperator(
            task_id=f"start_{stage}",
            trigger_dag_id=f"{LESSON}__{stage}",
            trigger_run_id=f"{stage}__{{{{ params.day }}}}",
            logical_date="{{ params.day }}T00:00:00+00:00",
            **{"reset_dag_run": True, "wait_for_completion": True},
            **{"deferrable": True, "poke_interval": 3},
        )
        for stage in STAGES
    ]

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def report(params: dict[str, Any], ti: Any = None) -> dict[str, Any]:
        """Return the states of each stage's tasks; fail with the name of the one that failed."""
        states, mine = {}, ti.get_task_states(ti.dag_id, run_ids=[ti.run_id])[ti.run_id]
        for stage in (stage for stage in STAGES if mine[f"start_{stage}"] != "upstream_failed"):
            run = f"{stage}__{params['day']}"
            states[stage] = ti.get_task_states(f"{LESSON}__{stage}", run_ids=[run])[run]
            if failed := [name for name, state in states[stage].items() if state == "failed"]:
                raise AirflowFailException(f"{stage} of {params['day']} failed in {failed}.")
        return states

    @task(retries=2, retry_delay=timedelta(seconds=2))
    def draw_graph() -> str:
        """Publish the graph of these Dags as picture and data; return the page's address."""
        from include.orchestration import dependencies, drawing
        from plugins.hooks.airflow_api import AirflowApiHook
        from plugins.hooks.pages import PagesHook

        found = dependencies.among(dependencies.edges(AirflowApiHook().dependencies()), LESSON)
        return PagesHook().publish("phase13/03_dag_dependencies", drawing.site(LESSON, found))

    draw_graph()
    plan_day >> stages[0] >> stages[1] >> stages[2] >> report()


phase13_03_dag_dependencies__ingest()
phase13_03_dag_dependencies__transform()
phase13_03_dag_dependencies__publish()
phase13_03_dag_dependencies()
