"""Pages from the watermark on, and a wait that is no failure: without Airflow around it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk import ExceptionRetryPolicy
from airflow.sdk.exceptions import TaskDeferred

from include.configuration.metadata import connections
from include.data import seeds
from include.lab.settings import Lab
from include.resilience.errors import PermanentError, TransientError
from plugins.hooks.shop_api import ShopApiHook
from plugins.operators import shop_api
from plugins.operators.shop_api import ShopApiCallOperator, SyncPagesOperator
from plugins.retry_policies.by_error import RetryByError
from plugins.triggers.shop_api import ShopApiTrigger
from tests.lessons import Store

MINE = "tests/operators/shop_api"
Sync = Callable[..., SyncPagesOperator]


@pytest.fixture
def shop(bag: Any, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> ShopApiHook:
    """The API; what the operator asks bears this test's correlation id."""
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_API", json.dumps(connections()["shop_api"]))
    monkeypatch.setattr(shop_api, "ShopApiHook", lambda **settings: ShopApiHook(MINE, **settings))
    shop = ShopApiHook(MINE)
    shop.forget_faults()
    shop.forget_received()
    return shop


@pytest.fixture
def kept() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def sync(kept: list[dict[str, Any]]) -> Sync:
    """Copy the reviews into `kept`, a hundred at once."""

    def keep(page: dict[str, Any]) -> int:
        kept.extend(page["reviews"])
        return len(page["reviews"])

    def operator(**settings: Any) -> SyncPagesOperator:
        facts = {"path": "/reviews", "since": lambda: None, "keep": keep, "page_size": 100}
        return SyncPagesOperator(task_id="sync", **facts, **settings)

    return operator


def test_it_keeps_every_page(shop: ShopApiHook, sync: Sync, kept: list[dict[str, Any]]) -> None:
    """And says how many there were; what it noted on the way is gone."""
    store = Store()
    done = sync().execute({"task_state_store": store})

    assert done == {"pages": 5, "records": 500, "waits": 0}
    assert len(kept) == len(seeds.reviews())
    assert store == {}


def test_it_asks_from_the_watermark_on(shop: ShopApiHook) -> None:
    """The watermark is what `since` returns."""
    task = SyncPagesOperator(
        task_id="sync",
        path="/orders",
        since=lambda: "2026-03-31T00:00:00Z",
        keep=lambda page: len(page["orders"]),
    )
    done = task.execute({"task_state_store": Store()})

    wanted = [o for o in seeds.orders() if o.updated_at.date().isoformat() >= "2026-03-31"]
    assert done["records"] == len({o.order_id for o in wanted}) > 0
    assert {call["query"]["updated_since"] for call in shop.received()} == {"2026-03-31T00:00:00Z"}


def test_a_wait_hands_the_slot_back(shop: ShopApiHook, sync: Sync) -> None:
    """The task defers itself for the seconds of `Retry-After`, and counts on afterwards."""
    shop.order_fault(path="/reviews", next=2, status=None)
    shop.order_fault(path="/reviews", next=1, status=429, retry_after=9)
    store = Store()

    with pytest.raises(TaskDeferred) as deferred:
        sync().execute({"task_state_store": store})

    assert deferred.value.method_name == "execute"
    assert type(deferred.value.trigger).__name__ == "TimeDeltaTrigger"
    done = sync().execute({"task_state_store": store}, event="the end of the wait")
    assert done == {"pages": 2 + 5, "records": 700, "waits": 1}


def test_waits_in_vain_come_to_an_end(shop: ShopApiHook, sync: Sync) -> None:
    """After the last of its patience the error is left to the task's retries."""
    shop.order_fault(path="/reviews", next=9, status=429, retry_after=0)
    store = Store()
    for _ in range(2):
        with pytest.raises(TaskDeferred):
            sync(patience=2).execute({"task_state_store": store})
    with pytest.raises(TransientError, match="429"):
        sync(patience=2).execute({"task_state_store": store})


@pytest.mark.parametrize(("status", "kind"), [(503, TransientError), (403, PermanentError)])
def test_other_errors_are_left_to_the_retries(
    shop: ShopApiHook, sync: Sync, status: int, kind: type[Exception]
) -> None:
    """They say for how long they stay, but not how long to wait."""
    shop.order_fault(path="/reviews", next=1, status=status)
    with pytest.raises(kind):
        sync().execute({"task_state_store": Store()})


def test_a_call_is_handed_to_the_triggerer(shop: ShopApiHook) -> None:
    """With the run as its correlation id, and an end to the waiting."""
    with pytest.raises(TaskDeferred) as deferred:
        ShopApiCallOperator(task_id="ask", path="/stock", timeout=5).execute({})

    assert isinstance(deferred.value.trigger, ShopApiTrigger)
    assert deferred.value.trigger.correlation_id == MINE
    assert deferred.value.timeout is not None
    assert deferred.value.timeout.total_seconds() == 70
    assert deferred.value.method_name == "take_answer"


def test_the_answer_of_a_call_is_taken_or_raised() -> None:
    """An event's error becomes an error again, of its own kind."""
    task = ShopApiCallOperator(task_id="ask", path="/stock")
    assert task.take_answer({}, {"answer": {"units": 3}}) == {"units": 3}
    with pytest.raises(TransientError) as busy:
        task.take_answer({}, {"error": "busy", "transient": True, "retry_after": 4})
    assert busy.value.retry_after == 4
    with pytest.raises(PermanentError, match="no"):
        task.take_answer({}, {"error": "no", "transient": False, "retry_after": None})


def test_what_may_pass_is_tried_again_and_what_stays_is_not() -> None:
    """Unless the task has a policy of its own."""
    task = ShopApiCallOperator(task_id="ask", path="/stock")
    assert isinstance(task.retry_policy, RetryByError)
    own = ExceptionRetryPolicy([])
    assert ShopApiCallOperator(task_id="ask", path="/stock", retry_policy=own).retry_policy is own
