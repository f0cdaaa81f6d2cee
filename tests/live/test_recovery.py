"""Components that are killed while a lesson runs come back, and the run ends."""

import os
import signal
import time

import pytest

from include.lab.airflow import COMPONENTS
from include.lab.settings import Lab
from include.lab.supervisor import read_state
from tests.labs import wait_for
from tests.lessons import query
from tests.live.rest import Rest

LESSON = "phase3_03_sensors"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("service", ["triggerer", "scheduler", "postgres"])
def test_a_killed_component_comes_back_and_the_run_ends(lab: Lab, rest: Rest, service: str) -> None:
    """kill -9 while sensors wait: it is ready again, and the run ends or can be cleared to end."""
    run_id = rest.trigger(LESSON)
    end = time.monotonic() + 60
    while not any(ti["state"] == "deferred" for ti in rest.tasks(LESSON, run_id)):
        assert time.monotonic() < end, "no sensor was deferred within 60 s"
        time.sleep(0.2)
    pid = read_state(lab)[service]["pid"]

    os.kill(pid, signal.SIGKILL)

    wait_for(lab, service, "ready", but_not=pid)
    for component in COMPONENTS:
        wait_for(lab, component, "ready")
    again = Rest(lab)
    if again.wait(LESSON, run_id, 300) == "failed":
        body = {"dry_run": False, "only_failed": True}
        cleared = again.post(f"dags/{LESSON}/dagRuns/{run_id}/clear", body)
        assert cleared.status_code == 200, cleared.text
        assert again.wait(LESSON, run_id, 300) == "success"
    assert query("SELECT count(*) FROM shop.suppliers") == [(8,)]
