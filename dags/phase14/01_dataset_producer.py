"""# 14.01 · Asset producer

Tasks that write a file, an object and a table announce it as Asset events (in Airflow 2:
Dataset events), with the number of rows attached.

**Level** Enterprise Orchestration · **Time** 15 minutes · **After**
`phase9_01_database_integration` · **Services** `object_store`, `postgres`, `shop_api`

## What you will learn

- An **Asset** (in Airflow 2: Dataset) is a name for data, with a **URI** such as
  `x-s3://lake/phase14/orders`. Airflow never opens it; it only tells one Asset from another.
- A task that updates data says so: `outlets=[ORDERS]`. When it succeeds, Airflow records an **Asset
  event**; when it fails or is skipped, it does not.
- An event carries **metadata** (`extra`): here the number of rows, and where they are. Both ways to
  attach it are shown: `outlet_events[ORDERS].extra` and `yield Metadata(PRICES, {...})`.

## Run it

1. Press **Trigger**. A day's orders become an object, prices a local file, revenue a table, and the
   partner API's stock is fetched anew: four tasks, four events.
2. Open `show_events`, **Storage · XCom**: of each Asset the newest event's extra.
3. Open **Assets** in the menu, then `shop_orders`: its events, and who makes and awaits them.
4. Trigger with *update* `write_prices`: the other three are skipped, and only `price_list` has a
   new event.

## Why it is written this way

The Assets stand in `plugins/assets/shop.py`, because a producer and its consumers, which are other
Dags of perhaps other teams, have to mean the same. A URI names no machine and no password: a
bucket that moves is still the same data. Each writer replaces what it wrote before, so a second
run leaves the same, and says again that it is fresh.

## Next

`phase14_02_dataset_consumer` starts by itself when orders and stock are new.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import Metadata, Param, TriggerRule, dag, task

from include.retail import asset_tables
from plugins.assets.shop import ORDERS, PRICES, REVENUE, STOCK

WRITERS = ["export_orders", "write_prices", "add_up_revenue", "refresh_stock"]


def connect() -> Any:
    """Open a connection to the warehouse."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    return PostgresHook("warehouse").get_conn()


def wanted(context: Mapping[str, Any]) -> bool:
    """Whether this task is to update its data in this run."""
    return context["params"]["update"] in ("all", context["task"].task_id)


@dag(
    dag_display_name="14.01 · Asset producer",
    description=(
        "Tasks that write a file, an object and a table announce it as Asset events (in Airflow 2: "
        "Dataset events), with the number of rows attached."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "update": Param("all", enum=["all", *WRITERS], description="Which data to make anew"),
        "day": Param("2026-01-05", type="string", format="date", description="Whose orders"),
    },
    default_args={"owner": "sales", "retries": 2, "retry_delay": timedelta(seconds=2)},
    tags=["phase14", "enterprise-orchestration", "object_store", "postgres", "shop_api"],
    doc_md=__doc__,
)
def phase14_01_dataset_producer() -> None:
    """Make data of four kinds anew, and say so."""
    make_tables = SQLExecuteQueryOperator(
        task_id="make_tables", conn_id="warehouse", sql=asset_tables.TABLES, split_statements=True
    )

    @task.run_if(wanted)
    @task(outlets=[ORDERS])
    def export_orders(params: dict[str, Any], outlet_events: Any) -> None:
        """Write a day's orders as one object."""
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        sql = "SELECT * FROM shop.orders WHERE ordered_at::date = %(day)s ORDER BY 1"
        orders = PostgresHook("warehouse").get_df(sql, parameters={"day": params["day"]})
        key = f"phase14/orders/{params['day']}.csv"
        S3Hook("object_store").load_string(orders.to_csv(index=False), key, "lake", replace=True)
        outlet_events[ORDERS].extra = {"rows": len(orders), "key": key}

    @task.run_if(wanted)
    @task(outlets=[PRICES])
    def write_prices(folder: str) -> Iterator[Metadata]:
        """Write the price list as a local file, whole or not at all."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        prices = PostgresHook("warehouse").get_df("SELECT sku, price FROM shop.products ORDER BY 1")
        file = Path(folder, "phase14", "prices.csv")
        file.parent.mkdir(exist_ok=True)
        prices.to_csv(file.with_suffix(".part"), index=False)
        file.with_suffix(".part").replace(file)
        yield Metadata(PRICES, {"rows": len(prices)})

    @task.run_if(wanted)
    @task(outlets=[REVENUE])
    def add_up_revenue(outlet_events: Any) -> None:
        """Add up revenue by country into a table."""
        outlet_events[REVENUE].extra = {"rows": asset_tables.add_up_revenue(connect)}

    @task.run_if(wanted)
    @task(outlets=[STOCK])
    def refresh_stock(outlet_events: Any) -> None:
        """Fetch what the partner has on its shelves."""
        from plugins.hooks.shop_api import ShopApiHook

        stock = ShopApiHook().fetch("/stock")["stock"]
        outlet_events[STOCK].extra = {"rows": asset_tables.replace_stock(connect, stock)}

    @task(inlets=[ORDERS, PRICES, REVENUE, STOCK], trigger_rule=TriggerRule.NONE_FAILED)
    def show_events(inlet_events: Any) -> dict[str, Any]:
        """Return of each Asset what its newest event says."""
        assets = (ORDERS, PRICES, REVENUE, STOCK)
        return {one.name: inlet_events[one][-1].extra for one in assets if inlet_events[one]}

    folder = "{{ conn.landing.extra_dejson.path }}"
    written = [export_orders(), write_prices(folder), add_up_revenue(), refresh_stock()]
    make_tables >> written >> show_events()


phase14_01_dataset_producer()
