"""A Dag for each tenant, and what many of them cost."""

import json
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import DAG, chain

from include.dag_factory import steps
from include.dag_factory.tenants import Tenant, many


def build(tenant: Tenant, prefix: str, title: str, tags: Iterable[str]) -> DAG:
    """Return the tenant's Dag: its steps in their order, through its own connection and pool.

    Its id begins with `prefix`, its display name with `title`.
    """
    with DAG(
        f"{prefix}__{tenant.name}",
        dag_display_name=f"{title}: {tenant.name}",
        description=f"Adds up the orders of {', '.join(tenant.countries)}, the tenant's countries.",
        schedule=tenant.schedule,
        max_active_runs=1,
        is_paused_upon_creation=False,
        default_args={
            "owner": tenant.schema,
            "pool": tenant.schema,
            "retries": tenant.retries,
            "retry_delay": 2,
        },
        tags=[*tags, f"tenant:{tenant.name}"],
    ) as dag:
        chain(
            *(
                SQLExecuteQueryOperator(
                    task_id=step, conn_id=tenant.schema, sql=steps.sql(step, tenant.schema)
                )
                for step in tenant.steps
            )
        )
    return dag


class Cost(NamedTuple):
    """What it takes to declare something: seconds, and bytes in Airflow's database."""

    seconds: float
    size: int


def cost_of_dags(number: int) -> Cost:
    """Declare a Dag for each of so many tenants."""
    return _cost(lambda: [build(tenant, "measured", "Measured", []) for tenant in many(number)])


def cost_of_tasks(number: int) -> Cost:
    """Declare one Dag whose tasks are mapped over so many tenants, known only when it runs."""
    return _cost(lambda: [mapped(many(number))])


def mapped(tenants: list[Tenant]) -> DAG:
    """Return one Dag that does the work of all tenants, which it learns when it runs."""
    with DAG("measured", schedule=None) as dag:
        chain(
            *(
                SQLExecuteQueryOperator.partial(task_id=step).expand(
                    sql=_known_at_run_time(step, len(tenants)),
                )
                for step in tenants[0].steps
            )
        )
    return dag


def _known_at_run_time(step: str, number: int) -> Any:
    from airflow.sdk import task

    @task(task_id=f"list_{step}")
    def list_sql() -> list[str]:
        """Return the step's SQL for each tenant."""
        return [steps.sql(step, tenant.schema) for tenant in many(number)]

    return list_sql()


def _cost(declare: Callable[[], list[DAG]]) -> Cost:
    from airflow.serialization.serialized_objects import DagSerialization

    began = time.process_time()
    dags = declare()
    seconds = time.process_time() - began
    size = sum(len(json.dumps(DagSerialization.to_dict(dag))) for dag in dags)
    return Cost(round(seconds, 4), size)
