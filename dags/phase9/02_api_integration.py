"""# 9.02 · API integration

Every record of the shop's API arrives once, page after page, below its rate limit, even though
the access token expires on the way.

**Level** Advanced · **Time** 20 minutes · **After** `phase7_01_retry_strategies` · **Services**
`shop_api`, `postgres`

## What you will learn

- **OAuth2 client credentials**: id and secret of the connection buy a token; when it expires, a new
  one is fetched and the refused call is repeated.
- **Cursor pagination**: each page names the next one, until there is none.
- **Rate limit**: keep a pace below it. An answer of 429 says in `Retry-After` how long to wait.
- **Watermark**: until when everything is copied. The next sync asks only for what is newer.
- A **deferrable** operator waits in the triggerer, with no worker slot: here for the end of a wait,
  and for a slow answer.

## Run it

1. Press **Trigger** with *start_over* ticked. On the way of this run, and of no other, the API
   lets its token expire, then asks it to wait for two seconds. The run ends green.
2. Open `sync_orders`, **Storage · XCom**: 18 pages and one wait. There are 3420 orders; one of the
   3421 records came twice, at the watermark. **Logs** tell how the task gave its slot back.
3. Open `report`, **Storage · XCom**: 20 calls to `/orders`, of which 2 were broken. The first was
   repeated at once, with a new token; after the second came a wait of 2 seconds or more.
   No page was fetched twice: `repeated` is 0.
4. While `read_stock` waits for its slow answer, the **Grid** shows it as deferred.
5. Trigger again as it is: one call, one order. Nothing has changed since, and the watermark's own
   moment is read once more.

## Why it is written this way

Rows and watermark move in one transaction, page by page: a sync that is stopped goes on with the
next page, and none is lost or stored twice. Waiting for the API is no failure, so it takes none of
the `retries`; those are for what breaks. 20 calls in a second leave a third of the limit to others.
`HttpOperator(deferrable=True)` cannot log in with OAuth2, so the trigger is our own; the token is
fetched where it is used, and stands in no database.

## Next

`phase9_03_cloud_integration` moves one dataset through three clouds.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLCheckOperator, SQLExecuteQueryOperator
from airflow.sdk import Param, dag, task

from include.resilience.backoff import tries_by_path
from include.retail import order_sync
from plugins.hooks.shop_api import ShopApiHook
from plugins.operators.shop_api import ShopApiCallOperator, SyncPagesOperator

COPY = order_sync.ORDERS
# Five pages pass, the token expires, five pages pass, the API asks for a wait.
FAULTS: list[dict[str, Any]] = [
    {"path": "/orders", "next": 5, "status": None},
    {"path": "/orders", "next": 1, "status": None, "expire_token": True},
    {"path": "/orders", "next": 5, "status": None},
    {"path": "/orders", "next": 1, "status": 429, "retry_after": 2},
    {"path": "/stock", "next": 1, "status": None, "delay_seconds": 5},
]
RETRIES = {"retries": 3, "retry_delay": timedelta(seconds=2)}


def warehouse() -> Any:
    """Open a connection to the warehouse."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    return PostgresHook("warehouse").get_conn()


@dag(
    dag_display_name="09.02 · API integration",
    description=(
        "Every record of the shop's API arrives once, page after page, below its rate limit, even "
        "though the access token expires on the way."
    ),
    schedule=None,
    max_active_runs=1,
    params={"start_over": Param(False, type="boolean", description="Forget what is copied")},
    default_args={"owner": "sales", "conn_id": "warehouse", **RETRIES},
    tags=["phase9", "advanced", "shop_api", "postgres"],
    doc_md=__doc__,
)
def phase9_02_api_integration() -> None:
    """Copy the orders of the API, each once, whatever happens on the way."""
    tables = [*order_sync.TABLES]
    tables += [
        f"DELETE FROM {name} WHERE {{{{ params.start_over }}}}"
        for name in (COPY, order_sync.WATERMARKS)
    ]
    make_tables = SQLExecuteQueryOperator(task_id="make_tables", sql=tables)

    @task
    def break_api() -> None:
        """Order what this run will meet on its way."""
        shop = ShopApiHook()
        shop.forget_faults()
        shop.forget_received()
        for fault in FAULTS:
            shop.order_fault(**fault)

    sync_orders = SyncPagesOperator(
        task_id="sync_orders",
        path="/orders",
        since=lambda: order_sync.watermark(warehouse),
        keep=lambda page: order_sync.keep(warehouse, page["orders"]),
    )
    check_orders = SQLCheckOperator(
        task_id="check_orders",
        sql=f"SELECT count(*) = 0 FROM ((TABLE shop.orders EXCEPT TABLE {COPY}) UNION ALL "
        f"(TABLE {COPY} EXCEPT TABLE shop.orders)) AS different",
    )
    read_stock = ShopApiCallOperator(task_id="read_stock", path="/stock")

    @task
    def report(stock: dict[str, Any]) -> dict[str, Any]:
        """Return what the API received from this run, and how many units the shop has."""
        units = sum(item["units"] for item in stock["stock"])
        return {**tries_by_path(ShopApiHook().received()), "units": units}

    @task
    def mend_api() -> None:
        """Let the API forget what is left of it."""
        ShopApiHook().forget_faults()

    broken, told = break_api(), report(read_stock.output)
    make_tables >> broken >> [sync_orders, read_stock]
    sync_orders >> check_orders >> told >> mend_api().as_teardown(setups=broken)


phase9_02_api_integration()
