"""# 17.01 · OpenLineage

SQL runs and its lineage appears unasked, down to the column, with a facet of your own, as a
graph to look at.

**Level** Enterprise Security & Governance · **Time** 20 minutes · **After**
`phase9_01_database_integration`, `phase14_01_dataset_producer` · **Services** `postgres`,
`inbox`

## What you will learn

- **Lineage** says where data comes from and where it goes. **OpenLineage** is the language for it:
  each run tells a **collector** which datasets it has read and written.
- Operators tell it **unasked**. Airflow reads the SQL of a task, and knows its tables, and of each
  column the columns it is made of. Operators for Spark, BigQuery or Snowflake do the same.
- A **facet** is a group of facts that an event bears: the schema of a table, the SQL, the owner.
  `add_up` adds one of the shop's **own**: how many rows there are, and how many miss something.
- What no operator tells, a task does by **an event of its own**: `write_newsletter` is Python, and
  names what it has read and the newsletter, which is no table.
- A dataset's **name** is the same whoever speaks of it: `postgres://host:port`, and in it
  `warehouse.shop.orders`. So the lineage of many programs grows together into one graph.

## Run it

1. Press **Trigger**. Open the inbox (its address is in the terminal of `make up`), and there
   **Lineage**: two tables of the shop lead through `collect_orders` and `add_up` to the newsletter;
   thin lines join the columns.
2. Below the picture, open `add_up`: among its facets is `shop_trust`.
3. `trace_column`, **Storage · XCom**: the revenue comes from `shop.orders.amount`, through
   `marts.lineage_orders.amount`; and all that depends on `shop.orders`.

## Why it is written this way

Lineage that people draw is wrong after the next change. Here it is a by-product of what really ran,
and the code of `collect_orders` has no word of it; each column only has a name (`AS`), for the
parser cannot guess. Only phase 17 sends events: so says the setting `emission_policy`.

## Next

`phase17_02_data_catalog` publishes what there is, so that people find it.
"""

from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import dag, task

from include.lineage import tables
from plugins.operators.trusted_sql import TrustedSqlOperator


@dag(
    dag_display_name="17.01 · OpenLineage",
    description=(
        "SQL runs and its lineage appears unasked, down to the column, with a facet of your own, "
        "as a graph to look at."
    ),
    schedule=None,
    max_active_runs=1,
    default_args={"owner": "sales", "retries": 2, "retry_delay": 2, "conn_id": "warehouse"},
    tags=["phase17", "enterprise-security-governance", "postgres", "inbox"],
    doc_md=__doc__,
)
def phase17_01_openlineage() -> None:
    """Write tables by SQL, and read from the collector what that has told."""
    make_tables = SQLExecuteQueryOperator(task_id="make_tables", sql=tables.MAKE)
    collect_orders = SQLExecuteQueryOperator(task_id="collect_orders", sql=tables.COLLECT)
    add_up = TrustedSqlOperator(
        task_id="add_up", sql=tables.ADD_UP, table="marts.lineage_revenue", owner="sales"
    )

    @task
    def write_newsletter() -> list[str]:
        """Choose the countries that the newsletter speaks of, and say what it is made of."""
        from airflow.providers.openlineage.api import emit_dataset_lineage
        from airflow.providers.postgres.hooks.postgres import PostgresHook
        from openlineage.client.event_v2 import Dataset

        from plugins.hooks.lineage import LineageHook

        best = PostgresHook("warehouse").get_records(tables.BEST)
        emit_dataset_lineage(
            inputs=[Dataset(*LineageHook().name_of("marts.lineage_revenue"))],
            outputs=[Dataset("mail://shop.example", "newsletter")],
        )
        return [country for (country,) in best]

    @task
    def trace_column() -> dict[str, Any]:
        """Return what the revenue comes from, and what depends on the orders."""
        from plugins.hooks.lineage import LineageHook

        lineage = LineageHook()
        return {
            "revenue comes from": lineage.upstream("marts.lineage_revenue", "revenue"),
            "depends on shop.orders": lineage.downstream("shop.orders"),
        }

    make_tables >> collect_orders >> add_up >> write_newsletter() >> trace_column()


phase17_01_openlineage()
