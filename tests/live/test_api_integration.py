"""9.02 on the live scheduler: who waits, waits in the triggerer."""

import time

from include.lab.settings import Lab
from tests.live.rest import Rest
from tests.live.test_resilience import received, returned

LESSON = "phase9_02_api_integration"


def test_the_waits_hold_no_slot(lab: Lab, rest: Rest) -> None:
    """Both tasks are seen deferred; the call is made while no task of the run is running it."""
    run_id = rest.trigger(LESSON, conf={"start_over": True})
    seen: set[tuple[str, str]] = set()
    while rest.get(f"dags/{LESSON}/dagRuns/{run_id}")["state"] not in {"success", "failed"}:
        seen |= {(ti["task_id"], ti["state"]) for ti in rest.tasks(LESSON, run_id)}
        time.sleep(0.2)

    assert rest.wait(LESSON, run_id) == "success"
    assert {("sync_orders", "deferred"), ("read_stock", "deferred")} <= seen
    assert {ti["try_number"] for ti in rest.tasks(LESSON, run_id)} == {1}
    told = {"pages": 18, "records": 3421, "waits": 1}
    assert returned(rest, LESSON, run_id, "sync_orders") == told
    calls = received(lab, LESSON, run_id)
    assert [call["status"] for call in calls if call["path"] == "/stock"] == [200]
    orders = [call for call in calls if call["path"] == "/orders"]
    assert [call["status"] for call in orders] == [
        *([200] * 5 + [401]),
        *([200] * 5 + [429]),
        *[200] * 8,
    ]
    assert orders[12]["monotonic"] - orders[11]["monotonic"] >= 2
