"""# 15.03 · Dynamic Dag patterns

Every tenant gets its own Dag from one configuration and cannot see another's data; you measure
dynamic tasks against dynamic Dags.

**Level** Enterprise Orchestration · **Time** 20 minutes · **After**
`phase15_02_jinja_templates` · **Services** `postgres`

## What you will learn

- **Multi-tenancy**: `configs/tenants.yaml` lists the tenants, here two branches of the shop, and a
  loop declares a Dag for each. A new tenant is an entry, not a program.
- **Inheritance**: a tenant extends a profile, a profile another; what the nearest says wins.
  **Composition**: a Dag's steps are put together from blocks that know nothing of each other.
- **Isolation** is made where it can be kept. Each tenant has a login of the database that sees its
  own schema alone, and with it a connection; a pool, so that a busy one starves nobody; and a role
  whose users see one Dag.
- **Dynamic Dags or dynamic tasks**: a Dag each is read again and again, by every process. Mapped
  tasks of one Dag are made by its run, and all cost one declaration.

## Run it

1. Press **Trigger**. `open_schema` gives each tenant its rows, `start_tenant` starts both Dags,
   each through its own connection. `look_around`, **Storage · XCom**: a tenant reads its own
   orders; its neighbour's schema, `shop` and `marts` are *refused*, and it is PostgreSQL that does.
2. `measure` returns seconds and bytes for 100 tenants, as Dags and as mapped tasks. Trigger with
   *tenants* 500: the Dags' figures are five times as high, those of the tasks are as before.
3. In **Admin · Pools** is one for each tenant; **Security · List Roles** has `tenant_north`.
4. Let `south` in the file have a country of `north`, and save this file too: nothing is loaded, and
   the import error says that `SE` belongs to one tenant alone. Here a mistake is everybody's.

## Why it is written this way

A filter in each query would keep tenants apart until somebody forgets it. Here the login cannot:
`refuse_leaks` fails if it ever could. Take a Dag each where tenants differ in schedule, steps,
rights or history; take mapped tasks where they differ in data alone. 500 Dags in one file are read
within the time that `docs/benchmarks.md` states; it grows by the same amount for each.

## Next

`phase16_01_secrets_backend` takes the passwords out of Airflow's database.
"""

from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

from include.dag_factory import steps, tenants
from plugins.factories import tenant_dags

LESSON, TITLE = "phase15_03_dynamic_dag_patterns", "15.03 · Dynamic Dag patterns"
TAGS = ["phase15", "enterprise-orchestration", "postgres"]
TENANTS = tenants.load(Path(__file__).with_name("configs") / "tenants.yaml")
NAMES = [tenant.name for tenant in TENANTS]

for each in TENANTS:
    globals()[each.name] = tenant_dags.build(each, LESSON, TITLE, [*TAGS, "helper"])


@dag(
    dag_display_name="15.03 · Dynamic Dag patterns",
    description=(
        "Every tenant gets its own Dag from one configuration and cannot see another's data; you "
        "measure dynamic tasks against dynamic Dags."
    ),
    schedule=None,
    max_active_runs=1,
    params={"tenants": Param(100, type="integer", minimum=1, maximum=500, title="Tenants")},
    default_args={"owner": "platform", "retries": 2, "retry_delay": 2},
    tags=TAGS,
    doc_md=__doc__,
)
def phase15_03_dynamic_dag_patterns() -> None:
    """Open a schema for each tenant, start its Dag, and prove that it sees no other."""

    @task(map_index_template="{{ name }}")
    def open_schema(name: str) -> str:
        """Give a tenant its schema and the rows that are its own; return the schema."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        tenant = TENANTS[NAMES.index(name)]
        PostgresHook("warehouse").run(steps.opening(tenant.schema, tenant.countries))
        return tenant.schema

    @task(map_index_template="{{ schema }}")
    def look_around(schema: str) -> dict[str, str]:
        """Try to read everybody's orders as this tenant; return what came of it."""
        from plugins.hooks.tenants import TenantHook

        return TenantHook(schema).look_at([*(one.schema for one in TENANTS), "shop", "marts"])

    @task
    def refuse_leaks(found: list[dict[str, str]]) -> None:
        """Fail if a tenant has read what is not its own, or not what is."""
        answers = {one.schema: seen for one, seen in zip(TENANTS, found, strict=True)}
        if leaks := tenants.leaks(answers):
            raise AirflowFailException("\n".join(leaks))

    @task
    def measure(params: dict[str, Any]) -> dict[str, dict[str, float]]:
        """Return what so many tenants cost to declare, as Dags and as mapped tasks."""
        number = params["tenants"]
        costs = {"dags": tenant_dags.cost_of_dags, "mapped tasks": tenant_dags.cost_of_tasks}
        return {name: cost(number)._asdict() for name, cost in costs.items()}

    start_tenant = TriggerDagRunOperator.partial(
        task_id="start_tenant",
        trigger_run_id="started_by_15_03",
        reset_dag_run=True,
        map_index_template="{{ task.trigger_dag_id }}",
    ).expand(trigger_dag_id=[f"{LESSON}__{name}" for name in NAMES])
    schemas = open_schema.expand(name=NAMES)
    refuse_leaks(look_around.expand(schema=schemas))
    schemas >> start_tenant
    measure()


phase15_03_dynamic_dag_patterns()
