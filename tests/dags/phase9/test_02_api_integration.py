"""`phase9_02_api_integration`: every order once, whatever happens on the way."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx
import pytest
from airflow.sdk.exceptions import TaskDeferred

from include.configuration.metadata import connections
from include.data import seeds
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.resilience.errors import TransientError
from include.retail.order_sync import ORDERS, TABLES, WATERMARKS
from include.retail.orders import Order, newest_orders
from plugins.hooks import shop_api
from tests.lessons import Result, Run, Store, query

LESSON = "phase9_02_api_integration"
MINE = f"tests/{LESSON}"
WANTED = newest_orders(seeds.orders())
LAST = max(order.updated_at for order in WANTED)
DAYS = [datetime(2026, 4, day, tzinfo=UTC) for day in (1, 2)]
SIZE = 200
PAGES = -(-len(WANTED) // SIZE)
Calls = list[dict[str, Any]]


@pytest.fixture(scope="module")
def api(lab: Lab) -> Iterator[httpx.Client]:
    """The partner API's controls; its settings and faults are as ever afterwards."""
    with httpx.Client(base_url=lab.url("shop_api"), trust_env=False) as api:
        yield api
        api.delete("/settings")
        api.delete("/faults")


@pytest.fixture(scope="module")
def for_triggers(lab: Lab) -> Iterator[None]:
    """In `dag.test()` triggers run outside of a task: connections come from the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_SHOP_API", json.dumps(connections()["shop_api"]))
        yield


def change(*statements: str) -> None:
    with open_warehouse() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def forget_what_is_copied() -> None:
    """As after the first `make up`."""
    change(f"DROP TABLE IF EXISTS {ORDERS}, {WATERMARKS}", *TABLES)


def copied() -> list[Order]:
    return [Order._make(row) for row in query(f"SELECT * FROM {ORDERS} ORDER BY order_id")]


def calls(api: httpx.Client, origin: str, path: str = "/orders") -> Calls:
    """What the API received from a run, or from this test."""
    received: Calls = api.get("/received", params={"path": path, "correlation_id": origin}).json()
    return received


def origin_of(result: Result) -> str:
    return f"{LESSON}/{result.run.run_id}"


def logins(api: httpx.Client) -> int:
    return len(api.get("/received", params={"path": "/oauth/token"}).json())


def tries(result: Result, task_id: str) -> int:
    (task,) = (ti for ti in result.task_instances if ti.task_id == task_id)
    return int(task.try_number)


class Copied(NamedTuple):
    """A run, with the calls to `/orders` and what was copied after it."""

    result: Result
    received: Calls
    orders: list[Order]


@pytest.fixture(scope="module")
def everything(run: Run, api: httpx.Client, for_triggers: None) -> Copied:
    """Started over, where a sync had copied a wrong order and come to its end."""
    forget_what_is_copied()
    change(
        f"INSERT INTO {ORDERS} SELECT * FROM shop.orders LIMIT 1",
        f"UPDATE {ORDERS} SET order_id = 1, updated_at = '2099-01-01'",
        f"INSERT INTO {WATERMARKS} VALUES ('shop_api/orders', '2099-01-01')",
    )
    result = run(LESSON, conf={"start_over": True})
    return Copied(result, calls(api, origin_of(result)), copied())


def test_every_order_is_copied_once(everything: Copied) -> None:
    """The token expires on the way and the API asks for a wait: no page is fetched twice."""
    result, received, orders = everything

    assert result.state == "success"
    assert orders == WANTED
    assert query(f"SELECT * FROM {WATERMARKS}") == [("shop_api/orders", LAST)]
    told = {"pages": PAGES, "records": len(WANTED) + 1, "waits": 1}
    assert result.returned("sync_orders") == told
    statuses = [call["status"] for call in received]
    assert statuses == [200] * 5 + [401] + [200] * 5 + [429] + [200] * 8
    assert received[5]["query"] == received[6]["query"], "the same call, with a new token"
    assert received[11]["monotonic"] + 2 <= received[12]["monotonic"], "as Retry-After asked"
    assert "cursor" not in received[12]["query"]
    report = result.returned("report")
    assert report["/orders"]["calls"] == PAGES + 2
    assert report["/orders"]["repeated"] == 0
    assert report["units"] == sum(product.stock for product in seeds.products())


def test_calls_keep_below_the_limit(everything: Copied) -> None:
    """Never more than 20 in a second, of the 30 that are allowed."""
    times = [call["monotonic"] for call in everything.received if call["status"] == 200]
    most = max(sum(start <= at < start + 1 for at in times) for start in times)
    assert most <= 21, "what arrives a moment later than it was sent may fall into the next second"


@pytest.fixture(scope="module")
def stopped(run: Run, api: httpx.Client, everything: Copied) -> Copied:
    """After seven pages the API is down for all tries; of the stock it knows nothing."""
    forget_what_is_copied()
    for fault in ({"next": 7, "status": None}, {"next": 4, "status": 503}):
        api.post("/faults", json={"path": "/orders", **fault})
    api.post("/faults", json={"path": "/stock", "next": 9, "status": 404})
    # A run without a date would clear the tasks of all others.
    result = run(LESSON, logical_date=DAYS[0])
    api.delete("/faults")
    return Copied(result, calls(api, origin_of(result)), copied())


@pytest.fixture(scope="module")
def resumed(run: Run, api: httpx.Client, stopped: Copied) -> Copied:
    """The run after the one that was stopped."""
    result = run(LESSON, logical_date=DAYS[1])
    return Copied(result, calls(api, origin_of(result)), copied())


def test_a_sync_that_was_stopped_goes_on_where_it_was(stopped: Copied, resumed: Copied) -> None:
    """The next run fetches the pages alone that the one before could not."""
    oldest_first = sorted(WANTED, key=lambda order: (order.updated_at, order.order_id))

    assert stopped.result.state == "failed"
    assert stopped.result.states["sync_orders"] == "failed"
    assert stopped.orders == sorted(oldest_first[: 7 * SIZE])
    assert [call["status"] for call in stopped.received] == [200] * 7 + [503] * 4
    assert resumed.result.state == "success"
    assert resumed.result.returned("sync_orders")["pages"] == PAGES - 7
    assert resumed.orders == WANTED


def test_the_deferred_call_fails_as_any_other(bag: Any, api: httpx.Client, stopped: Copied) -> None:
    """An error is carried from the triggerer to the task, and 404 is not tried again."""
    result = stopped.result

    assert result.states["read_stock"] == "failed"
    assert tries(result, "read_stock") == 1
    assert [call["status"] for call in calls(api, origin_of(result), "/stock")] == [404]
    assert tries(result, "sync_orders") == 4, "what may pass is tried again, by the same policy"
    dag = bag.dags[LESSON]
    policies = [type(dag.get_task(name).retry_policy) for name in ("read_stock", "sync_orders")]
    assert policies[0] is policies[1]
    assert dag.get_task("check_orders").upstream_task_ids == {"sync_orders"}


@pytest.fixture
def sync(
    bag: Any, api: httpx.Client, known_connections: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """The lesson's sync, to be executed here: its calls are this test's own."""
    monkeypatch.setattr(shop_api, "_this_run", lambda: MINE)
    api.delete("/faults")
    api.delete("/received", params={"correlation_id": MINE})
    yield bag.dags[LESSON].get_task("sync_orders")
    api.delete("/settings")
    api.delete("/faults")


def execute(sync: Any, store: Store) -> Any:
    """Execute as Airflow does: once more after each wait."""
    while True:
        try:
            return sync.execute({"task_state_store": store})
        except TaskDeferred as deferred:
            left = deferred.trigger.moment - datetime.now(UTC)
            time.sleep(max(0.0, left.total_seconds()))


def test_a_second_sync_asks_only_for_what_is_new(
    resumed: Copied, sync: Any, api: httpx.Client
) -> None:
    """One call from the watermark on, and the state stays the same."""
    told = execute(sync, Store())

    assert told == {"pages": 1, "records": 1, "waits": 0}
    (call,) = calls(api, MINE)
    assert call["query"]["updated_since"] == LAST.isoformat().replace("+00:00", "Z")
    assert copied() == WANTED
    assert query(f"SELECT * FROM {WATERMARKS}") == [("shop_api/orders", LAST)]


def test_a_tighter_limit_is_obeyed(sync: Any, api: httpx.Client) -> None:
    """Where 2 calls in a second are allowed, each refused call is followed by the wait it asks."""
    forget_what_is_copied()
    api.post("/settings", json={"burst": 2, "per_second": 2})

    told = execute(sync, Store())

    assert copied() == WANTED
    statuses = "".join("x" if call["status"] == 429 else "." for call in calls(api, MINE))
    assert statuses.count("x") == told["waits"] > 1
    assert "xx" not in statuses, "who waits too short a time is refused again"
    assert told["waits"] <= PAGES / 2 + 1
    good = [call["query"] for call in calls(api, MINE) if call["status"] == 200]
    assert len({json.dumps(query, sort_keys=True) for query in good}) == len(good)


def test_tokens_that_live_shorter_than_the_sync_are_survived(sync: Any, api: httpx.Client) -> None:
    """The real expiry, several times on the way: each time one new login, and no error."""
    forget_what_is_copied()
    api.post("/settings", json={"token_seconds": 1})
    slow = {"path": "/orders", "next": PAGES + 2, "status": None, "delay_seconds": 0.15}
    api.post("/faults", json=slow)
    before = logins(api)

    told = execute(sync, Store())

    assert told["waits"] == 0
    assert copied() == WANTED
    expired = [call for call in calls(api, MINE) if call["status"] == 401]
    assert len(expired) >= 2
    assert logins(api) - before >= len(expired)


def test_an_api_that_never_gives_way_ends_the_task(sync: Any, api: httpx.Client) -> None:
    """Waits that lead to no page are not repeated for ever."""
    forget_what_is_copied()
    api.post("/faults", json={"path": "/orders", "next": 50, "status": 429, "retry_after": 0})
    store = Store()

    for _ in range(1 + sync.retries):
        with pytest.raises(TransientError, match="429"):
            execute(sync, store)

    assert len(calls(api, MINE)) == 6 + 3, "five waits in vain, then one call for each retry"
    assert copied() == []
