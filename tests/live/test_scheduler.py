"""What only a running scheduler shows: time, slots, deferral, backfills, deadlines, refusals."""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from typing import Any

import httpx

from include.data import seeds
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.retail.orders import newest_orders, sales_of_day
from tests.lessons import query
from tests.live.rest import Rest, until


def _times(ti: dict[str, Any]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(ti["start_date"]), datetime.fromisoformat(ti["end_date"])


def test_counts_really_overlap(rest: Rest) -> None:
    """1.02: while no count can end, all three have begun."""
    lesson = "phase1_02_parallel_tasks"
    with closing(open_warehouse()) as connection, connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLE shop.customers, shop.products, shop.orders")
        run_id = rest.trigger(lesson)
        until(lambda: [ti["state"] for ti in rest.tasks(lesson, run_id)].count("running") == 3)
    assert rest.wait(lesson, run_id) == "success"

    spans = [_times(ti) for ti in rest.tasks(lesson, run_id) if ti["task_id"].startswith("count_")]
    assert len(spans) == 3
    assert max(start for start, _ in spans) < min(end for _, end in spans)


def test_backfill_of_three_days_gives_three_rows(rest: Rest) -> None:
    """2.01: three days give three rows; the same backfill again gives the same three."""
    lesson = "phase2_01_scheduled_dag"
    orders = newest_orders(seeds.orders())
    days = [datetime(2026, 2, day).date() for day in (10, 11, 12)]  # noqa: DTZ001
    wanted = [tuple(sales_of_day(orders, day)) for day in days]

    for reprocess in ("none", "completed"):
        body = {
            "dag_id": lesson,
            "from_date": "2026-02-10T00:00:00Z",
            "to_date": "2026-02-12T00:00:00Z",
            "reprocess_behavior": reprocess,
        }
        answer = rest.post("backfills", body)
        assert answer.status_code == 200, answer.text
        backfill = answer.json()["id"]
        end = time.monotonic() + 120
        while not rest.get(f"backfills/{backfill}")["completed_at"]:
            assert time.monotonic() < end, "the backfill has not ended after 120 s"
            time.sleep(0.5)

        sql = "SELECT * FROM marts.daily_sales WHERE day BETWEEN %s AND %s ORDER BY day"
        assert query(sql, days[0], days[-1]) == wanted


def test_a_deferred_sensor_holds_no_slot(rest: Rest) -> None:
    """3.03: while the file is awaited, one sensor runs in a slot and the other is deferred."""
    lesson = "phase3_03_sensors"
    run_id = rest.trigger(lesson)
    seen: set[tuple[str, str]] = set()
    pools: set[int] = set()
    while rest.get(f"dags/{lesson}/dagRuns/{run_id}")["state"] not in {"success", "failed"}:
        tasks = rest.tasks(lesson, run_id)
        seen |= {(ti["task_id"], ti["state"]) for ti in tasks}
        if {("wait_in_slot", "running"), ("wait_without_slot", "deferred")} <= {
            (ti["task_id"], ti["state"]) for ti in tasks
        }:
            pool = rest.get("pools/default_pool")
            pools.add(pool["deferred_slots"])
        time.sleep(0.3)

    assert rest.wait(lesson, run_id) == "success"
    assert ("wait_in_slot", "running") in seen
    assert ("wait_between_looks", "up_for_reschedule") in seen
    assert ("wait_without_slot", "deferred") in seen
    assert ("wait_without_slot", "success") in {
        (ti["task_id"], ti["state"]) for ti in rest.tasks(lesson, run_id)
    }
    assert max(pools) >= 1
    assert rest.get("pools/default_pool")["include_deferred"] is False


def test_secret_is_masked_in_the_real_log(
    lab: Lab, rest: Rest, untouched: Callable[[str], str]
) -> None:
    """5.01: the log holds the line, with `***` where the password was."""
    lesson = "phase5_01_connections_variables"

    log = rest.log(lesson, untouched(lesson), "call_shop_api")

    assert "with password ***" in log
    assert lab.secrets["shop_api_password"] not in log


def test_pool_holds_and_the_heavier_goes_first(rest: Rest, untouched: Callable[[str], str]) -> None:
    """5.02: never more than two slots are used, and a lighter task is never queued first."""
    lesson = "phase5_02_pools_priority"
    tasks = {ti["task_id"]: ti for ti in rest.tasks(lesson, untouched(lesson))}

    moments = sorted(start for start, _ in map(_times, tasks.values()))
    used = [
        sum(ti["pool_slots"] for ti in tasks.values() if _times(ti)[0] <= at < _times(ti)[1])
        for at in moments
    ]
    assert max(used) == 2

    first, *others = sorted(
        tasks.values(), key=lambda ti: (ti["queued_when"], -ti["priority_weight"])
    )
    assert first["task_id"] == "audit_stock"
    weights = [ti["priority_weight"] for ti in others]
    assert weights == sorted(weights, reverse=True)
    assert all(_times(first)[1] <= _times(other)[0] for other in others)
    assert len(set(weights)) == len(list(pairwise(weights))) + 1


def test_a_late_run_raises_its_deadline(lab: Lab, rest: Rest) -> None:
    """5.04: a run that is late leaves the deadline's row, and the alert is in the inbox."""
    before = len(_alerts(lab))
    run_id = rest.trigger("phase5_04_callbacks", conf={"late": True})
    assert rest.wait("phase5_04_callbacks", run_id) == "success"

    sql = "SELECT count(*) FROM marts.events WHERE run_id = %s AND event = %s"
    assert query(sql, run_id, "dag_deadline") == [(1,)]
    end = time.monotonic() + 30
    while len(_alerts(lab)) == before and time.monotonic() < end:
        time.sleep(0.3)
    assert len(_alerts(lab)) > before
    said = _alerts(lab)[0]["content"]["text"]
    assert f"<{lab.address}/dags/phase5_04_callbacks/runs/{run_id}|{run_id}>" in said
    assert _events_of_the_run(run_id) == ["dag_deadline", "dag_success"]


def test_a_run_in_time_raises_no_deadline(rest: Rest) -> None:
    """5.04: the Dag's own success is recorded, and no deadline."""
    run_id = rest.trigger("phase5_04_callbacks")
    assert rest.wait("phase5_04_callbacks", run_id) == "success"

    assert _events_of_the_run(run_id) == ["dag_success"]


def _events_of_the_run(run_id: str) -> list[str]:
    """The Dag's own events, at the latest after a minute: its success is told when it has ended.

    By a process of the Dag processor, of which each file has one at a time. What is to be told
    meanwhile waits for the next reading of the file, so let one run be told before the next ends.
    """
    sql = "SELECT event FROM marts.events WHERE run_id = %s AND task_id = '' ORDER BY event"
    until(lambda: ("dag_success",) in query(sql, run_id))
    return [event for (event,) in query(sql, run_id)]


def _alerts(lab: Lab) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = httpx.get(
        f"{lab.url('inbox')}/messages", params={"kind": "slack"}, trust_env=False
    ).json()
    return messages
