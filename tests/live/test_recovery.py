"""Components that are killed while a lesson runs come back, and the run ends."""

import os
import signal
import time

import pytest

from include.lab.settings import Lab
from include.lab.supervisor import read_state
from tests.lessons import query
from tests.live.rest import Rest

LESSON = "phase3_03_sensors"


def _wait_until_ready(lab: Lab, service: str, killed: int) -> None:
    """Until the service runs in another process, and the supervisor calls it ready."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        facts = read_state(lab)[service]
        if facts["state"] == "ready" and facts["pid"] not in (None, killed):
            return
        time.sleep(0.3)
    raise TimeoutError(f"{service} has not come back after 120 s: {read_state(lab)[service]}")


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

    _wait_until_ready(lab, service, pid)
    for component in ("api-server", "scheduler", "dag-processor", "triggerer"):
        _wait_until_ready(lab, component, 0)
    again = Rest(lab)
    if again.wait(LESSON, run_id, 300) == "failed":
        body = {"dry_run": False, "only_failed": True}
        cleared = again.post(f"dags/{LESSON}/dagRuns/{run_id}/clear", body)
        assert cleared.status_code == 200, cleared.text
        assert again.wait(LESSON, run_id, 300) == "success"
    assert query("SELECT count(*) FROM shop.suppliers") == [(8,)]
