"""Phase 7 on the live scheduler: real waits between tries, kept progress, one circuit for all."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx

from include.data import seeds
from include.lab.settings import Lab
from include.retail.orders import newest_orders
from tests.lessons import query
from tests.live.rest import Rest

RETRIES = "phase7_01_retry_strategies"
BREAKER = "phase7_03_circuit_breaker"
CIRCUIT = "SELECT state, failures, shut_until FROM marts.circuits WHERE name = 'shop_api'"


def received(lab: Lab, dag_id: str, *run_ids: str) -> list[dict[str, Any]]:
    """The calls that the API received from these runs, oldest first, logins apart."""
    calls = httpx.get(f"{lab.url('shop_api')}/received", trust_env=False).json()
    origins = {f"{dag_id}/{run_id}" for run_id in run_ids}
    return [call for call in calls if call["headers"]["x-correlation-id"] in origins]


def waits_between(calls: list[dict[str, Any]]) -> list[float]:
    return [after["monotonic"] - call["monotonic"] for call, after in pairwise(calls)]


def returned(rest: Rest, dag_id: str, run_id: str, task_id: str, index: int = -1) -> Any:
    """What a task of the run returned."""
    task = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
    return rest.get(f"{task}/xcomEntries/return_value", map_index=index, deserialize=True)["value"]


def test_tries_are_spaced_and_go_on_where_they_stopped(
    lab: Lab, rest: Rest, untouched: Callable[[str], str]
) -> None:
    """7.01: the scheduler waits as told; each page is answered once; the store keeps the place."""
    run_id = untouched(RETRIES)

    calls = received(lab, RETRIES, run_id)
    evenly, longer, slow, unknown, pages = (
        [call for call in calls if call["path"] == path]
        for path in ("/stock/1", "/stock/2", "/stock/3", "/stock/0", "/orders")
    )
    assert [call["status"] for call in evenly] == [503, 503, 503, 200]
    assert all(wait >= 1 for wait in waits_between(evenly))
    first, second, third = waits_between(longer)
    assert first >= 1
    assert second >= 3
    assert third >= 4
    assert [wait >= 3 for wait in waits_between(slow)] == [True]
    assert len(unknown) == 1

    assert [call["status"] for call in pages] == [200] * 4 + [503] + [200] * 5 + [429] + [200] * 9
    good = [call["query"].get("cursor") for call in pages if call["status"] == 200]
    assert len(set(good)) == len(good) == 18
    task = f"dags/{RETRIES}/dagRuns/{run_id}/taskInstances/resume_pages"
    assert rest.get(task)["try_number"] == 3
    (kept,) = rest.get(f"{task}/state-store")["task_state_store"]
    orders = len(newest_orders(seeds.orders()))
    assert kept["key"] == "progress"
    assert kept["value"] == {"pages": 18, "orders": orders, "cursor": None}
    assert returned(rest, RETRIES, run_id, "resume_pages") == kept["value"]


def test_a_cleared_task_begins_anew(lab: Lab, rest: Rest, untouched: Callable[[str], str]) -> None:
    """7.01: who clears the finished task wants the orders of now, not what the store remembers."""
    run_id = untouched(RETRIES)
    first = received(lab, RETRIES, run_id)

    body = {"dry_run": False, "task_ids": ["resume_pages"], "dag_run_id": run_id}
    cleared = rest.post(f"dags/{RETRIES}/clearTaskInstances", {**body, "only_failed": False})
    assert cleared.status_code == 200, cleared.text
    assert rest.wait(RETRIES, run_id) == "success"

    # Its setup was cleared with it, forgot the calls of before, and broke the API once more.
    again = [call for call in received(lab, RETRIES, run_id) if call not in first]
    assert {call["path"] for call in again} == {"/orders"}
    assert again[0]["at"] > first[-1]["at"]
    good = [call["query"].get("cursor") for call in again if call["status"] == 200]
    assert len(set(good)) == len(good) == 18
    assert returned(rest, RETRIES, run_id, "resume_pages")["pages"] == 18


def test_two_runs_at_once_break_only_their_own_calls(lab: Lab, rest: Rest) -> None:
    """7.01: each of two parallel runs meets the failures that it ordered, no more and no less."""
    runs = [rest.trigger(RETRIES, conf={"failures": failures}) for failures in (1, 2)]
    assert [rest.wait(RETRIES, run_id) for run_id in runs] == ["success"] * 2

    broken = [
        [call["status"] for call in received(lab, RETRIES, run_id) if call["path"] == "/stock/1"]
        for run_id in runs
    ]
    assert broken == [[503, 200], [503, 503, 200]]


def why_they_failed(rest: Rest, runs: list[str]) -> str:
    """The end of the log of each task that failed."""
    return "\n".join(
        f"{ti['task_id']}: {rest.log(BREAKER, run_id, ti['task_id'], ti['try_number'])[-2000:]}"
        for run_id in runs
        for ti in rest.tasks(BREAKER, run_id)
        if ti["state"] == "failed" and ti["map_index"] < 0
    )


def two_runs_of_the_breaker(rest: Rest) -> list[str]:
    """The ids of two runs that called before either had waited to the end of the cool-down.

    On a busy machine one may begin when the other is through; then they have shown nothing.
    """
    for _ in range(3):
        runs = [rest.trigger(BREAKER) for _ in range(2)]
        ended = [rest.wait(BREAKER, run_id) for run_id in runs]
        assert ended == ["success"] * 2, why_they_failed(rest, runs)
        tasks = [{ti["task_id"]: ti for ti in rest.tasks(BREAKER, run_id)} for run_id in runs]
        last_begun = max(run["call_until_open"]["start_date"] for run in tasks)
        if last_begun < min(run["wait_for_cool_down"]["end_date"] for run in tasks):
            return runs
    raise AssertionError("of three pairs of runs, none went side by side")


def test_two_runs_share_one_circuit_and_one_probe(lab: Lab, rest: Rest) -> None:
    """7.03: six workers of two runs ask at once; while the probe is out nobody else calls."""
    runs = two_runs_of_the_breaker(rest)

    calls = received(lab, BREAKER, *runs)
    failed = [call for call in calls if call["status"] == 503]
    well = [call for call in calls if call["status"] == 200]
    assert 3 <= len(failed) <= 4, "one call may have been under way when the circuit opened"
    assert calls == failed + well
    probe = well[0]
    assert probe["monotonic"] - failed[2]["monotonic"] >= 10, "the cool-down"
    assert probe["faulted"], "the probe was made slow"
    assert all(call["monotonic"] - probe["monotonic"] >= 3 for call in well[1:])

    asked = [
        returned(rest, BREAKER, run_id, "ask_at_once", index)["outcome"]
        for run_id in runs
        for index in range(3)
    ]
    assert set(asked) <= {"answered", "refused"}
    assert asked.count("answered") == len(well)
    assert "refused" in asked, "nobody came while the probe was out, so nothing was shown"
    for run_id in runs:
        assert returned(rest, BREAKER, run_id, "call_while_open")["sent"] == 0
    assert query(CIRCUIT) == [("CLOSED", 0, None)]
