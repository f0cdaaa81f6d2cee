"""The lab as a newcomer uses it: side by side with another, stopped, started again."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from include.lab.settings import Lab
from include.lab.supervisor import read_state
from tests.conftest import LAB
from tests.labs import ROOT, environment, start_lab
from tests.live.rest import Rest

LEFT_OUT = (
    *("azurite", "bigquery", "gcs", "inbox", "kafka", "mail", "metrics", "mlflow", "redis"),
    *("model_server", "shop_api", "vault"),
)
"""All that XComs in the object store, which this lab has to keep, do not need."""


@pytest.fixture
def second(tmp_path: Path, lab: Lab) -> Iterator[dict[str, str]]:
    """The place of a second lab beside the running one, with ports and state of its own."""
    place = {
        "LAB_HOME": str(tmp_path / "lab"),
        "LAB_PORT_BASE": str(LAB.port_base + 20),
        "WITHOUT": ",".join(LEFT_OUT),
    }
    yield place
    _lab(place, "down")
    _lab(place, "reset", "--yes")


def _lab(place: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "include.lab", *command],
        env=environment(place),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_stops_without_a_trace_and_keeps_runs_and_data(
    second: dict[str, str], tmp_path: Path
) -> None:
    """Two labs side by side; one is stopped and started again, and what it had is still there."""
    there = Lab.from_environment(second)
    output = tmp_path / "up.log"
    process = start_lab(second, output)
    assert re.search(r"Ready after \d+ s", output.read_text())
    refused = _lab(second, "up")
    assert refused.returncode == 1
    assert f"already running (process {process.pid})" in refused.stdout
    shown = _lab(second, "status")
    assert shown.returncode == 0, shown.stdout
    assert there.address in shown.stdout

    lesson = "phase4_01_xcom_basics"
    run_id = Rest(there).trigger(lesson)
    assert Rest(there).wait(lesson, run_id) == "success"
    processes = [facts["pid"] for facts in read_state(there).values() if facts["pid"]]
    family = [
        child
        for pid in processes
        for child in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))
    ]
    before = _xcoms(Rest(there), lesson, run_id)

    in_need = "phase5_01_connections_variables"
    run_id_in_need = Rest(there).trigger(in_need)
    assert Rest(there).wait(in_need, run_id_in_need) == "failed"
    said = _log_of_the_failed(Rest(there), in_need, run_id_in_need)
    assert "Service 'shop_api' (connection 'shop_api') does not answer" in said
    assert "unless WITHOUT=shop_api leaves it out" in said

    stopped = _lab(second, "down")

    assert stopped.returncode == 0, stopped.stdout
    assert process.wait(10) == 0
    assert [child for child in family if child.is_running()] == []

    # This time the supervisor itself is killed: the next start ends what it left running.
    process = start_lab(second, output)
    assert Rest(there).get(f"dags/{lesson}/dagRuns/{run_id}")["state"] == "success"
    assert _xcoms(Rest(there), lesson, run_id) == before
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    left = [psutil.Process(f["pid"]) for f in read_state(there).values() if f["pid"]]
    assert left

    assert "was left running" in _lab(second, "down").stdout
    psutil.wait_procs(left, timeout=10)
    assert [one for one in left if one.is_running()] == []


def _log_of_the_failed(rest: Rest, lesson: str, run_id: str) -> str:
    failed = [ti for ti in rest.tasks(lesson, run_id) if ti["state"] == "failed"]
    return "\n".join(rest.log(lesson, run_id, ti["task_id"], ti["try_number"]) for ti in failed)


def _xcoms(rest: Rest, lesson: str, run_id: str) -> dict[tuple[str, str], object]:
    """Every XCom of the run, large ones read from the object store."""
    path = f"dags/{lesson}/dagRuns/{run_id}/taskInstances/~/xcomEntries"
    entries = rest.get(path, limit=100)["xcom_entries"]
    return {
        (entry["task_id"], entry["key"]): rest.get(
            f"dags/{lesson}/dagRuns/{run_id}/taskInstances/{entry['task_id']}/xcomEntries/{entry['key']}",
            deserialize="true",
            map_index=entry["map_index"],
        )["value"]
        for entry in entries
    }
