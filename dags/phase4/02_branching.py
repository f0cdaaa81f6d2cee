"""# 4.02 · Branching

You choose a batch in the form, see it take the express, standard or review route, and see all
routes meet again.

**Level** Beginner · **Time** 10 minutes · **After** `phase4_01_xcom_basics` · **Services**
`postgres`

## What you will learn

- A **branch** is a task that returns the id of the task to go on with; the other tasks after it
  are skipped. `@task.branch` and `BranchPythonOperator` are two ways to write one.
- A skip spreads: what depends on a skipped task is skipped too.
- Where routes meet again, the rule `none_failed_min_one_success` lets the task run: one route came
  through, none failed. With the usual rule it would be skipped as well.
- A **short circuit** asks yes or no: on no, everything after it is skipped.

## Run it

1. Press **Trigger** and keep the batch of 9 January. In the **Graph** only `standard` of the three
   routes is green, the others are pink: skipped. `close_batch` is green.
2. Trigger with the day `2026-01-06`: a batch of seven orders, `express`.
3. Trigger with `2026-01-05`: `review`. The **Logs** of `read_batch` say which order is too large.
   Set *Large from* to 300 and trigger the same day again: now it goes out as `express`.
4. Trigger with `2026-04-01`: nothing was sold, the short circuit skips all the rest.

`marts.batch_routes` holds one row for each day that you ran: the route that it took last.

## Why it is written this way

The branches only ask; what a small batch or a doubtful order is stands in
`include/retail/routing.py`, where it has tests. A branch does no work of its own, so that it may be
repeated at any time. `close_batch` reads what the one route left in the database, so it need not
know which one it was. The short circuit skips it too: no rule of the tasks after it is asked.

## Next

`phase4_03_trigger_rules` shows every rule by which a task may start.
"""

import logging
from datetime import timedelta
from decimal import Decimal
from typing import Any

from airflow.providers.standard.operators.python import BranchPythonOperator
from airflow.sdk import Param, TriggerRule, dag, task

from include.retail.orders import Order
from include.retail.routing import reasons_for_review, speed_of

log = logging.getLogger(__name__)

PAID_ON_DAY = f"""
SELECT {", ".join(Order._fields)} FROM shop.orders
WHERE status = 'paid' AND (ordered_at AT TIME ZONE 'UTC')::date = %s
"""
CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS marts.batch_routes (
    day date PRIMARY KEY, route text NOT NULL, orders integer NOT NULL
)
"""


@dag(
    dag_display_name="04.02 · Branching",
    description=(
        "You choose a batch in the form, see it take the express, standard or review route, and "
        "see all routes meet again."
    ),
    schedule=None,
    params={
        "day": Param("2026-01-09", type="string", format="date", description="Day of the batch"),
        "large_from": Param(
            250,
            title="Large from",
            type="number",
            minimum=1,
            maximum=10000,
            description="From this amount in EUR, somebody looks at an order",
        ),
    },
    default_args={"owner": "logistics", "retries": 2, "retry_delay": timedelta(seconds=5)},
    tags=["phase4", "beginner", "postgres"],
    doc_md=__doc__,
)
def phase4_02_branching() -> None:
    """Send a day's paid orders on one of three routes."""

    @task(multiple_outputs=True)
    def read_batch(params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return how many orders the day's batch has, and why it needs a review, if it does."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        rows = PostgresHook("warehouse").get_records(PAID_ON_DAY, parameters=(params["day"],))
        batch = [Order(*row) for row in rows]
        reasons = reasons_for_review(batch, Decimal(str(params["large_from"])))
        log.info("%s orders of %s. %s", len(batch), params["day"], " ".join(reasons))
        return {"orders": len(batch), "reasons": reasons}

    @task.short_circuit
    def has_orders(orders: int) -> bool:
        """Tell whether there is anything to send."""
        return orders > 0

    @task.branch
    def check_batch(reasons: list[str]) -> str:
        """Return the next task: a person looks at it, or it goes on by its size."""
        return "review" if reasons else "choose_speed"

    @task
    def take_route(route: str, orders: int, params: dict[str, Any] | None = None) -> str:
        """Write down which route the day's batch takes."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        warehouse = PostgresHook("warehouse")
        warehouse.run(CREATE_TABLE)
        columns, row = ["day", "route", "orders"], (params["day"], route, orders)
        warehouse.insert_rows(
            "marts.batch_routes", [row], columns, replace=True, replace_index="day"
        )
        return route

    @task(trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS)
    def close_batch(params: dict[str, Any] | None = None) -> str:
        """Return the route that was written down."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        query = "SELECT route FROM marts.batch_routes WHERE day = %s"
        (route,) = PostgresHook("warehouse").get_first(query, parameters=(params["day"],))
        return route

    batch = read_batch()
    choose_speed = BranchPythonOperator(
        task_id="choose_speed", python_callable=speed_of, op_args=[batch["orders"]]
    )
    review, express, standard = (
        take_route.override(task_id=route)(route, batch["orders"])
        for route in ("review", "express", "standard")
    )

    has_orders(batch["orders"]) >> check_batch(batch["reasons"]) >> [review, choose_speed]
    choose_speed >> [express, standard]
    [review, express, standard] >> close_batch()


phase4_02_branching()
