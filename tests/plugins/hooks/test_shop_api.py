"""The partner API as a task calls it."""

import json
from collections.abc import Callable

import httpx
import pytest
from airflow.sdk import BaseHook

from include.configuration.metadata import connections
from include.data import seeds
from include.lab.settings import Lab
from include.resilience.errors import PermanentError, TransientError
from plugins.hooks.shop_api import ShopApiHook

MINE = "tests/hooks/shop_api"


@pytest.fixture(autouse=True)
def connection(bag, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change the connection: outside of a task, Airflow finds it in the environment."""

    def change(**changes: object) -> None:
        facts = {**connections()["shop_api"], **changes}
        monkeypatch.setenv("AIRFLOW_CONN_SHOP_API", json.dumps(facts))

    change()
    return change


@pytest.fixture
def shop(connection: Callable[..., None]) -> ShopApiHook:
    """The hook, of whose calls nothing is known yet."""
    hook = ShopApiHook(MINE)
    hook.forget_faults()
    hook.forget_received()
    return hook


def test_it_is_a_hook(shop: ShopApiHook) -> None:
    """Airflow knows it as one, and it gives its session."""
    assert isinstance(shop, BaseHook)
    assert shop.get_conn() is shop.get_conn()


def test_one_login_serves_all_calls(shop: ShopApiHook, lab: Lab) -> None:
    """Many pages need one token, and every call bears the correlation id."""
    tokens = f"{lab.url('shop_api')}/received?path=/oauth/token"
    before = len(httpx.get(tokens, trust_env=False).json())
    hook = ShopApiHook(MINE)

    reviews = [review for page in hook.pages("/reviews") for review in page["reviews"]]

    assert len(reviews) == len(seeds.reviews())
    assert [call["query"]["limit"] for call in hook.received()] == ["200"] * 3
    assert len(httpx.get(tokens, trust_env=False).json()) == before + 1


def test_faults_hit_its_own_calls_alone(shop: ShopApiHook) -> None:
    """What one orders breaks its own calls, not those of another; forgotten, nothing breaks."""
    shop.order_fault(next=2, status=503, path="/stock")

    assert ShopApiHook("somebody else").fetch("/stock/1")["product_id"] == 1
    with pytest.raises(TransientError, match="GET /stock/1 was answered with 503"):
        shop.fetch("/stock/1")
    shop.forget_faults()
    assert shop.fetch("/stock/1")["product_id"] == 1
    assert [call["status"] for call in shop.received("/stock")] == [503, 200]


def test_a_service_that_asks_for_a_wait_is_quoted(shop: ShopApiHook) -> None:
    """The error knows the seconds of `Retry-After`."""
    shop.order_fault(next=1, status=429, retry_after=7)
    with pytest.raises(TransientError) as error:
        shop.fetch("/stock/1")
    assert error.value.retry_after == 7


def test_a_wrong_call_is_permanent(shop: ShopApiHook) -> None:
    """What is not there, and what is not understood, says so in the API's own words."""
    with pytest.raises(PermanentError, match="There is no product 0"):
        shop.fetch("/stock/0")
    with pytest.raises(PermanentError, match="delay_seconds"):
        shop.order_fault(next=1, delay_seconds=-1)


def test_an_answer_that_takes_too_long_is_transient(shop: ShopApiHook) -> None:
    """A call is given up after the timeout."""
    hasty = ShopApiHook(MINE, timeout=0.3)
    hasty.order_fault(next=1, status=None, path="/stock", delay_seconds=1)
    with pytest.raises(TransientError, match="GET /stock/1 had no good answer"):
        hasty.fetch("/stock/1")


def test_nobody_there_is_transient(lab: Lab, connection: Callable[..., None]) -> None:
    """A service that is down may be up later."""
    connection(host=f"http://127.0.0.1:{lab.port_base + 39}")
    with pytest.raises(TransientError):
        ShopApiHook(MINE).fetch("/stock/1")


def test_a_wrong_secret_is_permanent(connection: Callable[..., None]) -> None:
    """Credentials that were refused will be refused again."""
    connection(password="wrong")
    with pytest.raises(PermanentError, match="401"):
        ShopApiHook(MINE).fetch("/stock/1")


def test_an_expired_token_is_no_error(shop: ShopApiHook) -> None:
    """The caller gets the page, and does not learn that it took a second call."""
    shop.order_fault(next=1, status=None, path="/reviews", expire_token=True)
    assert len(shop.fetch("/reviews", limit=5)["reviews"]) == 5
    assert [call["status"] for call in shop.received("/reviews")] == [401, 200]


def test_calls_keep_their_pace(shop: ShopApiHook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call waits for its turn before it is sent, at the pace that was asked for."""
    asked_for, sent_before = list[float](), list[int]()

    class Turns:
        def __init__(self, per_second: float) -> None:
            asked_for.append(per_second)

        def keep(self) -> None:
            sent_before.append(len(shop.received("/stock")))

    monkeypatch.setattr("plugins.hooks.shop_api.Pace", Turns)

    steady = ShopApiHook(MINE, per_second=10)
    for product in range(1, 6):
        steady.fetch(f"/stock/{product}")

    assert asked_for == [10]
    assert sent_before == [0, 1, 2, 3, 4]
