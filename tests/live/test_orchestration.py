"""Phase 13 on the live scheduler: Dags that wait for each other and start each other."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from include.data import seeds
from include.lab.settings import Lab
from include.orchestration.dependencies import among, edges
from include.retail.orders import Order, newest_orders
from tests.lessons import lake, query
from tests.live.rest import Rest

SENSOR = "phase13_01_external_task_sensor"
TRIGGER = "phase13_02_trigger_dag_run"
CHAIN = "phase13_03_dag_dependencies"
CHAIN_PAGES = "phase13/03_dag_dependencies/"


def of_day(day: str) -> list[Order]:
    return [one for one in newest_orders(seeds.orders()) if f"{one.ordered_at:%Y-%m-%d}" == day]


def states(rest: Rest, dag_id: str, run_id: str) -> dict[str, str]:
    """The state of each task; of a mapped one the last instance's."""
    return {ti["task_id"]: ti["state"] for ti in rest.tasks(dag_id, run_id)}


def returned(rest: Rest, dag_id: str, run_id: str, task_id: str) -> Any:
    task = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"
    return rest.get(f"{task}/xcomEntries/return_value", deserialize=True)["value"]


def runs(rest: Rest, dag_id: str) -> dict[str, dict[str, Any]]:
    """Every run of a Dag by its id."""
    return {one["dag_run_id"]: one for one in rest.get(f"dags/{dag_id}/dagRuns")["dag_runs"]}


def times(rest: Rest, dag_id: str, run_id: str, task_id: str) -> tuple[datetime, datetime]:
    task = rest.get(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}")
    start, end = (datetime.fromisoformat(task[key]) for key in ("start_date", "end_date"))
    return start, end


@pytest.fixture
def no_children(rest: Rest) -> None:
    """The children of a former run are gone."""
    child = f"{TRIGGER}__child"
    for run_id in runs(rest, child):
        rest.client.delete(f"/api/v2/dags/{child}/dagRuns/{run_id}").raise_for_status()


def test_the_right_run_among_several_is_waited_for(lab: Lab, rest: Rest) -> None:
    """13.01: another day's failure is nobody's concern; the closings lie 23 hours apart."""
    run_id = rest.trigger(SENSOR, conf={"fail": "day before"})

    assert rest.wait(SENSOR, run_id) == "success"

    closings = runs(rest, f"{SENSOR}__closing")
    dates = {
        f"closing__2026-03-{day}": f"2026-03-{day}T{hour}:00:00Z"
        for day, hour in (("28", "05"), ("29", "04"), ("30", "04"))
    }
    assert {name: closings[name]["logical_date"] for name in dates} == dates
    assert closings["closing__2026-03-28"]["state"] == "failed"
    assert closings["closing__2026-03-29"]["state"] == "success"
    night = of_day("2026-03-28")
    (books,) = query("SELECT orders, revenue FROM marts.books WHERE day = '2026-03-28'")
    assert books == (len(night), sum(one.amount for one in night))
    log = rest.log(SENSOR, run_id, "wait_for_books")
    assert "executed successfully" in log


def test_a_failure_upstream_is_known_at_once(lab: Lab, rest: Rest) -> None:
    """13.01: the sensor fails seconds after the run that it waits for, not after its timeout."""
    run_id = rest.trigger(SENSOR, conf={"fail": "this day"})

    assert rest.wait(SENSOR, run_id) == "failed"

    found = states(rest, SENSOR, run_id)
    assert found["wait_for_books"] == "failed"
    assert found["wait_for_checks"] == found["read_books"] == "upstream_failed"
    closing = runs(rest, f"{SENSOR}__closing")["closing__2026-03-29"]
    assert closing["state"] == "failed"
    _, failed = times(rest, SENSOR, run_id, "wait_for_books")
    late = (failed - datetime.fromisoformat(closing["end_date"])).total_seconds()
    assert late < 60, "its timeout is 240 s"


