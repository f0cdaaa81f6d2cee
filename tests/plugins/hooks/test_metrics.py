"""Metrics as a task scrapes and pushes them."""

import json

import pytest
from prometheus_client import CollectorRegistry, Gauge

from include.lab.settings import Lab
from include.observability import scrape
from plugins.hooks.metrics import MetricsHook

pytestmark = pytest.mark.usefixtures("bag", "known_connections")


def registry(value: float) -> CollectorRegistry:
    made = CollectorRegistry()
    Gauge("tests_hook", "Of the tests.", registry=made).set(value)
    return made


def test_what_a_job_pushes_is_what_it_finds() -> None:
    """The newer push replaces the older, and another job's metrics are not among them."""
    hook = MetricsHook()
    hook.push("tests/other", registry(1))
    for value in (2, 3):
        hook.push("tests/hook", registry(value))

    assert scrape.value(hook.of_job("tests/hook"), "tests_hook") == 3


@pytest.mark.airflow
def test_airflows_own_metrics_are_another_page() -> None:
    """Each component sends its heartbeat; no job stands among them."""
    found = MetricsHook().of_airflow()
    assert scrape.value(found, "airflow_scheduler_heartbeat_total") > 0
    assert not [sample for sample in found if "job" in sample.labels]


def test_a_silent_gateway_is_an_error(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody at the connection's address: the push fails, for the task to be tried again."""
    gone = {"conn_type": "http", "host": f"http://127.0.0.1:{lab.port_base + 39}"}
    monkeypatch.setenv("AIRFLOW_CONN_PUSHGATEWAY", json.dumps(gone))
    with pytest.raises(OSError, match="refused"):
        MetricsHook().push("tests/hook", registry(1))
