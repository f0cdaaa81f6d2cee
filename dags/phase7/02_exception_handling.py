"""# 7.02 · Exception handling

Each kind of error ends as the page's table says: tried again, failed at once, skipped, or
served from the last good snapshot; bad records go to quarantine and none is lost.

**Level** Advanced · **Time** 20 minutes · **After** `phase7_01_retry_strategies`,
`phase4_03_trigger_rules` · **Services** `shop_api`, `postgres`

## What you will learn

Each kind of error has an end of its own, and none of them ends the run:

| what happens | the task | it ends |
|---|---|---|
| `TransientError`: the API answers 503, twice | lets it through, for its retries | success, at the third try |
| `PermanentError`: the API knows no such order | `AirflowFailException` | failed, at the first try |
| there is nothing to do | `AirflowSkipException` | skipped |
| `TransientError`, also at the last try | takes the last good snapshot | success, degraded |
| a record is wrong | puts it aside, with its reason | success, all others stored |

## Run it

1. Press **Trigger** and keep the form. The run ends green in about 10 seconds. Open `report`,
   **Storage · XCom**, and compare it with the table.
2. `keep_snapshot` and `degrade` are the same task, before and after the API breaks. Their return
   values are equal but for `degraded`: the numbers are the same, and say how good they are.
3. In the warehouse, `marts.sound_orders` and `marts.order_quarantine` together hold every order that
   the API has; the quarantine keeps the record as it came, and the reason.
4. Trigger with *failures* 1: the second try of `degrade` is answered, `degraded` is false. With 4,
   `try_again` has no try left and fails.
5. Trigger with *since* `2026-03-31`: `skip` has orders to count, and turns green.

## Why it is written this way

Whether the same call can succeed later is decided in one place, `include/resilience/errors.py`, and
the tasks only decide what that means for them. `AirflowFailException` stops the retries from within
the task; a retry policy, as in the lesson before, does it from outside. A fallback comes after the
last retry, for old data is worse than new, and says that it is one. The snapshot and both
tables of orders are replaced in one transaction each, so nobody ever reads half of them.

## Next

`phase7_03_circuit_breaker` stops asking a service that keeps failing.
"""

import json
from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import Param, TriggerRule, dag, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from include.data.replace import replace_rows
from include.resilience.errors import PermanentError, TransientError
from include.resilience.quarantine import sort_out
from include.retail.orders import order_with_country
from plugins.hooks.shop_api import ShopApiHook

TABLES = """
CREATE TABLE IF NOT EXISTS marts.stock_snapshot (
    product_id integer PRIMARY KEY, units integer NOT NULL, day date NOT NULL
);
CREATE TABLE IF NOT EXISTS marts.sound_orders (
    order_id integer PRIMARY KEY, country text NOT NULL, amount numeric(10, 2) NOT NULL
);
CREATE TABLE IF NOT EXISTS marts.order_quarantine (
    order_id integer PRIMARY KEY, reason text NOT NULL, record jsonb NOT NULL
)
"""


def warehouse() -> Any:
    """Return a hook for the warehouse."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    return PostgresHook("warehouse")


@dag(
    schedule=None,
    params={
        "failures": Param(2, type="integer", minimum=0, maximum=4, title="Failures in a row"),
        "since": Param("2026-04-01", type="string", format="date", title="Changes since"),
    },
    default_args={"retries": 3, "retry_delay": timedelta(seconds=1)},
    tags=["phase7", "advanced", "shop_api", "postgres"],
    doc_md=__doc__,
)
def phase7_02_exception_handling() -> None:
    """Let each kind of error happen once, and end as it should."""
    make_tables = SQLExecuteQueryOperator(task_id="make_tables", conn_id="warehouse", sql=TABLES)

    @task(retries=1)
    def read_stock(ti: Any = None, dag_run: Any = None) -> dict[str, Any]:
        """Keep the stock of today; if the API does not answer, return what was kept last."""
        degraded = False
        try:
            stock = ShopApiHook().fetch("/stock")["stock"]
            rows = [(item["product_id"], item["units"], dag_run.run_after.date()) for item in stock]
            replace_rows(warehouse().get_conn, {"marts.stock_snapshot": rows})
        except TransientError:
            if ti.try_number <= ti.max_tries:
                raise
            degraded = True
        sql = "SELECT count(*), sum(units), max(day)::text FROM marts.stock_snapshot"
        products, units, day = warehouse().get_first(sql)
        return {"products": products, "units": units, "day": day, "degraded": degraded}

    @task
    def break_api(params: dict[str, Any] | None = None) -> None:
        """Order the failures of reviews and stock, for this run alone."""
        shop = ShopApiHook()
        shop.forget_faults()
        for path in ("/reviews", "/stock") if params["failures"] else ():
            shop.order_fault(path=path, next=params["failures"], status=503)

    @task
    def try_again() -> int:
        """Count the reviews; what may pass is left to the retries."""
        return sum(len(page["reviews"]) for page in ShopApiHook().pages("/reviews"))

    @task
    def fail_at_once() -> dict[str, Any]:
        """Ask for an order that does not exist, and give up."""
        try:
            return ShopApiHook().fetch("/orders/1")
        except PermanentError as error:
            raise AirflowFailException(str(error)) from error

    @task
    def skip(params: dict[str, Any] | None = None) -> int:
        """Count the orders that have changed; skip if there are none."""
        since = f"{params['since']}T00:00:00Z"
        orders = ShopApiHook().fetch("/orders", updated_since=since, limit=1)["orders"]
        if not orders:
            raise AirflowSkipException(f"No order has changed since {since}.")
        return len(orders)

    @task
    def put_aside() -> dict[str, int]:
        """Store each order: with the good ones, or in quarantine with its reason."""
        received = [order for page in ShopApiHook().pages("/orders") for order in page["orders"]]
        good, refused = sort_out(received, order_with_country)
        tables = {
            "marts.sound_orders": [(one.order_id, one.country, one.amount) for one in good],
            "marts.order_quarantine": [
                (one.record["order_id"], one.reason, json.dumps(one.record)) for one in refused
            ],
        }
        replace_rows(warehouse().get_conn, tables)
        return {"received": len(received), "good": len(good), "quarantined": len(refused)}

    @task_group(prefix_group_id=False)
    def each_kind() -> None:
        """The rows of the table."""
        try_again(), fail_at_once(), skip(), read_stock.override(task_id="degrade")(), put_aside()

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def report(ti: Any = None) -> dict[str, str]:
        """Return how each task of the table has ended."""
        run_id = ti.run_id
        return ti.get_task_states(ti.dag_id, task_group_id="each_kind", run_ids=[run_id])[run_id]

    @task
    def mend_api() -> None:
        """Let the API forget the failures that are left."""
        ShopApiHook().forget_faults()

    kept = read_stock.override(task_id="keep_snapshot")()
    broken = break_api()
    (
        make_tables
        >> kept
        >> broken
        >> each_kind()
        >> report()
        >> mend_api().as_teardown(setups=broken)
    )


phase7_02_exception_handling()
