"""# 14.02 · Asset consumer

A Dag starts by itself when all of its Assets are new, not before, and reads only what has been
added since its last run.

**Level** Enterprise Orchestration · **Time** 15 minutes · **After**
`phase14_01_dataset_producer` · **Services** `object_store`, `postgres`

## What you will learn

- `schedule=[ORDERS, STOCK]` starts a Dag when **all** of these Assets have a new event since its
  last run; not before, and once, however many events there were.
- **Inlets** let a task read events: `inlet_events[ORDERS].after(...)` asks only for the newer ones,
  and their `extra` says which objects to read.
- A **watermark** is how far a consumer has read. It is kept in the **Asset's state store**, which
  survives runs, and moved only after the write.

## Run it

1. Trigger *14.01 · Asset producer* with *update* `export_orders`. This Dag does not start: the
   list of Dags says in its column *Schedule* that 1 of 2 Assets is updated.
2. Trigger that Dag with *update* `refresh_stock`: now a run of this Dag starts by itself. Open its
   `report`, **Storage · XCom**: the events that started it.
3. Trigger the first Dag with *day* `2026-01-06` and *update* `export_orders`, then with
   `refresh_stock`: `find_new` returns one key, that of the new day, and nothing is read twice.
4. Press **Trigger** here: nothing is new, so nothing is read, and the run is green.
5. Open **Assets**, then `shop_orders`: beside its events stands the Asset graph, *Scheduling*.

## Why it is written this way

The event says *that* and *where*, the data stays where it is. The watermark moves last: a run that
dies after its write reads the same objects again, and the write replaces rows by their key. A run
that a person started has no triggering events; reading from the watermark works for both.

## Next

`phase14_03_dataset_patterns` shows what else can start a Dag.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import dag, task

from include.retail import asset_tables
from plugins.assets.shop import ORDERS, STOCK

WATERMARK, BEGINNING = "read until", "2026-01-01T00:00:00+00:00"


def connect() -> Any:
    """Open a connection to the warehouse."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    return PostgresHook("warehouse").get_conn()


@dag(
    dag_display_name="14.02 · Asset consumer",
    description=(
        "A Dag starts by itself when all of its Assets are new, not before, and reads only what "
        "has been added since its last run."
    ),
    schedule=[ORDERS, STOCK],
    max_active_runs=1,
    default_args={"owner": "sales", "retries": 2, "retry_delay": timedelta(seconds=2)},
    tags=["phase14", "enterprise-orchestration", "object_store", "postgres"],
    doc_md=__doc__,
)
def phase14_02_dataset_consumer() -> None:
    """Read orders that are new, and compare them with the stock."""
    make_tables = SQLExecuteQueryOperator(
        task_id="make_tables", conn_id="warehouse", sql=asset_tables.TABLES, split_statements=True
    )

    @task(inlets=[ORDERS], multiple_outputs=True)
    def find_new(inlet_events: Any, asset_state_store: Any) -> dict[str, Any]:
        """Return the keys of the objects since the watermark, and where the next one is."""
        seen = asset_state_store[ORDERS].get(WATERMARK, BEGINNING)
        events = [e for e in inlet_events[ORDERS].after(seen) if e.timestamp.isoformat() > seen]
        until = max((event.timestamp.isoformat() for event in events), default=seen)
        return {"keys": sorted({event.extra["key"] for event in events}), "until": until}

    @task
    def read_orders(keys: list[str]) -> int:
        """Store the orders of these objects; return how many rows they had."""
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook

        store = S3Hook("object_store")
        return asset_tables.receive_orders(connect, [store.read_key(key, "lake") for key in keys])

    @task(inlets=[ORDERS])
    def move_watermark(until: str, asset_state_store: Any) -> str:
        """Remember how far was read; return it."""
        asset_state_store[ORDERS].set(WATERMARK, until)
        return until

    @task
    def report(triggering_asset_events: Any) -> dict[str, Any]:
        """Return which events started this run, and what is ordered beyond the stock."""
        events = {asset.name: len(events) for asset, events in triggering_asset_events.items()}
        return {"started by": events, "shortages": asset_tables.shortages(connect)}

    found = find_new()
    make_tables >> found
    read_orders(found["keys"]) >> move_watermark(found["until"]) >> report()


phase14_02_dataset_consumer()
