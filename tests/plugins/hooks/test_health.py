"""The checks of the components, outside of the lesson."""

import json
import threading
from functools import partial

import pytest

from include.health.check import Finding, State, UnhealthyError, examine
from include.lab.settings import Lab
from plugins.hooks.health import BUCKET, COMPONENTS, TABLE, HealthHook
from plugins.hooks.shop_api import ShopApiHook
from tests.labs import stopped
from tests.lessons import query

pytestmark = pytest.mark.usefixtures("bag", "known_connections")
SERVICES = tuple(component for component in COMPONENTS if component != "airflow")
MADE = {
    "bucket": ("object_store", f"bucket {BUCKET} is missing; made it anew"),
    "table": ("database", f"table {TABLE} is missing; made it anew"),
    "topic": ("queue", "topic shop.health is missing; made it anew"),
}
SILENT = {
    "database": "the database does not answer",
    "shop_api": "GET /health had no good answer",
    "object_store": "the store does not answer",
    "queue": "the queue does not answer",
    "mlflow": "MLflow does not answer",
}


@pytest.fixture(autouse=True)
def _a_run_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The partner's API wants to know which run calls, and here is none."""
    of_a_run = partial(ShopApiHook, "tests/hooks/health")
    monkeypatch.setattr("plugins.hooks.shop_api.ShopApiHook", of_a_run)


def found(patience: float = 0) -> dict[str, Finding]:
    """What becomes of each service that is examined."""
    health = HealthHook()
    return {name: examine(health.check(name), patience) for name in SERVICES}


def healthy(*but_not: str) -> dict[str, Finding]:
    """What is found where all is well, but for these."""
    return {n: Finding(n, State.HEALTHY, "") for n in SERVICES if n not in but_not}


@pytest.mark.airflow
def test_everything_is_well_when_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each probe passes, that of Airflow too."""
    health = HealthHook()
    health.prepare()
    for component in COMPONENTS:
        health.check(component).probe()


@pytest.mark.parametrize("what", MADE)
def test_what_is_missing_is_made_anew(what: str) -> None:
    """It is said what was wrong and what was done; nothing else is touched."""
    health = HealthHook()
    health.prepare()
    health.break_(what)
    component, said = MADE[what]

    assert found(patience=10) == {**healthy(), component: Finding(component, State.HEALED, said)}
    assert examine(health.check(component), 0) == healthy()[component]


def test_a_session_that_holds_a_lock_is_ended() -> None:
    """A real one, which would have kept everybody out for a minute."""
    health, ended = HealthHook(), list[bool]()
    health.prepare()
    thread = threading.Thread(target=lambda: ended.append(health.hold_lock(60)))
    thread.start()
    locked = f"SELECT count(*) FROM pg_locks WHERE relation = '{TABLE}'::regclass AND granted"
    while query(locked) == [(0,)]:
        assert thread.is_alive()

    finding = examine(health.check("database"), 10)

    thread.join(10)
    assert ended == [True]
    trouble = f"table {TABLE} is locked by another session"
    done = "ended 1 session(s) that held it"
    assert finding == Finding("database", State.HEALED, f"{trouble}; {done}")


def test_services_that_are_really_stopped_are_ill_and_found_again(lab: Lab) -> None:
    """The others are well all the same; started again, they are well too."""
    HealthHook().prepare()
    with stopped(lab, "object_store"), stopped(lab, "kafka"):
        during = found()

    ill = ("object_store", "queue")
    assert during == {**healthy(*ill), **{name: during[name] for name in ill}}
    for name in ill:
        assert during[name].state is State.UNHEALTHY
        assert during[name].detail.startswith(SILENT[name])
    after = found(patience=10)
    assert {name: after[name].state for name in SERVICES if name not in ill} == dict.fromkeys(
        healthy(*ill), State.HEALTHY
    )
    assert {after[name].state for name in ill} <= {State.HEALTHY, State.HEALED}


@pytest.mark.parametrize("component", SILENT)
def test_a_component_that_is_nowhere_is_unhealthy_and_cannot_be_prepared(
    component: str, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its probe says so, and preparing goes on with the others."""
    nobody = lab.port_base + 39
    gone = {
        "AIRFLOW_CONN_WAREHOUSE": {"conn_type": "postgres", "host": "127.0.0.1", "port": nobody},
        "AIRFLOW_CONN_OBJECT_STORE": {
            **{"conn_type": "aws", "login": "x", "password": "x"},
            "extra": {"endpoint_url": f"http://127.0.0.1:{nobody}", "region_name": "eu-central-1"},
        },
        "AIRFLOW_CONN_KAFKA_DEFAULT": {
            "conn_type": "kafka",
            "extra": {"bootstrap.servers": f"127.0.0.1:{nobody}", "log_level": 0},
        },
        "AIRFLOW_CONN_SHOP_API": {
            **{"conn_type": "http", "login": "x", "password": "x"},
            "host": f"http://127.0.0.1:{nobody}",
        },
        "AIRFLOW_CONN_MLFLOW": {"conn_type": "http", "host": f"http://127.0.0.1:{nobody}"},
    }
    ids = {"database": "WAREHOUSE", "queue": "KAFKA_DEFAULT"}
    name = f"AIRFLOW_CONN_{ids.get(component, component.upper())}"
    monkeypatch.setenv(name, json.dumps(gone[name]))

    with pytest.raises(UnhealthyError, match=SILENT[component]):
        HealthHook().check(component).probe()
    HealthHook().prepare()


def test_an_api_server_that_is_nowhere_is_unhealthy(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nothing is known of the other components either."""
    nowhere = f"http://127.0.0.1:{lab.port_base + 39}/execution/"
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", nowhere)
    with pytest.raises(UnhealthyError, match="the API server does not answer"):
        HealthHook().check("airflow").probe()
