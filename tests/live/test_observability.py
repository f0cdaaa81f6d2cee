"""What only a running Airflow shows of itself: its deadlines, and the board on its metrics."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from include.lab.settings import Lab
from include.observability import board, scrape
from tests.labs import stopped
from tests.live.rest import Rest

METRICS = "phase12_01_metrics_monitoring"
PROMETHEUS = os.environ.get("LAB_PROMETHEUS") or shutil.which("prometheus")
SCRAPES = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: airflow
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
  - job_name: pushgateway
    honor_labels: true
    metrics_path: /pushgateway/metrics
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def samples(lab: Lab) -> list[scrape.Sample]:
    """Everything that Prometheus would scrape now."""
    paths = ("/metrics", "/pushgateway/metrics")
    pages = [httpx.get(lab.url("metrics") + path, trust_env=False).text for path in paths]
    return [sample for page in pages for sample in scrape.read(page)]


def counted(lab: Lab, name: str) -> float:
    """How often the lesson's runs were late, by the metric of this name."""
    return scrape.by_label(samples(lab), name, "dag_id").get(METRICS, 0)


@pytest.fixture(scope="module")
def late_run(rest: Rest) -> str:
    """The id of a run of the lesson that has missed its deadline."""
    run_id = rest.trigger(METRICS, conf={"late": True})
    assert rest.wait(METRICS, run_id) == "success"
    return run_id


def test_a_missed_deadline_is_counted_by_airflow_and_by_us(late_run: str, lab: Lab) -> None:
    """12.01: the scheduler counts the run as late, and the callback, in the triggerer, does too."""
    names = ("airflow_deadline_alerts_deadline_missed_total", "airflow_shop_late_runs_total")
    end = time.monotonic() + 30
    while len({n for name in names if (n := counted(lab, name))}) != 1 or not counted(
        lab, names[1]
    ):
        assert time.monotonic() < end, "the callback has not counted the same within 30 s"
        time.sleep(0.5)


def test_every_metric_of_the_board_is_there(late_run: str, lab: Lab) -> None:
    """12.01: no panel asks for what nobody sends."""
    found = samples(lab)
    wanted = {selector for panel in board.load() for selector in panel.selectors}

    assert not {one for one in wanted if not any(one.matches(sample) for sample in found)}


@pytest.fixture
def prometheus(lab: Lab, tmp_path: Path) -> Iterator[httpx.Client]:
    """A real Prometheus that scrapes the lab every second."""
    if PROMETHEUS is None:
        pytest.skip("no prometheus is here: install it, or set LAB_PROMETHEUS to its path")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    configuration = tmp_path / "prometheus.yml"
    configuration.write_text(SCRAPES.format(port=lab.port("metrics")))
    process = subprocess.Popen(
        [
            *(PROMETHEUS, f"--config.file={configuration}", f"--web.listen-address={address}"),
            *(f"--storage.tsdb.path={tmp_path / 'data'}", "--log.level=error"),
        ]
    )
    with httpx.Client(base_url=f"http://{address}/api/v1", trust_env=False) as client:
        yield client
    process.terminate()
    process.wait(20)


def evaluated(prometheus: httpx.Client, expression: str) -> list[Any]:
    """What Prometheus answers to an expression; nothing while it is not up."""
    try:
        answer = prometheus.get("/query", params={"query": expression})
    except httpx.ConnectError:
        return []
    said = answer.json()
    assert said["status"] == "success", f"{expression}: {json.dumps(said)}"
    found: list[Any] = said["data"]["result"]
    return found


def test_prometheus_evaluates_every_expression_of_the_board(
    late_run: str, prometheus: httpx.Client
) -> None:
    """12.01: each draws something, after some scrapes."""
    open_ = {expression for panel in board.load() for expression in panel.expressions}
    end = time.monotonic() + 30
    while open_ := {expression for expression in open_ if not evaluated(prometheus, expression)}:
        assert time.monotonic() < end, f"these draw nothing: {open_}"
        time.sleep(1)
    (shipped,) = evaluated(prometheus, 'shop_orders_total{status="shipped"}')
    assert shipped["metric"]["job"] == METRICS


