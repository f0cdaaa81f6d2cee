"""`phase12_02_logging_tracing`: one trace with right parents, and the same id in the API's log."""

import json
from typing import Any

import httpx
import pytest

from include.configuration.metadata import connections
from include.lab.settings import Lab
from tests.lessons import Result, Run

LESSON = "phase12_02_logging_tracing"
FAILURES = 2


def correlation_id(result: Result) -> str:
    return f"{LESSON}/{result.run.run_id}"


def trace_of(result: Result) -> list[Any]:
    """The spans of the run's trace, by their start, as MLflow's API gives them."""
    from mlflow import MlflowClient

    client = MlflowClient(connections()["mlflow"]["host"])
    (experiment,) = client.search_experiments(filter_string=f"name = '{LESSON}'")
    traces = client.search_traces(locations=[experiment.experiment_id], max_results=50)
    ours = [
        found.data.spans
        for found in traces
        if any(
            s.attributes.get("correlation_id") == correlation_id(result) for s in found.data.spans
        )
    ]
    assert len(ours) == 1, "one trace"
    return sorted(ours[0], key=lambda span: span.start_time_ns)


def received(lab: Lab, result: Result) -> list[dict[str, Any]]:
    """The calls of the run, as the API recorded them."""
    query = {"correlation_id": correlation_id(result)}
    answer = httpx.get(f"{lab.url('shop_api')}/received", params=query, trust_env=False)
    calls: list[dict[str, Any]] = answer.json()
    return calls


def log_of_api(lab: Lab, result: Result) -> list[dict[str, Any]]:
    """The lines about the run in the API's own log."""
    lines = (lab.logs / "shop_api.log").read_text().splitlines()
    said = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in said if line.get("correlation_id") == correlation_id(result)]


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The lesson, whose first calls for the order are answered with 503."""
    return run(LESSON, conf={"failures": FAILURES})


@pytest.fixture(scope="module")
def unknown(run: Run) -> Result:
    """The lesson, with an order that is not there."""
    return run(LESSON, conf={"order_id": 1})


def test_one_trace_holds_every_try_and_every_call(result: Result, lab: Lab) -> None:
    """The run, below it each try, below it each call; the API's log has the ids of each call."""
    assert result.state == "success"
    assert result.returned("decide") == "look at its reviews"
    spans = trace_of(result)
    (root,) = [span for span in spans if span.parent_id is None]
    tries = [span for span in spans if span.parent_id == root.span_id]
    calls = [span for span in spans if span.parent_id in {one.span_id for one in tries}]
    assert root.name == LESSON
    assert len(spans) == 1 + len(tries) + len(calls)
    once = ["check_stock", "decide", "fetch_order", "read_reviews"]
    assert sorted(one.name for one in tries) == sorted(once + ["fetch_order"] * FAILURES)
    of_try = {one.span_id: one.name for one in tries}
    asked = [(of_try[span.parent_id], span.name.split("/")[1]) for span in calls]
    assert sorted(asked) == sorted(
        [("fetch_order", "orders")] * (1 + FAILURES)
        + [("read_reviews", "reviews")] * 3
        + [("check_stock", "stock")]
    )
    assert root.start_time_ns <= min(span.start_time_ns for span in tries)
    assert root.end_time_ns >= max(span.end_time_ns for span in tries)

    trace = result.returned("close_trace").rpartition("=tr-")[2]
    carried = {f"00-{trace}-{span.span_id}-01" for span in calls}
    recorded = received(lab, result)
    assert {call["headers"]["traceparent"] for call in recorded} == carried
    lines = log_of_api(lab, result)
    assert {line["traceparent"] for line in lines} == carried
    assert [line["status"] for line in lines].count(503) == FAILURES
    assert result.returned("check_trace")["received"] == len(lines) == len(calls)
    assert result.returned("check_trace")["tree"][0] == LESSON


def test_an_order_that_is_not_there_fails_at_once_and_is_seen(unknown: Result, lab: Lab) -> None:
    """The trace shows the refused call; later tasks have none."""
    assert unknown.state == "failed"
    assert unknown.states["fetch_order"] == "failed"
    assert [call["status"] for call in received(lab, unknown)] == [404] * 3
    names = [span.name for span in trace_of(unknown)]
    assert sorted(set(names)) == sorted({LESSON, "fetch_order", "GET /orders/1"})


def test_a_run_is_a_trace_of_its_own(result: Result, unknown: Result) -> None:
    """Two runs are two traces; the page that a run names is that of its own."""
    mine, other = ({span.trace_id for span in trace_of(one)} for one in (result, unknown))

    assert mine.isdisjoint(other)
    (trace,) = other
    assert unknown.returned("close_trace").endswith(f"={trace}")


def test_a_task_does_not_fail_because_nobody_takes_its_spans(
    run: Run, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what needs MLflow itself fails; the order is decided."""
    from plugins.hooks.traces import TracesHook

    gone = {"conn_type": "http", "host": f"http://127.0.0.1:{lab.port_base + 39}"}
    monkeypatch.setenv("AIRFLOW_CONN_NOWHERE", json.dumps(gone))
    monkeypatch.setattr(TracesHook.__init__, "__defaults__", ("nowhere",))
    monkeypatch.setattr("plugins.hooks.traces.SECONDS", 1)

    result = run(LESSON)

    assert result.states["decide"] == "success"
    assert result.states["check_trace"] == "failed"
