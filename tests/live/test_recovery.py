"""Components that are killed while a lesson runs come back, and the run ends."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from include.lab.airflow import COMPONENTS
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.lab.supervisor import read_state
from include.resilience.circuit_breaker import Rules, State
from include.resilience.circuit_store import CREATE_TABLE, CircuitBreaker, CircuitOpenError
from include.resilience.errors import TransientError
from tests.labs import wait_for
from tests.lessons import query
from tests.live.rest import Rest

LESSON = "phase3_03_sensors"


@pytest.fixture(scope="module")
def breaker(lab: Lab) -> Iterator[CircuitBreaker]:
    """A circuit of 7.03 that was opened a moment ago, for an hour."""
    hour = timedelta(hours=1)
    breaker = CircuitBreaker("tests/live", Rules(1, cool_down=hour, lease=hour), open_warehouse)
    with closing(open_warehouse()) as connection, connection, connection.cursor() as cursor:
        cursor.execute(CREATE_TABLE)
        cursor.execute("DELETE FROM marts.circuits WHERE name = 'tests/live'")
    with pytest.raises(TransientError), breaker.guard():
        raise TransientError("busy")
    yield breaker
    query("DELETE FROM marts.circuits WHERE name = 'tests/live' RETURNING name")


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.parametrize("service", ["triggerer", "scheduler", "postgres"])
def test_a_killed_component_comes_back_and_the_run_ends(
    lab: Lab, rest: Rest, breaker: CircuitBreaker, service: str
) -> None:
    """kill -9 while sensors wait: it is ready again, and the run ends or can be cleared to end.

    A circuit that was open before is open afterwards, and lets nobody through.
    """
    before = breaker.circuit()
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
    assert before.state is State.OPEN
    assert breaker.circuit() == before
    with pytest.raises(CircuitOpenError):
        breaker.ask()