TRACED = "phase12_02_logging_tracing"


def lines(rest: Rest, run_id: str, task_id: str) -> list[dict[str, Any]]:
    """The log of a task's last try, line by line."""
    task = f"dags/{TRACED}/dagRuns/{run_id}/taskInstances/{task_id}"
    attempt = rest.get(task)["try_number"]
    found: list[dict[str, Any]] = rest.get(f"{task}/logs/{attempt}")["content"]
    return found


def test_a_cleared_task_stays_in_its_trace_and_every_line_bears_the_id(
    rest: Rest, untouched: Callable[[str], str]
) -> None:
    """12.02: Airflow begins another trace of its own then; ours is the run's, and so are its logs.

    A line of a library bears the ids as well as our own do.
    """
    run_id = untouched(TRACED)
    body = {"dry_run": False, "task_ids": ["fetch_order"], "dag_run_id": run_id}
    options = {"include_downstream": True, "only_failed": False}
    cleared = rest.post(f"dags/{TRACED}/clearTaskInstances", {**body, **options})
    assert cleared.status_code == 200, cleared.text
    assert rest.wait(TRACED, run_id) == "success"

    path = f"dags/{TRACED}/dagRuns/{run_id}/taskInstances/check_trace/xcomEntries/return_value"
    said = rest.get(path, deserialize=True)["value"]
    assert said["tree"].count("  fetch_order") == 2
    assert said["received"] == 10
    assert said["id"] == f"{TRACED}/{run_id}"
    for task_id, event in (("fetch_order", "order fetched"), ("decide", "decided")):
        (line,) = [line for line in lines(rest, run_id, task_id) if line["event"] == event]
        assert line["correlation_id"] == said["id"]
        assert len(line["trace_id"]) == 32
        assert line["order_id"] == 10001
    bearing = [line for line in lines(rest, run_id, "fetch_order") if "correlation_id" in line]
    assert {line["logger"] for line in bearing} >= {"shop", "include.observability.spans"}


HEALTH = "phase12_03_health_checks"


def returned(rest: Rest, run_id: str, task_id: str) -> Any:
    path = f"dags/{HEALTH}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
    return rest.get(path, deserialize=True)["value"]


def test_a_lock_that_a_task_holds_is_broken(rest: Rest) -> None:
    """12.03: two tasks side by side; the one that heals ends the session of the other."""
    run_id = rest.trigger(HEALTH, conf={"break": "lock", "patience": 30})
    assert rest.wait(HEALTH, run_id) == "success"

    assert returned(rest, run_id, "report")["database"] == "healed"
    assert returned(rest, run_id, "hold_lock") is True


@pytest.mark.timeout(200)
def test_a_silent_triggerer_is_noticed_and_waited_for(lab: Lab, rest: Rest) -> None:
    """12.03: Airflow's health page tells of it; started again, it is healed within the patience."""
    with stopped(lab, "triggerer"):
        end = time.monotonic() + 90
        while rest.get("monitor/health")["triggerer"]["status"] == "healthy":
            assert time.monotonic() < end, "the health page still calls a stopped triggerer healthy"
            time.sleep(1)
        run_id = rest.trigger(HEALTH, conf={"break": "nothing", "patience": 90})
        while state_of_airflow_check(rest, run_id) != "running":
            assert time.monotonic() < end, "the check has not begun"
            time.sleep(0.5)

    assert rest.wait(HEALTH, run_id) == "success"
    assert returned(rest, run_id, "report")["airflow"] == "healed"


def state_of_airflow_check(rest: Rest, run_id: str) -> str | None:
    """How the last of the mapped checks is, which is Airflow's own."""
    found = [ti for ti in rest.tasks(HEALTH, run_id) if ti["task_id"] == "examine"]
    return max(found, key=lambda ti: ti["map_index"])["state"]
