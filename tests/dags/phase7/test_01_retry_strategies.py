"""`phase7_01_retry_strategies`: what the API really received, counted and timed by itself."""

from collections import Counter
from itertools import pairwise
from typing import Any

import httpx
import pytest

from include.data import seeds
from include.lab.settings import Lab
from include.retail.orders import newest_orders
from tests.lessons import Result, Run

LESSON = "phase7_01_retry_strategies"


def ask(lab: Lab, result: Result, path: str) -> Any:
    """What the API says of this run: its `/received` or its `/faults`."""
    query = {"correlation_id": f"{LESSON}/{result.run.run_id}"}
    return httpx.get(f"{lab.url('shop_api')}{path}", params=query, trust_env=False).json()


def calls_to(calls: list[dict[str, Any]], path: str) -> list[dict[str, Any]]:
    return [call for call in calls if call["path"] == path]


def waits_between(calls: list[dict[str, Any]]) -> list[float]:
    return [after["monotonic"] - call["monotonic"] for call, after in pairwise(calls)]


def test_number_and_spacing_of_the_received_calls(run: Run, lab: Lab) -> None:
    """Even waits, growing waits up to the cap, a slow call cut off, one call for what stays."""
    for _ in range(2):
        result = run(LESSON)

        assert result.state == "success"
        received = ask(lab, result, "/received")
        evenly, longer, slow, unknown = (
            calls_to(received, f"/stock/{product}") for product in (1, 2, 3, 0)
        )
        assert [call["status"] for call in evenly] == [503, 503, 503, 200]
        assert [call["status"] for call in longer] == [503, 503, 503, 200]
        assert all(wait >= 1 for wait in waits_between(evenly))
        first, second, third = waits_between(longer)
        assert first >= 1
        assert second >= 3
        # Without the cap it would be nine seconds or more.
        assert 4 <= third < 9
        assert len(slow) == 2
        assert waits_between(slow)[0] >= 3, "two seconds until the timeout, one until the retry"
        assert [call["status"] for call in unknown] == [404]
        assert result.states["fail_at_once"] == "failed"
        assert {state for name, state in result.states.items() if name != "fail_at_once"} == {
            "success"
        }
        assert [fault for fault in ask(lab, result, "/faults") if fault["correlation_id"]] == []


def test_a_resumed_try_redoes_no_page(run: Run, lab: Lab) -> None:
    """Each page was answered once; the tries after the failures went on at the next page."""
    result = run(LESSON)

    pages = calls_to(ask(lab, result, "/received"), "/orders")
    statuses = [call["status"] for call in pages]
    good = Counter(call["query"].get("cursor") for call in pages if call["status"] == 200)
    orders = len(newest_orders(seeds.orders()))
    assert statuses == [200] * 4 + [503] + [200] * 5 + [429] + [200] * 9
    assert set(good.values()) == {1}
    assert result.returned("resume_pages") == {"pages": 18, "orders": orders, "cursor": None}
    # The API asked to be left alone for two seconds; our jitter only makes it later.
    assert waits_between(pages)[10] >= 2
    (tries,) = [ti.try_number for ti in result.task_instances if ti.task_id == "resume_pages"]
    assert tries == 3


def test_its_report_tells_what_was_received(run: Run, lab: Lab) -> None:
    """The report counts the API's own record."""
    result = run(LESSON, conf={"failures": 1})

    told = result.returned("report")
    assert {path: (tries["calls"], tries["broken"]) for path, tries in told.items()} == {
        "/orders": (20, 2),
        "/stock/0": (1, 0),
        "/stock/1": (2, 1),
        "/stock/2": (2, 1),
        "/stock/3": (2, 1),
    }
    assert {tries["repeated"] for tries in told.values()} == {0}
    received = ask(lab, result, "/received")
    (wait,) = waits_between(calls_to(received, "/stock/1"))
    assert told["/stock/1"]["waits"] == [pytest.approx(wait, abs=0.06)]


def test_more_failures_than_retries_are_failures(run: Run, lab: Lab) -> None:
    """With five failures and four retries both tasks give up, and the run is told all the same."""
    result = run(LESSON, conf={"failures": 5})

    assert result.state == "success"
    failed = {name for name, state in result.states.items() if state == "failed"}
    assert failed == {"wait_evenly", "wait_longer", "fail_at_once"}
    assert len(calls_to(ask(lab, result, "/received"), "/stock/1")) == 5


@pytest.mark.parametrize("failures", [0, 6, "three"])
def test_wrong_conf_is_refused_by_name(run: Run, failures: object) -> None:
    """`failures` has to be a number from 1 to 5."""
    with pytest.raises(ValueError, match="failures"):
        run(LESSON, conf={"failures": failures})
