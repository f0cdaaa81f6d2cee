"""# 9.04 · Message queues

Orders pass through Kafka into the warehouse; a crash between write and commit loses and doubles
nothing, and dead letters are replayed.

**Level** Advanced · **Time** 25 minutes · **After** `phase9_01_database_integration` ·
**Services** `kafka`, `postgres`

## What you will learn

- A **topic** is cut into partitions. The **key** decides the partition, and inside one of them
  messages keep their order; a **header** says something about a message without opening it.
- A consumer **commits** an offset: so far have I read. Committed *after* the write, a crash in
  between delivers a batch twice, and the write must not mind: here it replaces rows by their key.
- What cannot be read goes to a **dead letter topic**, whole and with its reason; what can be
  mended is sent again.

## Run it

1. Press **Trigger**. Of 300 orders, 12 come from an old version of the app and 5 have lost their
   customer. Open `count`, **Storage · XCom**: *produced* = *stored* + *dead*.
2. The table `marts.order_dead_letters` says which letters stay dead, and why.
3. Trigger again with *crash* ticked. `store_orders` is killed between its write and its commit;
   its second try gets the same messages once more, and `count` is the same.

## Why it is written this way

Kafka delivers *at least once*; it is the write that makes it *exactly once*. A dead letter has the
place where it was first read as its identity, so that one that is sent twice still counts once.
`start_anew` empties the topics, so that each run leaves the same; production keeps them. The lab's
stand-in Tansu keeps messages in memory alone: if it restarts during a run, they are lost and the
run fails. Apache Kafka keeps them on disk: `LAB_KAFKA_HOME` names the folder of yours.

## Next

`phase10_01_great_expectations` checks whole tables before anybody relies on them.
"""

import signal
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import Param, dag, get_current_context, task

from include.messaging import order_messages, sending, topics
from include.retail.orders import Order
from plugins.operators.drain_topic import DrainTopicOperator

if TYPE_CHECKING:
    from confluent_kafka import Message

ORDERS, DEAD = "shop.orders", "shop.orders.dead"
STORING, MENDING = "warehouse", "mending"  # the groups of consumers
STORED, LOST = "marts.streamed_orders", "marts.order_dead_letters"
TABLES = f"""
    CREATE TABLE IF NOT EXISTS {STORED} (LIKE shop.orders, PRIMARY KEY (order_id));
    CREATE TABLE IF NOT EXISTS {LOST} (origin text PRIMARY KEY, reason text, value text);
    TRUNCATE {STORED}, {LOST}
"""


def send(topic: str, messages: Any) -> int:
    """Send messages; return how many."""
    from airflow.providers.apache.kafka.hooks.produce import KafkaProducerHook

    return sending.send(KafkaProducerHook("kafka_default").get_producer(), topic, messages)


def save(table: str, rows: list[Any]) -> None:
    """Store a batch in one transaction; a row whose key, its first column, is there is replaced."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    columns = rows[0]._fields if rows else [""]
    hook = PostgresHook("warehouse")
    hook.insert_rows(table, rows, columns, replace=True, replace_index=columns[0])


def store(messages: "list[Message]") -> None:
    """Store the orders; what is none goes to the dead letters."""
    orders, dead = order_messages.read_all(messages)
    send(DEAD, dead)
    save(STORED, orders)
    context = get_current_context()
    if context["params"]["crash"] and context["ti"].try_number == 1:
        signal.raise_signal(signal.SIGKILL)


def mend(letters: "list[Message]") -> None:
    """Send again what can be mended; keep the other letters, with their reason, for a person."""
    mended, lost = order_messages.mend_all(letters)
    send(ORDERS, mended)
    save(LOST, lost)


@dag(
    dag_display_name="09.04 · Message queues",
    description=(
        "Orders pass through Kafka into the warehouse; a crash between write and commit loses and "
        "doubles nothing, and dead letters are replayed."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "orders": Param(300, type="integer", minimum=1, maximum=3000, description="To produce"),
        "crash": Param(False, type="boolean", description="Kill the consumer before its commit"),
    },
    default_args={
        "owner": "sales",
        "retries": 2,
        "retry_delay": timedelta(seconds=2),
        "conn_id": "warehouse",
    },
    tags=["phase9", "advanced", "kafka", "postgres"],
    doc_md=__doc__,
)
def phase9_04_message_queues() -> None:
    """Let orders pass through Kafka into the warehouse, and lose none."""
    open_tables = SQLExecuteQueryOperator(task_id="open_tables", sql=TABLES, split_statements=True)

    @task
    def start_anew() -> None:
        """Empty both topics, and forget how far each group had read."""
        from airflow.providers.apache.kafka.hooks.client import KafkaAdminClientHook

        topics.start_anew(
            KafkaAdminClientHook("kafka_default").get_conn, [ORDERS, DEAD], [STORING, MENDING]
        )

    @task
    def produce_orders(params: dict[str, Any], run_id: str) -> int:
        """Send the shop's first orders, each under its id; return how many."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        sql = "SELECT * FROM shop.orders ORDER BY order_id LIMIT %s"
        orders = PostgresHook("warehouse").get_records(sql, [params["orders"]])
        return send(ORDERS, order_messages.write(map(Order._make, orders), run_id=run_id))

    reading = {"topic": ORDERS, "group": STORING, "handle": store}
    store_orders = DrainTopicOperator(task_id="store_orders", **reading)
    mend_letters = DrainTopicOperator(
        task_id="mend_letters", topic=DEAD, group=MENDING, handle=mend
    )
    store_mended = DrainTopicOperator(task_id="store_mended", **reading)

    @task(retries=0)
    def count(produced: int) -> dict[str, int]:
        """Fail unless every order that was produced is stored or a dead letter."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        hook = PostgresHook("warehouse")
        stored, dead = (hook.get_first(f"SELECT count(*) FROM {t}")[0] for t in (STORED, LOST))
        if stored + dead != produced:
            raise ValueError(f"{produced} were produced, {stored} are stored and {dead} dead.")
        return {"produced": produced, "stored": stored, "dead": dead}

    produced = produce_orders()
    [open_tables, start_anew()] >> produced >> store_orders >> mend_letters >> store_mended
    store_mended >> count(produced)


phase9_04_message_queues()
