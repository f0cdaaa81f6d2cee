"""The breaker of a task: its state is behind a connection."""

import json
from datetime import timedelta

import pytest

from include.configuration.metadata import connections
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.resilience.circuit_breaker import Rules, State
from include.resilience.circuit_store import CREATE_TABLE, CircuitOpenError
from plugins.hooks.circuit_breaker import circuit_breaker
from tests.lessons import query

NAME = "tests/hooks/circuit_breaker"
RULES = Rules(failures=1, cool_down=timedelta(minutes=5), lease=timedelta(minutes=5))


def test_making_one_connects_to_nothing() -> None:
    """A lesson may name its breaker at the top: an unknown connection is no matter yet."""
    assert circuit_breaker(NAME, RULES, "nowhere").name == NAME


def test_its_circuit_is_in_the_warehouse(bag, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two breakers of one name, over Airflow's connection, share one row there."""
    with open_warehouse() as connection, connection.cursor() as cursor:
        cursor.execute(CREATE_TABLE)
        cursor.execute("DELETE FROM marts.circuits WHERE name = %s", (NAME,))
    connection.close()
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(connections()["warehouse"]))
    mine, other = (circuit_breaker(NAME, RULES) for _ in range(2))

    with pytest.raises(RuntimeError), mine.guard():
        raise RuntimeError("the service is broken")

    with pytest.raises(CircuitOpenError), other.guard():
        raise AssertionError("an open circuit has let a call through")
    assert other.circuit().state is State.OPEN
    assert query("SELECT state, failures FROM marts.circuits WHERE name = %s", NAME) == [
        ("OPEN", 1)
    ]
