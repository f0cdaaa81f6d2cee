"""`phase7_01_retry_strategies`: what the API really received, counted and timed by itself."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from include.data import seeds
from include.lab.settings import Lab
from include.retail.orders import newest_orders
from tests.lessons import Result, Run

LESSON = "phase7_01_retry_strategies"
SECOND = timedelta(seconds=1)
Calls = list[dict[str, Any]]


def ask(lab: Lab, result: Result, path: str) -> Calls:
    """What the API says of this run: its `/received` or its `/faults`."""
    query = {"correlation_id": f"{LESSON}/{result.run.run_id}"}
    found: Calls = httpx.get(f"{lab.url('shop_api')}{path}", params=query, trust_env=False).json()
    return found


def calls_to(calls: Calls, path: str) -> Calls:
    return [call for call in calls if call["path"] == path]


def spaced(calls: Calls, *waits: timedelta) -> bool:
    """Whether each call came no sooner than its wait after the one before."""
    pairs = zip(pairwise(calls), waits, strict=True)
    return all(one["monotonic"] + w.total_seconds() <= n["monotonic"] for (one, n), w in pairs)


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The lesson, run untouched."""
    return run(LESSON)


@pytest.fixture(scope="module")
def received(lab: Lab, result: Result) -> Calls:
    """The calls that the API got from it."""
    return ask(lab, result, "/received")


def test_number_and_spacing_of_the_received_calls(
    lab: Lab, result: Result, received: Calls
) -> None:
    """Even waits, growing waits, a slow call cut off, one call for what stays."""
    assert result.state == "success"
    evenly, longer, slow, unknown = (
        calls_to(received, f"/stock/{product}") for product in (1, 2, 3, 0)
    )
    assert [call["status"] for call in evenly] == [503, 503, 503, 200]
    assert [call["status"] for call in longer] == [503, 503, 503, 200]
    assert spaced(evenly, SECOND, SECOND, SECOND)
    assert spaced(longer, SECOND, 3 * SECOND, 4 * SECOND)
    assert len(slow) == 2
    assert spaced(slow, 3 * SECOND), "two seconds until the timeout, one until the retry"
    assert [call["status"] for call in unknown] == [404]
    assert result.states["fail_at_once"] == "failed"
    assert {state for name, state in result.states.items() if name != "fail_at_once"} == {"success"}
    assert [fault for fault in ask(lab, result, "/faults") if fault["correlation_id"]] == []


def test_waits_grow_up_to_the_cap(result: Result) -> None:
    """As Airflow computes them for the tries of this run; the third would be nine seconds."""
    (ti,) = [ti for ti in result.task_instances if ti.task_id == "wait_longer"]
    ti.task = result.run.dag.get_task("wait_longer")

    waits = []
    for ti.try_number in (1, 2, 3, 4):
        waits.append(ti.next_retry_datetime() - ti.end_date)

    first, second, *others = waits
    assert first == SECOND
    assert second in (3 * SECOND, 4 * SECOND)
    assert others == [4 * SECOND] * 2


def test_a_resumed_try_redoes_no_page(result: Result, received: Calls) -> None:
    """Each page was answered once; the tries after the failures went on at the next page."""
    pages = calls_to(received, "/orders")
    statuses = [call["status"] for call in pages]
    good = Counter(call["query"].get("cursor") for call in pages if call["status"] == 200)
    orders = len(newest_orders(seeds.orders()))
    assert statuses == [200] * 4 + [503] + [200] * 5 + [429] + [200] * 9
    assert set(good.values()) == {1}
    assert result.returned("resume_pages") == {"pages": 18, "orders": orders, "cursor": None}
    # The API asked to be left alone for two seconds; our jitter only makes it later.
    assert spaced(pages[10:12], 2 * SECOND)
    (tries,) = [ti.try_number for ti in result.task_instances if ti.task_id == "resume_pages"]
    assert tries == 3


def test_its_report_tells_what_was_received(result: Result, received: Calls) -> None:
    """The report counts the API's own record."""
    told = result.returned("report")

    assert {path: (tries["calls"], tries["broken"]) for path, tries in told.items()} == {
        "/orders": (20, 2),
        "/stock/0": (1, 0),
        "/stock/1": (4, 3),
        "/stock/2": (4, 3),
        "/stock/3": (2, 1),
    }
    assert {tries["repeated"] for tries in told.values()} == {0}
    moments = [call["monotonic"] for call in calls_to(received, "/stock/1")]
    waits = [after - before for before, after in pairwise(moments)]
    assert told["/stock/1"]["waits"] == pytest.approx(waits, abs=0.06)


def test_more_failures_than_retries_are_failures(
    run: Run, bag: Any, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With five failures and four retries both tasks give up, and the run is told all the same."""
    for task_id in ("wait_evenly", "wait_longer"):
        monkeypatch.setattr(bag.dags[LESSON].get_task(task_id), "retry_delay", timedelta(0))

    result = run(LESSON, conf={"failures": 5})

    assert result.state == "success"
    failed = {name for name, state in result.states.items() if state == "failed"}
    assert failed == {"wait_evenly", "wait_longer", "fail_at_once"}
    received = ask(lab, result, "/received")
    assert [call["status"] for call in calls_to(received, "/stock/1")] == [503] * 5
    assert [call["status"] for call in calls_to(received, "/stock/2")] == [503] * 5
