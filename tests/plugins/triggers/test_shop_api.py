"""The call that the triggerer makes."""

import asyncio
import json
import time
from typing import Any

import pytest

from include.configuration.metadata import connections
from include.data import seeds
from include.lab.settings import Lab
from plugins.hooks.shop_api import ShopApiHook
from plugins.triggers.shop_api import ShopApiTrigger

MINE = "tests/triggers/shop_api"


@pytest.fixture
def shop(bag: Any, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> ShopApiHook:
    """The API, which knows of no call and no fault of this test."""
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_API", json.dumps(connections()["shop_api"]))
    shop = ShopApiHook(MINE)
    shop.forget_faults()
    shop.forget_received()
    return shop


def fire(*triggers: ShopApiTrigger) -> list[dict[str, Any]]:
    """Run triggers together, each as the triggerer makes it; return what their events say."""

    async def run_all() -> list[Any]:
        copies = [ShopApiTrigger(**trigger.serialize()[1]) for trigger in triggers]
        return await asyncio.gather(*(anext(copy.run()) for copy in copies))

    return [event.payload for event in asyncio.run(run_all())]


def test_it_fires_with_the_answer(shop: ShopApiHook) -> None:
    """The call bears the correlation id, and the event can be written as JSON."""
    (event,) = fire(ShopApiTrigger("/stock", MINE))

    assert len(event["answer"]["stock"]) == len(seeds.products())
    assert json.loads(json.dumps(event)) == event
    assert [call["status"] for call in shop.received()] == [200]


def test_it_tells_where_it_is_found_and_no_secret(lab: Lab) -> None:
    """What is kept in Airflow's database is the path, the caller and the connection's name."""
    where, settings = ShopApiTrigger("/stock", MINE, timeout=7).serialize()
    assert where == "plugins.triggers.shop_api.ShopApiTrigger"
    assert settings == {
        "path": "/stock",
        "correlation_id": MINE,
        "http_conn_id": "shop_api",
        "timeout": 7,
    }


def test_slow_answers_are_awaited_together(shop: ShopApiHook) -> None:
    """Three that take a second each take little more than one: none holds the others up."""
    shop.order_fault(next=3, status=None, path="/stock", delay_seconds=1)
    began = time.monotonic()

    events = fire(*(ShopApiTrigger(f"/stock/{product}", MINE) for product in (1, 2, 3)))

    assert [event["answer"]["product_id"] for event in events] == [1, 2, 3]
    assert 1 <= time.monotonic() - began < 2.5


def test_a_token_that_expires_while_it_waits_is_renewed(shop: ShopApiHook) -> None:
    """The answer comes at the second call."""
    shop.order_fault(next=1, status=None, path="/stock", expire_token=True)
    (event,) = fire(ShopApiTrigger("/stock/1", MINE))
    assert event["answer"]["product_id"] == 1
    assert [call["status"] for call in shop.received()] == [401, 200]


@pytest.mark.parametrize(
    ("fault", "timeout", "transient", "retry_after", "said"),
    [
        ({"status": 503}, 60, True, None, "GET /stock was answered with 503"),
        ({"status": 429, "retry_after": 3}, 60, True, 3, "was answered with 429"),
        ({"status": 403}, 60, False, None, "GET /stock was answered with 403"),
        ({"status": None, "delay_seconds": 2}, 0.3, True, None, "GET /stock had no good answer"),
    ],
)
def test_it_fires_with_the_error(
    shop: ShopApiHook,
    fault: dict[str, Any],
    timeout: float,
    transient: bool,
    retry_after: float | None,
    said: str,
) -> None:
    """The event says what went wrong, whether it may pass, and how long to wait."""
    shop.order_fault(next=1, path="/stock", **fault)

    (event,) = fire(ShopApiTrigger("/stock", MINE, timeout=timeout))

    assert said in event.pop("error")
    assert event == {"transient": transient, "retry_after": retry_after}


def test_nobody_there_may_pass_and_a_wrong_secret_does_not(
    shop: ShopApiHook, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection decides where it goes and who it is."""
    for change, transient in (
        ({"host": f"http://127.0.0.1:{lab.port_base + 39}"}, True),
        ({"password": "wrong"}, False),
    ):
        facts = {**connections()["shop_api"], **change}
        monkeypatch.setenv("AIRFLOW_CONN_SHOP_API", json.dumps(facts))
        (event,) = fire(ShopApiTrigger("/stock", MINE))
        assert event["transient"] is transient
