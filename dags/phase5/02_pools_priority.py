"""# 5.02 · Pools and priority

Many tasks want a resource with two slots: never more than two slots are used, and the heavier
tasks go first.

**Level** Intermediate · **Time** 10 minutes · **After** `phase1_02_parallel_tasks` ·
**Services** `postgres`

## What you will learn

- A **pool** limits how many tasks use a thing at the same time, over all Dags: `supplier_portal`
  has two slots.
- `pool_slots`: a heavy task takes more than one slot.
- `priority_weight`: of the tasks that wait, the heaviest is started first. `weight_rule` says how
  the weight is counted; with `absolute` it is just the number at the task (by default everything
  downstream is added).

## Run it

1. Open **Admin · Pools**: `supplier_portal` has two slots.
2. Press **Trigger** and, on the run's page, **Show Gantt**: `audit_stock` runs alone, for it
   takes both slots. Then the suppliers come in the order of their weights, never more than two at
   a time.
3. Trigger the Dag twice in a row: even then there are never more than two.
4. The table `marts.supplier_stock` has one row for each supplier, however often you do this.

## Why it is written this way

The limit belongs to the portal, not to this Dag, so it is a pool, and its size is a number that can
be changed without touching code. Weights are written where the suppliers are, in `SUPPLIERS`. All
suppliers wait for `audit_stock` and none for another, so that only pool and weight decide. A task
that needs more slots than are free waits, while lighter ones pass it: so the heavy one goes first.

## Next

`phase5_03_task_groups` brings order to a Dag of many tasks.
"""

from datetime import timedelta

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import dag

SUPPLIERS = {"bergmann": 50, "casaviva": 40, "lumen": 30, "nordlys": 20, "wiesel": 10}

AUDIT_STOCK = """
CREATE TABLE IF NOT EXISTS marts.supplier_stock (
    supplier_id text PRIMARY KEY, products integer NOT NULL, value numeric(12, 2) NOT NULL
);
SELECT count(*) FROM shop.products WHERE stock = 0
"""

STORE_STOCK = """
INSERT INTO marts.supplier_stock
SELECT supplier_id, count(*), sum(price * stock) FROM shop.products
WHERE supplier_id = %(supplier)s GROUP BY supplier_id
ON CONFLICT (supplier_id)
    DO UPDATE SET products = excluded.products, value = excluded.value
"""


@dag(
    dag_display_name="05.02 · Pools and priority",
    description=(
        "Many tasks want a resource with two slots: never more than two slots are used, and the "
        "heavier tasks go first."
    ),
    schedule=None,
    default_args={
        "owner": "purchasing",
        "conn_id": "warehouse",
        "pool": "supplier_portal",
        "weight_rule": "absolute",
        "retries": 2,
        "retry_delay": timedelta(seconds=5),
    },
    tags=["phase5", "intermediate", "postgres"],
    doc_md=__doc__,
)
def phase5_02_pools_priority() -> None:
    """Store each supplier's stock, two suppliers at a time, the important ones first."""
    audit_stock = SQLExecuteQueryOperator(
        task_id="audit_stock", sql=AUDIT_STOCK, split_statements=True, pool_slots=2
    )
    for supplier, weight in SUPPLIERS.items():
        audit_stock >> SQLExecuteQueryOperator(
            task_id=f"store_{supplier}",
            sql=STORE_STOCK,
            parameters={"supplier": supplier},
            priority_weight=weight,
        )


phase5_02_pools_priority()
