"""`phase7_02_exception_handling`: each kind of error ends as the page's table says."""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from include.data import seeds
from include.lab.settings import Lab
from include.resilience.errors import TransientError
from include.retail.orders import newest_orders
from plugins.hooks import shop_api
from tests.lessons import Result, Run, query

LESSON = "phase7_02_exception_handling"
ENDS = {
    "try_again": ("success", 3),
    "fail_at_once": ("failed", 1),
    "skip": ("skipped", 1),
    "degrade": ("success", 2),
    "put_aside": ("success", 1),
}
"""Of each row of the page's table: the state, and the number of tries."""

MINE = "tests/phase7_02_exception_handling"


def ends(result: Result) -> dict[str, tuple[str, int]]:
    """How each task of the table has ended, and after how many tries."""
    return {
        ti.task_id: (str(ti.state), ti.try_number)
        for ti in result.task_instances
        if ti.task_id in ENDS
    }


def calls(lab: Lab, result: Result, path: str) -> list[dict[str, Any]]:
    """The calls that the API received from this run at `path` and below it."""
    of_run = {"path": path, "correlation_id": f"{LESSON}/{result.run.run_id}"}
    found: list[dict[str, Any]] = httpx.get(
        f"{lab.url('shop_api')}/received", params=of_run, trust_env=False
    ).json()
    return found


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The lesson, run untouched."""
    return run(LESSON)


def test_each_kind_of_error_ends_as_the_table_says(result: Result, lab: Lab) -> None:
    """State and tries of each row, and the calls that they cost; the run itself succeeds."""
    assert result.state == "success"
    assert ends(result) == ENDS
    assert result.returned("report") == {task: state for task, (state, _) in ENDS.items()}
    assert [call["status"] for call in calls(lab, result, "/orders/1")] == [404]
    assert [call["status"] for call in calls(lab, result, "/reviews")][:3] == [503, 503, 200]
    assert [call["status"] for call in calls(lab, result, "/stock")] == [200, 503, 503]
    assert result.returned("try_again") == len(seeds.reviews())


def test_the_page_says_the_same(bag) -> None:
    """The table on the page has the rows of the table above, in its order."""
    rows = re.findall(r"^\| .+ \| .+ \| (\w+)(?:, (\w+))?.* \|$", bag.dags[LESSON].doc_md, re.M)
    words = {"third": 3, "first": 1}
    told = [(state, words.get(detail)) for state, detail in rows[1:]]

    assert [state for state, _ in told] == [state for state, _ in ENDS.values()]
    assert [tries for _, tries in told[:2]] == [tries for _, tries in list(ENDS.values())[:2]]


def test_good_and_quarantined_are_all_that_was_received(result: Result) -> None:
    """No order is lost or stored twice, and each refused one has its reason."""
    orders = newest_orders(seeds.orders())
    without = {order.order_id for order in orders if order.country is None}

    assert result.returned("put_aside") == {
        "received": len(orders),
        "good": len(orders) - len(without),
        "quarantined": len(without),
    }
    good = [order_id for (order_id,) in query("SELECT order_id FROM marts.sound_orders")]
    aside = query(
        "SELECT (record ->> 'order_id')::int, reason, record -> 'country' FROM"
        " marts.order_quarantine"
    )
    assert sorted(order_id for order_id, _, _ in aside) == sorted(without)
    assert sorted(good) == sorted({order.order_id for order in orders} - without)
    assert {reason for _, reason, _ in aside} == {"Field 'country' holds ''; it must be filled in."}


def test_old_numbers_say_that_they_are_old(result: Result) -> None:
    """The snapshot equals what was fresh before; only the mark differs."""
    units = sum(product.stock for product in seeds.products())

    fresh, old = result.returned("keep_snapshot"), result.returned("degrade")

    assert fresh["degraded"] is False
    assert old == {**fresh, "degraded": True}
    assert (fresh["products"], fresh["units"]) == (len(seeds.products()), units)


@pytest.fixture
def shop(
    lab: Lab, known_connections: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[shop_api.ShopApiHook]:
    """The API, for tasks whose functions are called by a test: their calls are its own."""
    monkeypatch.setattr(shop_api, "_this_run", lambda: MINE)
    shop = shop_api.ShopApiHook()
    shop.forget_faults()
    yield shop
    shop.forget_faults()


def test_one_failure_is_not_yet_a_reason_to_degrade(
    bag: Any, result: Result, shop: shop_api.ShopApiHook
) -> None:
    """The retry comes before the fallback: the second try finds fresh numbers."""
    read_stock = bag.dags[LESSON].get_task("degrade").python_callable
    shop.order_fault(path="/stock", next=1, status=503)

    with pytest.raises(TransientError):
        read_stock(ti=SimpleNamespace(try_number=1, max_tries=1), dag_run=result.run)
    found = read_stock(ti=SimpleNamespace(try_number=2, max_tries=1), dag_run=result.run)

    assert found == result.returned("keep_snapshot")
    assert found["degraded"] is False


def test_the_form_may_break_nothing(bag: Any, shop: shop_api.ShopApiHook) -> None:
    """Without a failure nothing has to be tried again: both paths answer at once."""
    break_api, try_again = (
        bag.dags[LESSON].get_task(task_id).python_callable for task_id in ("break_api", "try_again")
    )

    break_api(params={"failures": 0})

    assert try_again() == len(seeds.reviews())
    assert len(shop.fetch("/stock")["stock"]) == len(seeds.products())
    break_api(params={"failures": 1})
    for path in ("/reviews", "/stock"):
        with pytest.raises(TransientError):
            shop.fetch(path)


def test_more_failures_than_retries_fail_and_are_contained(run: Run) -> None:
    """Four failures are one too many for three retries; with a day that has orders none skips."""
    result = run(LESSON, conf={"failures": 4, "since": "2026-03-31"})

    assert result.state == "success"
    assert ends(result) == {**ENDS, "try_again": ("failed", 4), "skip": ("success", 1)}
    changed = [o for o in newest_orders(seeds.orders()) if o.updated_at.isoformat() >= "2026-03-31"]
    assert result.returned("skip") == len(changed) > 0
