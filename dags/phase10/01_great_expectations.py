"""# 10.01 · Great Expectations

A good batch passes the gate, a spoiled one is stopped with the rule that it broke, and a page
shows every result.

**Level** Enterprise Foundation · **Time** 20 minutes · **After**
`phase9_01_database_integration` · **Services** `postgres`, `object_store`

## What you will learn

- An **expectation** is a rule for a batch of data that has a name, such as
  `expect_column_values_to_not_be_null`. A **suite** is all rules of one batch: here the file
  `configs/expectations/orders.json`, which says of each rule why it is there.
- A **data source** says where the batch is, a **checkpoint** holds it against the suite, and
  **Data Docs** are the pages that show every result.
- A **quality gate** is a task that fails when a rule is broken, so that nothing after it runs. A
  rule of severity *warning* is told and lets the batch pass.

## Run it

1. Press **Trigger**. February's orders meet all eleven rules: `publish_orders` copies them to
   `marts.checked_orders`. Open `check_batch`, **Storage · XCom**, and the address under *page*.
2. Trigger with *spoil* `customer is missing`. The run fails in `open_gate`, and its log names
   `expect_column_values_to_not_be_null(customer_id)` and how many rows it found. The page says
   Failed, and `marts.checked_orders` is as it was.
3. Trigger with *spoil* `column is lost`: each rule that needs the column is named.
4. Trigger with *spoil* `country is missing`: only a warning, so the run ends green.

## Why it is written this way

The batch waits in a table of its own until it is checked, and only then moves on: readers of
`marts.checked_orders` never see one that was not. The suite is a file, so a rule changes in a
review and not in code, and a wrong one is refused with its line. Great Expectations gets the
warehouse's address with a name in place of the password, and its pages are made to stand alone:
they need no other server, and the same rows give the same bytes.

## Next

`phase10_02_schema_validation` lets the form of the data change without breaking who reads it.
"""

from datetime import datetime, timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

BATCH = "marts.order_batch"
PAGES = "phase10/01_great_expectations"
MONTH = "to_char(ordered_at AT TIME ZONE 'UTC', 'YYYY-MM') = '{{ params.month }}'"
SPOILS = {
    "nothing": f"SELECT count(*) FROM {BATCH}",
    "customer is missing": f"UPDATE {BATCH} SET customer_id = NULL WHERE order_id % 20 = 0",
    "quantity is impossible": f"UPDATE {BATCH} SET quantity = -1 WHERE order_id % 50 = 0",
    "column is lost": f"ALTER TABLE {BATCH} DROP COLUMN amount",
    "file is cut off": f"DELETE FROM {BATCH} WHERE order_id % 3 > 0",
    "country is missing": f"UPDATE {BATCH} SET country = NULL WHERE order_id % 10 = 0",
}
PUBLISH = [
    "CREATE TABLE IF NOT EXISTS marts.checked_orders (LIKE shop.orders, PRIMARY KEY (order_id))",
    f"DELETE FROM marts.checked_orders WHERE {MONTH}",
    f"INSERT INTO marts.checked_orders SELECT * FROM {BATCH}",
]


@dag(
    dag_display_name="10.01 · Great Expectations",
    description=(
        "A good batch passes the gate, a spoiled one is stopped with the rule that it broke, and a "
        "page shows every result."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "month": Param("2026-02", enum=["2026-01", "2026-02", "2026-03"], description="Batch"),
        "spoil": Param("nothing", enum=list(SPOILS), description="What is wrong with the batch"),
    },
    default_args={
        "owner": "sales",
        "conn_id": "warehouse",
        "retries": 2,
        "retry_delay": timedelta(seconds=2),
    },
    tags=["phase10", "enterprise-foundation", "postgres", "object_store"],
    doc_md=__doc__,
)
def phase10_01_great_expectations() -> None:
    """Let a month of orders pass the gate, or stop it there."""
    take_batch = SQLExecuteQueryOperator(
        task_id="take_batch",
        sql=[
            f"DROP TABLE IF EXISTS {BATCH}",
            f"CREATE TABLE {BATCH} AS SELECT * FROM shop.orders WHERE {MONTH}",
        ],
    )

    @task
    def spoil_batch(params: dict[str, Any]) -> None:
        """Do to the batch what `spoil` says."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        PostgresHook("warehouse").run(SPOILS[params["spoil"]])

    @task
    def check_batch(params: dict[str, Any]) -> dict[str, Any]:
        """Hold the batch against the suite; return what it broke, and where the page is."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        from include.quality import checkpoint, expectations
        from plugins.hooks.pages import PagesHook

        url, as_of = PostgresHook("warehouse").get_uri(), f"{params['month']}-28T00:00:00+00:00"
        suite, place = expectations.load("orders"), BATCH.split(".")
        found = checkpoint.check_table(suite, url, *place, datetime.fromisoformat(as_of))
        page = PagesHook().publish(PAGES, found.pages)
        broken = [{"severity": one.severity, "rule": str(one)} for one in found.broken]
        return {"rules": found.rules, "broken": broken, "page": page}

    @task(retries=0)
    def open_gate(checked: dict[str, Any]) -> str:
        """Fail if a critical rule is broken; return the page that shows every result."""
        stopped = [one["rule"] for one in checked["broken"] if one["severity"] == "critical"]
        if stopped:
            raise AirflowFailException(f"{'; '.join(stopped)}. Every result: {checked['page']}")
        return checked["page"]

    publish_orders = SQLExecuteQueryOperator(task_id="publish_orders", sql=PUBLISH)

    checked = check_batch()
    take_batch >> spoil_batch() >> checked
    open_gate(checked) >> publish_orders


phase10_01_great_expectations()
