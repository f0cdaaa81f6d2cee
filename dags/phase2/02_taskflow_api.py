"""# 2.02 · TaskFlow API

Plain Python functions become a Dag that turns the orders file into revenue per country, with no
line of code to hand the data over.

**Level** Beginner · **Time** 10 minutes · **After** `phase1_02_parallel_tasks` · **Services**
`object_store`

## What you will learn

- `@task` turns a function into a task, `@dag` a function into a Dag: the **TaskFlow API**.
- What a task returns goes to the next one as an **XCom**, by an ordinary function call. The call
  also says what comes after what.
- `multiple_outputs` stores each key of a returned dictionary as an XCom of its own, so that the
  next tasks take just what they need.

## Run it

1. Press **Trigger** and open the run's **Graph**: nobody wrote `>>`, yet the order is there.
2. Open `sum_orders`, **Storage · XCom**: `orders` and `revenue` stand there one by one.
3. Open `read_back` and its **Logs**: the total of the Parquet file, which lies in the object store
   as `lake/phase2/02_taskflow_api/revenue.parquet`.

## Why it is written this way

Tasks hand over small things: a sum for each country, an address. The orders themselves stay where
they are, for an XCom is a row in Airflow's database. Which version of an order counts and what it
earns are rules of the shop, so they live in `include/retail/orders.py`, with tests that need no
Airflow. Sums of money are decimals: floating point would lose cents.

## Next

`phase3_01_bash_operator` runs shell commands.
"""

import csv
import logging
from datetime import timedelta
from decimal import Decimal
from typing import Any

from airflow.sdk import ObjectStoragePath, dag, task

from include.retail.orders import Order, newest_orders, revenue_by_country

log = logging.getLogger(__name__)


@dag(
    dag_display_name="02.02 · TaskFlow API",
    description=(
        "Plain Python functions become a Dag that turns the orders file into revenue per country, "
        "with no line of code to hand the data over."
    ),
    schedule=None,
    default_args={"owner": "sales", "retries": 2, "retry_delay": timedelta(seconds=5)},
    tags=["phase2", "beginner", "object_store"],
    doc_md=__doc__,
)
def phase2_02_taskflow_api() -> None:
    """Turn the orders' export into revenue per country."""

    @task(multiple_outputs=True)
    def sum_orders() -> dict[str, Any]:
        """Return the number of orders and the revenue of each country, in EUR."""
        export = ObjectStoragePath("s3://object_store@shop/exports/orders.csv")
        versions = map(Order.parse, csv.DictReader(export.read_text().splitlines()))
        orders = newest_orders(versions)
        revenue = {country: str(sum) for country, sum in revenue_by_country(orders).items()}
        return {"orders": len(orders), "revenue": revenue}

    @task
    def write_parquet(revenue: dict[str, str]) -> str:
        """Store one row for each country; return the file's address."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        amounts = [Decimal(amount) for amount in revenue.values()]
        table = pa.table({"country": list(revenue), "revenue": amounts})
        target = ObjectStoragePath("s3://object_store@lake/phase2/02_taskflow_api/revenue.parquet")
        with target.open("wb") as file:
            pq.write_table(table, file)
        return str(target)

    @task
    def read_back(address: str, orders: int) -> str:
        """Return the file's total, in EUR, as proof of what was stored."""
        import pyarrow.parquet as pq

        with ObjectStoragePath(address).open("rb") as file:
            total = sum(pq.read_table(file)["revenue"].to_pylist())
        log.info("%s orders earned %s EUR", orders, total)
        return str(total)

    sums = sum_orders()
    read_back(write_parquet(sums["revenue"]), sums["orders"])


phase2_02_taskflow_api()
