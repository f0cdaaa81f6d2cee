"""# 4.01 · XCom basics

Values travel between tasks by return, by key and by template; one that is too large becomes an
object in the store while XCom keeps only a reference.

**Level** Beginner · **Time** 15 minutes · **After** `phase2_02_taskflow_api` · **Services**
`postgres`, `object_store`

## What you will learn

- An **XCom** is a value that one task leaves for others: what it returns has the key
  `return_value`; `ti.xcom_push` leaves one under a key of its own.
- Passing `read_orders()` on as an argument pulls it for you. `ti.xcom_pull` asks by hand: by key,
  or several tasks at once; a template pulls with `{{ ti.xcom_pull(...) }}`.
- An XCom is a row in Airflow's database. The **XCom backend** decides what the row holds: here a
  value from 10 000 bytes on becomes an object in the store, and its row a reference to it.

## Run it

1. Press **Trigger** and keep 31 days. Open `read_orders`, **Storage · XCom**: more than a thousand
   orders.
2. Open the **Logs** of `locate_orders`: the value lies in the bucket `xcom`, at an address that
   begins with `s3://` and names the Dag, the run and the task.
3. Open `sum_orders`, **Storage · XCom**: two values with keys of their own beside the returned one.
4. Open `describe_orders`: one sentence, made of what three pulls brought.
5. Trigger with one day: the same list is short, and `locate_orders` says that the row holds it.

## Why it is written this way

Hand over small things, an address rather than a file; the backend is a safety net, not a data
lake. `locate_orders` reads with `BaseXCom`, the plain class, so it sees the row as it is; every
other task gets the orders and cannot tell where they were. A pull by hand does not say what comes
first: so `>>` does. Money travels as text, for JSON knows no decimals.

## Next

`phase4_02_branching` lets a value decide which way the run goes.
"""

import logging
from datetime import timedelta
from decimal import Decimal
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import BaseXCom, Param, dag, task

log = logging.getLogger(__name__)

READ_ORDERS = """
SELECT order_id, amount::text FROM shop.orders
WHERE ordered_at >= '2026-01-01T00:00Z' AND ordered_at < '2026-01-01T00:00Z'::timestamptz + %s
ORDER BY order_id
"""
CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS marts.order_facts (
    days integer PRIMARY KEY, orders integer NOT NULL, amount numeric(12, 2), sentence text
)
"""
STORE_FACTS = """
INSERT INTO marts.order_facts VALUES (%(days)s, %(orders)s, %(amount)s, %(sentence)s)
ON CONFLICT (days) DO UPDATE SET orders = excluded.orders, amount = excluded.amount,
    sentence = excluded.sentence
"""


@dag(
    dag_display_name="04.01 · XCom basics",
    description=(
        "Values travel between tasks by return, by key and by template; one that is too large "
        "becomes an object in the store while XCom keeps only a reference."
    ),
    schedule=None,
    params={
        "days": Param(
            31, type="integer", minimum=1, maximum=90, description="How many days from 1 January"
        )
    },
    default_args={"owner": "sales", "retries": 2, "retry_delay": timedelta(seconds=5)},
    tags=["phase4", "beginner", "postgres", "object_store"],
    doc_md=__doc__,
)
def phase4_01_xcom_basics() -> None:
    """Pass values from task to task in every way there is."""

    @task
    def read_orders(params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return id and amount of every order of the first days of the year."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        period = (timedelta(days=params["days"]),)
        rows = PostgresHook("warehouse").get_records(READ_ORDERS, parameters=period)
        return [{"order_id": order_id, "amount": amount} for order_id, amount in rows]

    @task
    def locate_orders(ti: Any = None) -> str:
        """Say where the list of orders lies: at an object's address, or in the row itself."""
        row = BaseXCom.get_one(
            key="return_value", task_id="read_orders", dag_id=ti.dag_id, run_id=ti.run_id
        )
        place = row if isinstance(row, str) else "the row itself"
        # An address alone would be taken for a reference by whoever pulls it, and followed.
        found = f"The orders are in {place}"
        log.info(found)
        return found

    @task
    def sum_orders(orders: list[dict[str, Any]], ti: Any = None) -> str:
        """Leave the number of orders and their largest amount under keys; return their sum."""
        amounts = [Decimal(order["amount"]) for order in orders]
        ti.xcom_push(key="orders", value=len(orders))
        ti.xcom_push(key="largest", value=str(max(amounts)))
        return str(sum(amounts))

    @task
    def find_largest(orders: list[dict[str, Any]]) -> int:
        """Return the id of the order with the largest amount."""
        return max(orders, key=lambda order: Decimal(order["amount"]))["order_id"]

    @task
    def describe_orders(ti: Any = None) -> str:
        """Pull by key and from two tasks at once; return one sentence about all of it."""
        largest = ti.xcom_pull(task_ids="sum_orders", key="largest")
        amount, order_id = ti.xcom_pull(task_ids=["sum_orders", "find_largest"])
        return f"Order {order_id} of {largest} EUR is the largest of {amount} EUR."

    store_facts = SQLExecuteQueryOperator(
        task_id="store_facts",
        conn_id="warehouse",
        sql=[CREATE_TABLE, STORE_FACTS],
        parameters={
            "days": "{{ params.days | int }}",
            "orders": "{{ ti.xcom_pull(task_ids='sum_orders', key='orders') }}",
            "amount": "{{ ti.xcom_pull(task_ids='sum_orders') }}",
            "sentence": "{{ ti.xcom_pull(task_ids='describe_orders') }}",
        },
    )

    orders = read_orders()
    orders >> locate_orders()
    [sum_orders(orders), find_largest(orders)] >> describe_orders() >> store_facts


phase4_01_xcom_basics()