def test_twice_the_same_key_is_one_child(
    lab: Lab, rest: Rest, untouched: Callable[[str], str]
) -> None:
    """13.02: the child saw the conf and its day; triggered twice and cleared, it is one run."""
    run_id = untouched(TRIGGER)
    day = of_day("2026-03-02")
    left = [("2026-03-02", len(day), len(day), sum(one.amount for one in day))]
    report = "SELECT day::text, promised, orders, revenue FROM marts.child_reports WHERE day = %s"
    assert query(report, "2026-03-02") == left

    body = {"dry_run": False, "task_ids": ["start_child"], "dag_run_id": run_id}
    cleared = rest.post(f"dags/{TRIGGER}/clearTaskInstances", {**body, "only_failed": False})
    assert cleared.status_code == 200, cleared.text
    assert rest.wait(TRIGGER, run_id) == "success"

    (child,) = runs(rest, f"{TRIGGER}__child").values()
    assert child["dag_run_id"] == "sales__2026-03-02"
    assert child["conf"]["orders"] == len(day)
    assert child["logical_date"] == "2026-03-02T00:00:00Z"
    attempts = [ti["try_number"] for ti in rest.tasks(f"{TRIGGER}__child", "sales__2026-03-02")]
    assert min(attempts) >= 3, "it ran again and again, in the same run"
    assert query(report, "2026-03-02") == left


@pytest.mark.usefixtures("no_children")
def test_a_day_that_is_not_worth_it_has_no_child(lab: Lab, rest: Rest) -> None:
    """13.02: the condition stops before the trigger."""
    run_id = rest.trigger(TRIGGER, conf={"least": 1000})

    assert rest.wait(TRIGGER, run_id) == "success"

    assert states(rest, TRIGGER, run_id)["start_child"] == "skipped"
    assert runs(rest, f"{TRIGGER}__child") == {}


def stored_edges(bag: Any) -> set[tuple[str, str, str, str]]:
    """The edges of 13.03 as they stand in the Dags that Airflow has stored."""
    from airflow.models.serialized_dag import SerializedDagModel

    return {
        (one.source, one.target, one.dependency_type, one.label)
        for dag_id, found in SerializedDagModel.get_dag_dependencies().items()
        if dag_id.startswith(CHAIN)
        for one in found
    }


@pytest.mark.usefixtures("known_connections")
def test_the_graph_is_what_airflow_knows(
    lab: Lab, rest: Rest, bag: Any, untouched: Callable[[str], str]
) -> None:
    """13.03: picture and data have the edges that stand in the stored Dags, and no other."""
    from plugins.hooks.airflow_api import AirflowApiHook

    run_id = untouched(CHAIN)

    stages = ("ingest", "transform", "publish")
    wanted = {(CHAIN, f"{CHAIN}__{stage}", "trigger", f"start_{stage}") for stage in stages}
    wanted |= {
        (f"{CHAIN}__ingest", f"{CHAIN}__transform", "sensor", "wait_for_ingest"),
        (f"{CHAIN}__transform", f"{CHAIN}__publish", "sensor", "wait_for_transform"),
    }
    pages = lake(CHAIN_PAGES)
    drawn = {tuple(one.values()) for one in json.loads(pages["graph.json"])["edges"]}
    assert drawn == wanted
    assert drawn == stored_edges(bag)
    assert drawn == set(among(edges(AirflowApiHook().dependencies()), CHAIN))
    assert pages["graph.svg"].count(b'<path d="M') - 2 == len(drawn)
    assert returned(rest, CHAIN, run_id, "draw_graph").endswith(f"{CHAIN_PAGES}index.html")
    report = returned(rest, CHAIN, run_id, "report")
    assert {state for stage in report.values() for state in stage.values()} == {"success"}
    revenue: dict[str, Any] = {}
    for one in of_day("2026-02-14"):
        country = one.country or "unknown"
        revenue[country] = revenue.get(country, 0) + one.amount
    sql = "SELECT country, revenue FROM marts.pipeline_revenue WHERE day = '2026-02-14'"
    assert dict(query(sql)) == revenue


def test_a_failed_middle_stops_the_end(lab: Lab, rest: Rest) -> None:
    """13.03: publish is never started, the state says how far it came, the parent says who."""
    day = "2026-02-15"
    run_id = rest.trigger(CHAIN, conf={"day": day, "fail": True})

    assert rest.wait(CHAIN, run_id) == "failed"

    found = states(rest, CHAIN, run_id)
    assert found["start_transform"] == "failed"
    assert found["start_publish"] == "upstream_failed"
    assert found["report"] == "failed"
    assert f"transform of {day} failed in ['add_up']" in rest.log(CHAIN, run_id, "report")
    assert f"publish__{day}" not in runs(rest, f"{CHAIN}__publish")
    state = "SELECT state FROM marts.pipelines WHERE day = %s"
    assert query(state, day) == [("ingested",)]
    assert query("SELECT * FROM marts.pipeline_revenue WHERE day = %s", day) == []
    assert rest.wait(CHAIN, rest.trigger(CHAIN, conf={"day": day})) == "success"
    assert query(state, day) == [("published",)]
