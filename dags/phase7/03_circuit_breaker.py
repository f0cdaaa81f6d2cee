"""# 7.03 · Circuit breaker

After repeated failures no call leaves any more; when the cool-down is over one single probe
goes out, and a good answer closes the circuit.

**Level** Advanced · **Time** 20 minutes · **After** `phase7_02_exception_handling` ·
**Services** `shop_api`, `postgres`

## What you will learn

- A **circuit breaker** stops calling a service that keeps failing. CLOSED: calls flow, until three
  in a row fail. OPEN: nothing is sent before the cool-down is over. HALF_OPEN: one call goes out,
  the **probe**; a good answer closes the circuit, a failure opens it again.
- The state is one row in the warehouse: all runs and workers share it, and it outlives a restart.
- While calls are refused, a **fallback** answers: here the stock that the warehouse knows.

## Run it

1. Press **Trigger**. The run breaks the API for its own calls, opens the circuit, mends the API,
   waits for the cool-down, and ends green after about 20 seconds.
2. Open `call_until_open`, **Storage · XCom**: three calls failed, the fourth was refused. Then
   `call_while_open`: five were refused, and the API says that it was `sent` none of them.
3. Open `ask_at_once`, **Task Instances**, and the XCom of each of the three: they asked while the
   circuit was half open, and the probe was slow. One was `answered`; who came before its answer
   was `refused` and took the fallback; who came after it was `answered` as well.
4. Open `report`: every status that the API gave to this run, and the circuit, CLOSED again.
5. Press **Trigger** twice in a row. What one run has learned the other knows: its
   `call_until_open` may be refused before it has failed three times.

## Why it is written this way

A retry is for one task. When a service is down, the retries of many tasks keep it down, so all of
them ask one breaker first. Its rules are apart from clock and database, so that each of them is
tested; the store locks the row for each change, and takes the time from the database, for the
clocks of workers differ. A probe has a **lease**: if its worker is killed, another may probe when
the lease is over, and an answer from before changes nothing.

## Next

`phase8_01_email_notifications` sends what people have to know.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.common.sql.sensors.sql import SqlSensor
from airflow.sdk import dag, task

from include.resilience import circuit_store, errors
from plugins.hooks.circuit_breaker import Rules, circuit_breaker
from plugins.hooks.shop_api import ShopApiHook

RULES = Rules(failures=3, cool_down=timedelta(seconds=10), lease=timedelta(seconds=20))
BREAKER = circuit_breaker("shop_api", RULES)
MAY_CALL = """
SELECT count(*) = 0 FROM marts.circuits
WHERE name = 'shop_api' AND shut_until > clock_timestamp()
"""


def ask_for_units() -> dict[str, Any]:
    """Return the units of product 1: from the API, or else as the warehouse knows them."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    shop = ShopApiHook(timeout=10)
    try:
        with BREAKER.guard():
            return {"outcome": "answered", "units": shop.fetch("/stock/1")["units"]}
    except circuit_store.CircuitOpenError:
        outcome = "refused"
    except errors.TransientError:
        outcome = "failed"
    sql = "SELECT stock FROM shop.products WHERE product_id = 1"
    return {"outcome": outcome, "units": PostgresHook("warehouse").get_first(sql)[0]}


@dag(
    dag_display_name="07.03 · Circuit breaker",
    description=(
        "After repeated failures no call leaves any more; when the cool-down is over one single "
        "probe goes out, and a good answer closes the circuit."
    ),
    schedule=None,
    default_args={"owner": "purchasing", "retries": 2, "retry_delay": timedelta(seconds=1)},
    tags=["phase7", "advanced", "shop_api", "postgres"],
    doc_md=__doc__,
)
def phase7_03_circuit_breaker() -> None:
    """Lead a circuit through all of its states."""
    make_table = SQLExecuteQueryOperator(
        task_id="make_table", conn_id="warehouse", sql=circuit_store.CREATE_TABLE
    )

    @task
    def break_api() -> None:
        """Let every call of this run fail."""
        shop = ShopApiHook()
        shop.forget_faults()
        shop.forget_received()
        shop.order_fault(path="/stock", next=1000, status=503)

    @task(execution_timeout=timedelta(minutes=1))
    def call_until_open() -> list[str]:
        """Call until a call is refused; return what became of each."""
        outcomes = [ask_for_units()["outcome"]]
        while outcomes[-1] != "refused":
            outcomes.append(ask_for_units()["outcome"])
        return outcomes

    @task
    def call_while_open() -> dict[str, Any]:
        """Call five times; return what became of each, and how many the API has received."""
        shop = ShopApiHook()
        before = len(shop.received("/stock"))
        outcomes = [ask_for_units()["outcome"] for _ in range(5)]
        return {"outcomes": outcomes, "sent": len(shop.received("/stock")) - before}

    @task
    def mend_api() -> None:
        """Let the calls of this run succeed again, and the first be slow."""
        shop = ShopApiHook()
        shop.forget_faults()
        shop.order_fault(path="/stock", next=1, status=None, delay_seconds=3)

    waiting = {"poke_interval": 1, "timeout": 120, "conn_id": "warehouse"}
    wait_for_cool_down = SqlSensor(task_id="wait_for_cool_down", sql=MAY_CALL, **waiting)

    @task
    def ask_at_once(worker: int) -> dict[str, Any]:
        """Ask side by side with the other workers."""
        return {"worker": worker, **ask_for_units()}

    @task
    def report() -> dict[str, Any]:
        """Return each status that the API gave to this run, and how the circuit is now."""
        received = ShopApiHook().received("/stock")
        return {"statuses": [c["status"] for c in received], "circuit": BREAKER.circuit().state}

    opened = make_table >> break_api() >> call_until_open() >> call_while_open()
    opened >> mend_api() >> wait_for_cool_down >> ask_at_once.expand(worker=[1, 2, 3]) >> report()


phase7_03_circuit_breaker()
