"""`phase9_02_api_integration`: every order once, whatever happens on the way."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest

from include.configuration.metadata import connections
from include.data import seeds
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.retail.order_sync import ORDERS, TABLES, WATERMARKS
from include.retail.orders import Order, newest_orders
from tests.lessons import Result, Run, query

LESSON = "phase9_02_api_integration"
WANTED = newest_orders(seeds.orders())
LAST = max(order.updated_at for order in WANTED)
SIZE = 200
PAGES = -(-len(WANTED) // SIZE)


@pytest.fixture
def api(lab: Lab) -> Iterator[httpx.Client]:
    """The partner API's controls; its settings and faults are as ever afterwards."""
    with httpx.Client(base_url=lab.url("shop_api"), trust_env=False) as api:
        yield api
        api.delete("/settings")
        api.delete("/faults")


@pytest.fixture(autouse=True)
def for_triggers(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """In `dag.test()` triggers run outside of a task: connections come from the environment."""
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_API", json.dumps(connections()["shop_api"]))


@pytest.fixture(autouse=True)
def nothing_copied(lab: Lab) -> None:
    """As after the first `make up`."""
    with open_warehouse() as connection, connection.cursor() as cursor:
        for statement in (f"DROP TABLE IF EXISTS {ORDERS}, {WATERMARKS}", *TABLES):
            cursor.execute(statement)
    connection.close()


def copied() -> list[Order]:
    return [Order._make(row) for row in query(f"SELECT * FROM {ORDERS} ORDER BY order_id")]


def calls(api: httpx.Client, result: Result, path: str = "/orders") -> list[dict[str, Any]]:
    """What the API received from this run."""
    origin = f"{LESSON}/{result.run.run_id}"
    received: list[dict[str, Any]] = api.get(
        "/received", params={"path": path, "correlation_id": origin}
    ).json()
    return received


def logins(api: httpx.Client) -> int:
    return len(api.get("/received", params={"path": "/oauth/token"}).json())


def test_every_order_is_copied_once(run: Run, api: httpx.Client) -> None:
    """The token expires on the way and the API asks for a wait: no page is fetched twice."""
    result = run(LESSON)

    assert result.state == "success"
    assert copied() == WANTED
    assert query(f"SELECT * FROM {WATERMARKS}") == [("shop_api/orders", LAST)]
    told = {"pages": PAGES, "records": len(WANTED) + 1, "waits": 1}
    assert result.returned("sync_orders") == told
    received = calls(api, result)
    statuses = [call["status"] for call in received]
    assert statuses == [200] * 5 + [401] + [200] * 5 + [429] + [200] * 8
    assert received[5]["query"] == received[6]["query"], "the same call, with a new token"
    assert received[12]["monotonic"] - received[11]["monotonic"] >= 2, "as Retry-After asked"
    assert "cursor" not in received[12]["query"]
    report = result.returned("report")
    assert report["/orders"]["calls"] == PAGES + 2
    assert report["/orders"]["repeated"] == 0
    assert report["units"] == sum(product.stock for product in seeds.products())


def test_a_second_run_asks_only_for_what_is_new(run: Run, api: httpx.Client) -> None:
    """One call from the watermark on; with *start_over* all of it; the state stays the same."""
    run(LESSON)
    again = run(LESSON)

    assert again.state == "success"
    assert again.returned("sync_orders") == {"pages": 1, "records": 1, "waits": 0}
    (call,) = calls(api, again)
    assert call["query"]["updated_since"] == LAST.isoformat().replace("+00:00", "Z")
    assert copied() == WANTED
    anew = run(LESSON, conf={"start_over": True})
    assert anew.returned("sync_orders")["pages"] == PAGES
    assert copied() == WANTED
    assert query(f"SELECT * FROM {WATERMARKS}") == [("shop_api/orders", LAST)]


def test_calls_keep_below_the_limit(run: Run, api: httpx.Client) -> None:
    """Never more than 20 in a second, of the 30 that are allowed."""
    result = run(LESSON)

    times = [call["monotonic"] for call in calls(api, result) if call["status"] == 200]
    most = max(sum(start <= at < start + 1 for at in times) for start in times)
    assert most <= 21, "what arrives a moment later than it was sent may fall into the next second"


def test_a_tighter_limit_is_obeyed(run: Run, api: httpx.Client) -> None:
    """Where 2 calls in a second are allowed, each refused call is followed by the wait it asks."""
    api.post("/settings", json={"burst": 2, "per_second": 2})

    result = run(LESSON)

    assert result.state == "success"
    assert copied() == WANTED
    received = calls(api, result)
    refused = [
        after["monotonic"] - call["monotonic"]
        for call, after in pairwise(received)
        if call["status"] == 429
    ]
    assert len(refused) == result.returned("sync_orders")["waits"] > 1
    assert min(refused) >= 1
    assert len(refused) <= PAGES / 2 + 1
    assert result.returned("report")["/orders"]["repeated"] == 0


def test_tokens_that_live_shorter_than_the_sync_are_survived(run: Run, api: httpx.Client) -> None:
    """The real expiry, several times on the way: each time one new login, no failed try."""
    api.post("/settings", json={"token_seconds": 1})
    # These come before the faults that the lesson orders, so that none of those is met.
    slow = {"path": "/orders", "next": PAGES + 2, "status": None, "delay_seconds": 0.15}
    api.post("/faults", json=slow)
    before = logins(api)

    result = run(LESSON)

    assert result.state == "success"
    assert copied() == WANTED
    expired = [call for call in calls(api, result) if call["status"] == 401]
    assert len(expired) >= 2
    assert logins(api) - before >= len(expired)
    (task,) = (ti for ti in result.task_instances if ti.task_id == "sync_orders")
    assert task.try_number == 1


def test_a_sync_that_was_stopped_goes_on_where_it_was(run: Run, api: httpx.Client) -> None:
    """After seven pages the API is down for all tries; the next run fetches the others alone."""
    for fault in ({"next": 7, "status": None}, {"next": 4, "status": 503}):
        api.post("/faults", json={"path": "/orders", **fault})

    stopped = run(LESSON)

    assert stopped.state == "failed"
    assert stopped.states["sync_orders"] == "failed"
    oldest_first = sorted(WANTED, key=lambda order: (order.updated_at, order.order_id))
    assert copied() == sorted(oldest_first[: 7 * SIZE])
    assert [call["status"] for call in calls(api, stopped)] == [200] * 7 + [503] * 4
    resumed = run(LESSON)
    assert resumed.state == "success"
    assert resumed.returned("sync_orders")["pages"] == PAGES - 7
    assert copied() == WANTED


def test_an_api_that_never_gives_way_ends_the_task(run: Run, api: httpx.Client) -> None:
    """Waits that lead to no page are not repeated for ever."""
    api.post("/faults", json={"path": "/orders", "next": 50, "status": 429, "retry_after": 0})

    result = run(LESSON)

    assert result.state == "failed"
    assert len(calls(api, result)) == 6 + 3, "five waits in vain, then one call for each retry"
    assert copied() == []


@pytest.mark.parametrize(
    ("status", "tries"),
    [(404, 1), (503, 4)],
)
def test_the_deferred_call_fails_as_any_other(
    run: Run, api: httpx.Client, status: int, tries: int
) -> None:
    """An error is carried from the triggerer to the task: it is tried again if it may pass."""
    api.post("/faults", json={"path": "/stock", "next": 9, "status": status})

    result = run(LESSON)

    assert result.states["read_stock"] == "failed"
    assert result.states["check_orders"] == "success"
    assert len(calls(api, result, "/stock")) == tries


def test_wrong_conf_is_refused_by_name(run: Run) -> None:
    """Nothing is asked and nothing written."""
    with pytest.raises(ValueError, match="start_over"):
        run(LESSON, conf={"start_over": "perhaps"})
    assert copied() == []
