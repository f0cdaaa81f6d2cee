"""# 9.01 · Database integration

Thousands of rows load in one transaction; a single bad row leaves the table as it was, and the
checks on columns and tables say so.

**Level** Advanced · **Time** 20 minutes · **After** `phase5_01_connections_variables` ·
**Services** `postgres`

## What you will learn

- A **hook** gives a task the database's own connection: `PostgresHook("warehouse").get_conn()`.
- **COPY** takes in a whole file with one statement; `insert_rows` sends one for each row.
- What happens between a connection's beginning and its `commit()` is one **transaction**: all of
  it is kept, or nothing.
- **Upsert** from a staging table: new rows are inserted, changed ones updated, the others left.
- `SQLExecuteQueryOperator`, `SQLColumnCheckOperator` and `SQLTableCheckOperator` need no code.

## Run it

1. Press **Trigger**. Open `load_orders`, **Storage · XCom**: 3604 lines were staged. The first run
   writes 3420 orders and 3580 versions; run it again, and it writes 0 of both.
2. Open `race`, **Storage · XCom**: the seconds that the same lines take by COPY, and by INSERT.
3. Trigger again with *bad_row* ticked: in one line of the file the quantity is 0. `load_orders`
   turns red and its log shows the row. The orders had all been written before it came up in the
   history, and still `look_before` and `look_after` are the same. Both checks are green, for the
   tables are sound. The run ends red, for `race` is not run after a load that failed.

## Why it is written this way

Two tables that must agree are written in one transaction, or one day they will not. Rows are staged
in a temporary table: a file is big and may be wrong, so it first goes where nobody looks, and the
database itself finds the newest version of each order. The rules stand in the tables
(`PRIMARY KEY`, `CHECK`), where no program can forget them; the checks after the load see what no
single row shows, such as two tables that differ. A refused row is refused again, so a retry policy
ends the task at once; a database that is away is tried again.

## Next

`phase9_02_api_integration` takes orders in from the shop's API, page after page.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import (
    SQLColumnCheckOperator,
    SQLExecuteQueryOperator,
    SQLTableCheckOperator,
)
from airflow.sdk import ExceptionRetryPolicy, Param, RetryAction, RetryRule, TriggerRule, dag, task

from include.data import seeds
from include.loading import order_file
from include.loading.order_file import HISTORY, ORDERS

GIVE_UP = RetryRule(order_file.RefusedRowError, RetryAction.FAIL, reason="The row stays bad")
LOOK = " UNION ALL ".join(
    f"SELECT '{table}', count(*), sum(amount)::text, md5(string_agg(kept::text, '' ORDER BY kept))"
    f" FROM {table} AS kept"
    for table in (ORDERS, HISTORY)
)
COLUMNS: dict[str, dict[str, Any]] = {
    "order_id": {"null_check": {"equal_to": 0}, "unique_check": {"equal_to": 0}},
    "amount": {"null_check": {"equal_to": 0}, "min": {"geq_to": 0}},
}
TABLE = {
    "every_quantity_is_above_zero": {"check_statement": "count(*) FILTER (WHERE quantity < 1) = 0"},
    "every_order_has_a_history": {
        "check_statement": f"count(*) = (SELECT count(DISTINCT order_id) FROM {HISTORY})"
    },
    "no_version_is_newer": {
        "check_statement": f"max(updated_at) IS NOT DISTINCT FROM"
        f" (SELECT max(updated_at) FROM {HISTORY})"
    },
}


@dag(
    dag_display_name="09.01 · Database integration",
    description=(
        "Thousands of rows load in one transaction; a single bad row leaves the table as it was, "
        "and the checks on columns and tables say so."
    ),
    schedule=None,
    params={"bad_row": Param(False, type="boolean", description="Spoil one row of the file")},
    default_args={
        "owner": "sales",
        "conn_id": "warehouse",
        "retries": 1,
        "retry_delay": timedelta(seconds=2),
    },
    tags=["phase9", "advanced", "postgres"],
    doc_md=__doc__,
)
def phase9_01_database_integration() -> None:
    """Load a file into two tables, whole or not at all, and check them."""
    create_tables = SQLExecuteQueryOperator(task_id="create_tables", sql=order_file.TABLES)
    look_before = SQLExecuteQueryOperator(task_id="look_before", sql=LOOK)

    @task(retry_policy=ExceptionRetryPolicy([GIVE_UP]))
    def load_orders(params: dict[str, Any]) -> dict[str, int]:
        """Load the shop's file in one transaction; return how many rows were written."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        content = seeds.ORDERS.read_text(encoding="utf-8")
        if params["bad_row"]:
            content = order_file.spoil(content)
        return order_file.load(PostgresHook("warehouse").get_conn, content)

    at_any_rate = {"trigger_rule": TriggerRule.ALL_DONE, "retry_on_failure": False}
    look_after = SQLExecuteQueryOperator(task_id="look_after", sql=LOOK, **at_any_rate)
    check_columns = SQLColumnCheckOperator(
        task_id="check_columns", table=ORDERS, column_mapping=COLUMNS, **at_any_rate
    )
    check_tables = SQLTableCheckOperator(
        task_id="check_tables", table=ORDERS, checks=TABLE, **at_any_rate
    )

    @task
    def race() -> dict[str, float]:
        """Return the seconds that COPY takes for the file, and INSERT for each of its rows."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        content = seeds.ORDERS.read_text(encoding="utf-8")
        return order_file.race(PostgresHook("warehouse").get_conn, content)

    loaded = load_orders()
    create_tables >> look_before >> loaded
    loaded >> [look_after, check_columns, check_tables, race()]


phase9_01_database_integration()
