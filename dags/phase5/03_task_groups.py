"""# 5.03 · Task groups

A crowded graph folds into nested groups with settings of their own, and one group is repeated
for every element of a list.

**Level** Intermediate · **Time** 10 minutes · **After** `phase4_04_dynamic_tasks` ·
**Services** `postgres`

## What you will learn

- A **task group** folds tasks into one box of the graph; `@task_group` makes one from a function.
- Groups nest. A task's full id names its groups: `check.orders.count_orders`.
- `default_args` of a group hold for its tasks alone.
- A group can be **mapped**: `report.expand(country=...)` makes one copy of the whole group for
  each country, and how many there are is known only while the Dag runs.

## Run it

1. Press **Trigger** and open the run's **Graph**: three boxes. Click one to unfold it.
2. Unfold `check`, then `orders` in it. Both have to be right before a report is written.
3. Open `report.sum_revenue`: **Task Instances** lists one for each country.
4. Open `publish` and its **Logs**: all countries together. Trigger again: the same rows stay.

## Why it is written this way

A group is for reading, it does nothing itself: the checks belong together, so they share a box and
its `retries`. The same two steps for each country are one mapped group and not a loop, since the
countries come out of the warehouse, and a file of a Dag must not ask it while it is read.

## Next

`phase5_04_callbacks` reacts to what happens to a run.
"""

import logging
from datetime import timedelta

from airflow.providers.common.sql.operators.sql import SQLCheckOperator, SQLExecuteQueryOperator
from airflow.sdk import TaskGroup, dag, task, task_group

log = logging.getLogger(__name__)

CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS marts.country_revenue (
    country text PRIMARY KEY, revenue numeric(12, 2) NOT NULL
)
"""
SUM_REVENUE = """
SELECT country, sum(amount) FROM shop.orders
WHERE country = %s AND status NOT IN ('cancelled', 'returned') GROUP BY country
"""
STORE_REVENUE = """
INSERT INTO marts.country_revenue VALUES (%s, %s)
ON CONFLICT (country) DO UPDATE SET revenue = excluded.revenue
"""


@dag(
    dag_display_name="05.03 · Task groups",
    description=(
        "A crowded graph folds into nested groups with settings of their own, and one group is "
        "repeated for every element of a list."
    ),
    schedule=None,
    default_args={
        "owner": "sales",
        "conn_id": "warehouse",
        "retries": 2,
        "retry_delay": timedelta(seconds=5),
    },
    tags=["phase5", "intermediate", "postgres"],
    doc_md=__doc__,
)
def phase5_03_task_groups() -> None:
    """Check the shop's tables, then report revenue country by country."""
    with TaskGroup("check", default_args={"retries": 0}) as check:
        SQLCheckOperator(task_id="count_customers", sql="SELECT count(*) FROM shop.customers")
        with TaskGroup("orders"):
            SQLCheckOperator(task_id="count_orders", sql="SELECT count(*) FROM shop.orders")
            SQLCheckOperator(task_id="has_sales", sql="SELECT sum(amount) > 0 FROM shop.orders")

    create_table = SQLExecuteQueryOperator(task_id="create_table", sql=CREATE_TABLE)

    @task
    def list_countries() -> list[str]:
        """Return every country that somebody has ordered from."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        sql = "SELECT DISTINCT country FROM shop.orders WHERE country IS NOT NULL ORDER BY country"
        return [country for (country,) in PostgresHook("warehouse").get_records(sql)]

    @task_group
    def report(country: str) -> None:
        """Sum and store one country's revenue."""

        @task
        def sum_revenue(country: str) -> list[str]:
            """Return the country and its revenue in EUR."""
            from airflow.providers.postgres.hooks.postgres import PostgresHook

            return [
                str(value) for value in PostgresHook("warehouse").get_first(SUM_REVENUE, [country])
            ]

        @task
        def store_revenue(row: list[str]) -> None:
            """Write the country's row, or replace it."""
            from airflow.providers.postgres.hooks.postgres import PostgresHook

            PostgresHook("warehouse").run(STORE_REVENUE, parameters=row)

        store_revenue(sum_revenue(country))

    @task
    def publish(countries: list[str]) -> str:
        """Log the revenue of all countries; return it in EUR."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        (total,) = PostgresHook("warehouse").get_first(
            "SELECT sum(revenue) FROM marts.country_revenue"
        )
        log.info("%s countries earned %s EUR", len(countries), total)
        return str(total)

    countries = list_countries()
    check >> create_table >> countries
    report.expand(country=countries) >> publish(countries)


phase5_03_task_groups()
