"""# 7.01 · Retry strategies

The shop's API is told to fail, and you count its received calls: more and more time between
tries, and the try that succeeds goes on where the last one stopped.

**Level** Advanced · **Time** 20 minutes · **After** `phase5_01_connections_variables` ·
**Services** `shop_api`

## What you will learn

- `retries` is how often a failed task is tried again, `retry_delay` how long it waits before. With
  `retry_exponential_backoff` each wait is so many times longer, up to `max_retry_delay`.
- `execution_timeout` ends a try that takes too long; the next may be quicker.
- A **retry policy** (new in Airflow 3.3) decides by the error: a list of `RetryRule`, or a class
  of your own.
- The **task state store** (new in 3.3) keeps what a try has done for the tries after it.

## Run it

1. Press **Trigger** and keep *failures*: `break_api` asks the API to fail the next calls of this
   run, and of no other. The run takes about 15 seconds and ends green.
2. Open `report`, **Storage · XCom**: what the API received. `/stock/1` was called 4 times, with
   `waits` of just over 1 second; `/stock/2` with 1, then 3 or more, then 4, where the cap holds.
   The first call of `/stock/3` was too slow, and was cut off after 2 seconds.
3. `fail_at_once` is red after one call, in spite of its 4 retries: there is no product 0, and
   there will be none later.
4. Open `resume_pages`, **Storage · Task State Store**: its place, kept after each page. Two calls
   to `/orders` failed and `repeated` is 0: each try went on where the last one stopped. The second
   wait is 2 seconds or more, as the API's `Retry-After` asked.
5. Trigger with *failures* 5, one more than there are retries: `wait_evenly` and `wait_longer` turn
   red as well.

## Why it is written this way

Even waits are for what passes soon; an overloaded service is helped by callers that wait longer.
Callers that failed together must not return together. So Airflow adds **jitter** to an exponential
wait, up to as much again, computed from Dag, task, try and logical date: it is the same for all
runs without one, such as yours. To a wait that a policy names it adds none: `RetryByError` adds
its own, from the run's id. What the store keeps is small: a place and two sums. A place at the end
means that somebody cleared the task, and it begins anew.

## Next

`phase7_02_exception_handling` decides what each kind of error means for the run.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, Param, RetryAction, RetryRule, TriggerRule, dag, task

from include.resilience.backoff import tries_by_path
from include.resilience.errors import PermanentError
from plugins.hooks.shop_api import ShopApiHook
from plugins.retry_policies.by_error import RetryByError

# One slow answer; of the pages four pass, one fails, five pass, one fails.
FAULTS: list[dict[str, Any]] = [
    {"path": "/stock/3", "next": 1, "status": None, "delay_seconds": 5},
    {"path": "/orders", "next": 4, "status": None},
    {"path": "/orders", "next": 1, "status": 503},
    {"path": "/orders", "next": 5, "status": None},
    {"path": "/orders", "next": 1, "status": 429, "retry_after": 2},
]
GIVE_UP = RetryRule(PermanentError, RetryAction.FAIL, reason="The same call would fail again")


@dag(
    dag_display_name="07.01 · Retry strategies",
    description=(
        "The shop's API is told to fail, and you count its received calls: more and more time "
        "between tries, and the try that succeeds goes on where the last one stopped."
    ),
    schedule=None,
    params={"failures": Param(3, type="integer", minimum=1, maximum=5, title="Failures in a row")},
    default_args={"owner": "purchasing", "retries": 4, "retry_delay": timedelta(seconds=1)},
    tags=["phase7", "advanced", "shop_api"],
    doc_md=__doc__,
)
def phase7_01_retry_strategies() -> None:
    """Break an API for this run, and come through in five ways."""

    @task
    def break_api(params: dict[str, Any] | None = None) -> None:
        """Order the failures that the tasks will meet."""
        shop = ShopApiHook()
        shop.forget_faults()
        shop.forget_received()
        for path in ("/stock/1", "/stock/2"):
            shop.order_fault(path=path, next=params["failures"], status=503)
        for fault in FAULTS:
            shop.order_fault(**fault)

    @task
    def fetch_stock(product: int) -> dict[str, Any]:
        """Return how many units of a product there are."""
        return ShopApiHook().fetch(f"/stock/{product}")

    @task(retry_policy=RetryByError())
    def resume_pages(task_state_store: Any = None) -> dict[str, Any]:
        """Count all orders page by page, from where the last try stopped."""
        shop, kept = ShopApiHook(), task_state_store.get("progress")
        done = kept if kept and kept["cursor"] else {"pages": 0, "orders": 0, "cursor": None}
        while not done["pages"] or done["cursor"]:
            page = shop.fetch("/orders", limit=200, cursor=done["cursor"])
            done["pages"] += 1
            done["orders"] += len(page["orders"])
            done["cursor"] = page["next_cursor"]
            task_state_store.set("progress", done)
        return done

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def report() -> dict[str, Any]:
        """Return what the API received from this run: how often, and how far apart."""
        return tries_by_path(ShopApiHook().received())

    @task
    def mend_api() -> None:
        """Let the API forget the failures that are left."""
        ShopApiHook().forget_faults()

    broken = break_api()
    wait_evenly = fetch_stock.override(task_id="wait_evenly")
    wait_longer = fetch_stock.override(
        task_id="wait_longer", retry_exponential_backoff=3, max_retry_delay=timedelta(seconds=4)
    )
    cut_off = fetch_stock.override(task_id="cut_off", execution_timeout=timedelta(seconds=2))
    fail_at_once = fetch_stock.override(
        task_id="fail_at_once", retry_policy=ExceptionRetryPolicy([GIVE_UP])
    )
    calls = [wait_evenly(1), wait_longer(2), cut_off(3), fail_at_once(0), resume_pages()]
    broken >> calls >> report() >> mend_api().as_teardown(setups=broken)


phase7_01_retry_strategies()
