"""# 7.02 · Exception handling

Each kind of error ends as the page's table says: tried again, failed at once, skipped, or
served from the last good snapshot; bad records go to quarantine and none is lost.

**Level** Advanced · **Time** 20 minutes · **After** `phase7_01_retry_strategies`,
`phase4_03_trigger_rules` · **Services** `shop_api`, `postgres`

## What you will learn

Each kind of error has an end of its own, and none of them ends the run:

| what happens | what the task does | how it ends |
|---|---|---|
| `TransientError`: the API answers 503, twice | leaves it to the retries | success, third try |
| `PermanentError`: there is no such order | `AirflowFailException` | failed, first try |
| there is nothing to do | `AirflowSkipException` | skipped |
| `TransientError`, also at the last try | takes the last good snapshot | success, degraded |
| some records are wrong | puts them aside, with the reason | success, all others stored |

## Run it

1. Press **Trigger** and keep the form. The run ends green after about 10 seconds. Open `report`,
   **Storage · XCom**, and compare it with the table.
2. `keep_snapshot` and `degrade` are the same task, before and after the API breaks: they return
   the same numbers, and `degraded` tells which are old.
3. `marts.sound_orders` and `marts.order_quarantine` together hold every order; the quarantine
   keeps each record as it came, with its reason.
4. Trigger with *failures* 1: `degrade` is answered at its second try. With 4, `try_again` fails.
5. Trigger with *since* `2026-03-31`: `skip` finds orders, and turns green.

## Why it is written this way

`include/resilience/errors.py` alone decides whether the same call can succeed later; the tasks
decide what that means. `AirflowFailException` stops the retries from inside the task, a retry
policy from outside. The fallback comes after the last retry, for fresh data is better, and it says
what it is. Tables are replaced in one transaction, so that nobody reads half of them.

## Next

`phase7_03_circuit_breaker` stops asking a service that keeps failing.
"""

import logging
from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import Param, TriggerRule, dag, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from include.resilience.errors import PermanentError, TransientError
from include.retail import intake, stock
from plugins.hooks.shop_api import ShopApiHook

log = logging.getLogger(__name__)


def warehouse() -> Any:
    """Open a connection to the warehouse."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    return PostgresHook("warehouse").get_conn()


@dag(
    dag_display_name="07.02 · Exception handling",
    description=(
        "Each kind of error ends as the page's table says: tried again, failed at once, skipped, "
        "or served from the last good snapshot; bad records go to quarantine and none is lost."
    ),
    schedule=None,
    params={
        "failures": Param(2, type="integer", minimum=0, maximum=4, title="Failures in a row"),
        "since": Param("2026-05-01", type="string", format="date", title="Changes since"),
    },
    default_args={"owner": "sales", "retries": 3, "retry_delay": timedelta(seconds=1)},
    tags=["phase7", "advanced", "shop_api", "postgres"],
    doc_md=__doc__,
)
def phase7_02_exception_handling() -> None:
    """Let each kind of error happen once, and end as it should."""
    make_tables = SQLExecuteQueryOperator(
        task_id="make_tables", conn_id="warehouse", sql=stock.TABLES + intake.TABLES
    )

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
        pages = ShopApiHook().pages("/orders", updated_since=since)
        if changed := sum(len(page["orders"]) for page in pages):
            return changed
        reason = f"No order has changed since {since}."
        log.info(reason)  # The exception's own text is in a folded group of the log.
        raise AirflowSkipException(reason)

    @task(retries=1)
    def read_stock(ti: Any = None, dag_run: Any = None) -> dict[str, Any]:
        """Keep and return the stock; after the last try, return what was kept before."""
        degraded = False
        try:
            items = ShopApiHook().fetch("/stock")["stock"]
            stock.keep_stock(warehouse, items, dag_run.run_after.date())
        except TransientError:
            if ti.try_number <= ti.max_tries:
                raise
            degraded = True
        return {**stock.last_stock(warehouse), "degraded": degraded}

    @task
    def put_aside() -> dict[str, int]:
        """Store the good orders, and in quarantine the others."""
        received = [order for page in ShopApiHook().pages("/orders") for order in page["orders"]]
        return {"received": len(received), **intake.take_in(warehouse, received)}

    @task_group(prefix_group_id=False)
    def each_kind() -> None:
        """Run the rows of the table side by side."""
        try_again(), fail_at_once(), skip(), read_stock.override(task_id="degrade")(), put_aside()

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def report(ti: Any = None) -> dict[str, str]:
        """Return how each row of the table has ended."""
        states = ti.get_task_states(ti.dag_id, task_group_id="each_kind", run_ids=[ti.run_id])
        return states[ti.run_id]

    @task
    def mend_api() -> None:
        """Let the API forget the failures that are left."""
        ShopApiHook().forget_faults()

    kept, broken = read_stock.override(task_id="keep_snapshot")(), break_api()
    mended = mend_api().as_teardown(setups=broken)
    make_tables >> kept >> broken >> each_kind() >> report() >> mended


phase7_02_exception_handling()
