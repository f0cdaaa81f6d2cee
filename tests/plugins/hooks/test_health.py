"""The checks of the components, outside of the lesson."""

import json

import pytest

from include.health.check import UnhealthyError
from include.lab.settings import Lab
from plugins.hooks.health import COMPONENTS, HealthHook

pytestmark = pytest.mark.usefixtures("bag", "known_connections")
ELSEWHERE = ("database", "object_store", "queue")


@pytest.mark.airflow
def test_everything_is_well_when_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each probe of the lab's own components passes; the partner's API belongs to a run."""
    health = HealthHook()
    health.prepare()
    for component in set(COMPONENTS) - {"shop_api"}:
        health.check(component).probe()


@pytest.mark.parametrize("component", ELSEWHERE)
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
    }
    name = list(gone)[ELSEWHERE.index(component)]
    monkeypatch.setenv(name, json.dumps(gone[name]))

    with pytest.raises(UnhealthyError, match="does not answer"):
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
