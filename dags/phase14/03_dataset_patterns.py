"""# 14.03 · Asset patterns

Fan-out, and/or conditions, asset or time, partitions, a Kafka message that starts a Dag: each
pattern plays its scenario before your eyes.

**Level** Enterprise Orchestration · **Time** 30 minutes · **After**
`phase14_02_dataset_consumer`, `phase9_04_message_queues` · **Services** `kafka`, `postgres`

## What you will learn

| Dag | `schedule=` | starts when |
|---|---|---|
| `both` | `ORDERS & STOCK` | each has a new event |
| `either` | `ORDERS` or `STOCK` | one of them has: one event **fans out** to several Dags |
| `daily` | `AssetOrTimeSchedule` | stock is new, or it is six o'clock |
| `later` | `AssetAlias` | a task names, while it runs, which Asset it has updated |
| `each` | `PartitionedAssetTimetable` | once for each **partition** that is new |
| `message` | `AssetWatcher` | a message is in the Kafka topic `shop.signals` |
| `retrain` | `MODEL_DUE` | the data has drifted: a model is due for retraining |

A **data contract** (`configs/contracts/orders.yaml`) stops who breaks what was promised.

## Run it

1. Press **Trigger**. Seven Dags start; `show_causes`, **Storage · XCom**, says by which Asset or
   partition. Look at the runs of the Dag *14.03 · Asset patterns: each*: one for each
   country.
2. Trigger with *break_contract* ticked: `publish_orders` names the rule, and `both` never starts.

## Why it is written this way

Seven schedules share one task: what starts a Dag is a fact about it, not code. The Assets, and the
trigger that watches Kafka, stand in `plugins/assets/patterns.py` for producers and consumers.

## Next

`phase15_01_yaml_dag_factory` makes Dags of a configuration.
"""

import logging
from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.common.sql.sensors.sql import SqlSensor
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk import (
    DAG,
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    Param,
    PartitionedAssetTimetable,
    PartitionedAtRuntime,
    TaskGroup,
    task,
)
from airflow.sdk.exceptions import AirflowSkipException

from include.messaging import sending, signals
from include.quality import contract, drift
from plugins.assets.patterns import COUNTRIES, DELIVERY, LATER, MODEL_DUE, ORDERS, SIGNALS, STOCK

log = logging.getLogger(__name__)

LESSON, CAUSES = "phase14_03_dataset_patterns", "marts.asset_causes"
SIX = CronTriggerTimetable("0 6 * * *", timezone="Europe/Berlin")
PATTERNS = {
    "both": ORDERS & STOCK,
    "either": ORDERS | STOCK,
    "daily": AssetOrTimeSchedule(assets=STOCK, timetable=SIX),
    "later": LATER,
    "each": PartitionedAssetTimetable(assets=COUNTRIES),
    "message": SIGNALS,
    "retrain": MODEL_DUE,
}
BREAKING = {"properties": {"amount": {"type": "string"}}}  # as a JSON Merge Patch
TABLE = f"CREATE TABLE IF NOT EXISTS {CAUSES} (pattern text, cause text, UNIQUE (pattern, cause))"
ALL_NOTED = f"SELECT count(*) >= 10 FROM {CAUSES}"  # two of `both`, `either` and `each`
QUANTITIES = "SELECT quantity FROM shop.orders WHERE to_char(ordered_at, 'YYYY-MM') = %s"
TAGS = ["phase14", "enterprise-orchestration", "kafka", "postgres"]
DEFAULTS = {
    "owner": "sales",
    "retries": 2,
    "retry_delay": timedelta(seconds=2),
    "conn_id": "warehouse",
}


@task
def note_cause(pattern: str, dag_run: Any, triggering_asset_events: Any) -> None:
    """Note which partition or which Assets started this run, if it was not the clock."""
    assets = {event.asset.name for events in triggering_asset_events.values() for event in events}
    causes = [dag_run.partition_key] if dag_run.partition_key else sorted(assets)
    sql = f"INSERT INTO {CAUSES} SELECT %s, unnest(%s::text[]) ON CONFLICT DO NOTHING"
    PostgresHook("warehouse").run(sql, parameters=[pattern, causes])


for pattern, schedule in PATTERNS.items():
    with DAG(
        f"{LESSON}__{pattern}",
        dag_display_name=f"14.03 · Asset patterns: {pattern}",
        description=f"Starts by the pattern `{pattern}` of 14.03, and notes what started it.",
        schedule=schedule,
        is_paused_upon_creation=False,
        default_args=DEFAULTS,
        tags=[*TAGS, "helper"],
    ):
        note_cause(pattern)


@task(outlets=[ORDERS], retries=0)
def publish_orders(params: dict[str, Any]) -> None:
    """Announce new orders, unless their schema breaks the contract."""
    contract.load("orders").require_kept(BREAKING if params["break_contract"] else {})


@task(outlets=[STOCK, LATER, COUNTRIES])
def publish_others(outlet_events: Any) -> None:
    """Announce stock, what the alias stands for in this run, and two partitions."""
    outlet_events[LATER].add(DELIVERY, extra={"supplier": "lumen"})
    outlet_events[COUNTRIES].add_partitions(["DE", "FR"])


@task
def send_signal() -> int:
    """Send the message that starts a Dag."""
    from airflow.providers.apache.kafka.hooks.produce import KafkaProducerHook

    producer = KafkaProducerHook("kafka_default").get_producer()
    return sending.send(producer, signals.TOPIC, [signals.write("stock counted")])


@task(outlets=[MODEL_DUE])
def ask_for_retraining(outlet_events: Any) -> None:
    """Announce that a model is due, if orders in March are unlike those in January."""
    warehouse = PostgresHook("warehouse")
    months = [warehouse.get_records(QUANTITIES, [month]) for month in ("2026-01", "2026-03")]
    found = drift.compare("quantity", *([value for (value,) in rows] for rows in months))
    if not found.drifted:
        reason = "No drift, so the model is as good as before."
        log.info(reason)  # The exception's own text is in a folded group of the log.
        raise AirflowSkipException(reason)
    outlet_events[MODEL_DUE].extra = {"psi": round(found.psi, 3)}


with DAG(
    LESSON,
    dag_display_name="14.03 · Asset patterns",
    description=(
        "Fan-out, and/or conditions, asset or time, partitions, a Kafka message that starts a Dag: "
        "each pattern plays its scenario before your eyes."
    ),
    schedule=PartitionedAtRuntime(),
    max_active_runs=1,
    params={"break_contract": Param(False, type="boolean")},
    default_args=DEFAULTS,
    tags=TAGS,
    doc_md=__doc__,
):
    forget = SQLExecuteQueryOperator(task_id="forget", sql=[TABLE, f"DELETE FROM {CAUSES}"])
    with TaskGroup("announce") as announce:
        [publish_orders(), publish_others(), send_signal(), ask_for_retraining()]
    wait_for_all = SqlSensor(task_id="wait_for_all", sql=ALL_NOTED, poke_interval=1, timeout=300)
    show_causes = SQLExecuteQueryOperator(
        task_id="show_causes", sql=f"TABLE {CAUSES} ORDER BY 1, 2"
    )
    forget >> announce >> wait_for_all >> show_causes
