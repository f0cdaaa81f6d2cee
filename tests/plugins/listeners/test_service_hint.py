"""The line in a failed task's log that names the service which does not answer."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from include.configuration.metadata import connection_facts
from include.lab.settings import Lab
from include.lab.supervisor import write_state


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port at which nobody answers, held so that nobody starts to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def _failed_task(*tags: str) -> Any:
    return SimpleNamespace(task=SimpleNamespace(dag=SimpleNamespace(tags=set(tags))))


def test_names_service_connection_address_and_command(
    nobody: int, monkeypatch: pytest.MonkeyPatch, hints: list[str]
) -> None:
    """A service that does not answer is named with its connection and what to do."""
    from plugins.listeners import service_hint

    extra = {"endpoint_url": f"http://127.0.0.1:{nobody}"}
    connection = json.dumps({"conn_type": "aws", "extra": extra})
    monkeypatch.setenv("AIRFLOW_CONN_OBJECT_STORE", connection)

    service_hint.on_task_instance_failed(_failed_task("phase1", "object_store"), None)

    (line,) = hints
    assert "Service 'object_store' (connection 'object_store')" in line
    assert f"127.0.0.1:{nobody}" in line
    assert "make up" in line
    assert "docker compose up" in line


UP, START = "`make up` starts it", "`make start SERVICE=object_store` starts it again"


@pytest.mark.parametrize(
    ("state", "said", "unsaid"), [("held", START, UP), ("restarting", UP, START), (None, UP, START)]
)
def test_names_the_command_that_works(
    nobody: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hints: list[str],
    state: str | None,
    said: str,
    unsaid: str,
) -> None:
    """`make up` does not start what `make stop` has stopped: the lab is running already."""
    from plugins.listeners import service_hint

    monkeypatch.setenv("LAB_HOME", str(tmp_path))
    if state:
        write_state(Lab(tmp_path), {"object_store": {"state": state}})
    extra = {"endpoint_url": f"http://127.0.0.1:{nobody}"}
    connection = json.dumps({"conn_type": "aws", "extra": extra})
    monkeypatch.setenv("AIRFLOW_CONN_OBJECT_STORE", connection)

    service_hint.on_task_instance_failed(_failed_task("object_store"), None)

    (line,) = hints
    assert said in line
    assert unsaid not in line
    assert line.endswith("Then clear this task, and the run goes on.")


def test_does_not_ask_where_only_a_browser_goes(
    nobody: int, monkeypatch: pytest.MonkeyPatch, hints: list[str]
) -> None:
    """A task in a container need not reach it, and the service answers all the same."""
    from plugins.listeners import service_hint

    with socket.create_server(("127.0.0.1", 0)) as server:
        where = f"http://127.0.0.1:{server.getsockname()[1]}"
        store = {"conn_type": "aws", "extra": {"endpoint_url": where}}
        monkeypatch.setenv("AIRFLOW_CONN_OBJECT_STORE", json.dumps(store))
        page = {"conn_type": "http", "host": f"http://127.0.0.1:{nobody}/lake"}
        monkeypatch.setenv("AIRFLOW_CONN_PAGES", json.dumps(page))
        service_hint.on_task_instance_failed(_failed_task("object_store"), None)

    assert hints == []


@pytest.mark.parametrize(
    "connection",
    [
        {"conn_type": "postgres", "host": "127.0.0.1", "port": "PORT"},
        {"conn_type": "http", "host": "http://127.0.0.1:PORT/slack"},
        {"conn_type": "aws", "extra": {"endpoint_url": "http://127.0.0.1:PORT"}},
        {"conn_type": "kafka", "extra": {"bootstrap.servers": "127.0.0.1:PORT,127.0.0.2:PORT"}},
    ],
)
def test_finds_the_address_in_each_kind_of_connection(
    connection: dict[str, Any], nobody: int
) -> None:
    """Host and port, a URL as host, or an endpoint in the extras: all lead to the address."""
    from airflow.sdk import Connection

    from plugins.listeners.service_hint import silent

    facts = json.loads(
        json.dumps(connection).replace('"PORT"', str(nobody)).replace("PORT", str(nobody))
    )
    extra = json.dumps(facts.pop("extra", {}))

    assert silent(Connection(conn_id="x", extra=extra, **facts)) == f"127.0.0.1:{nobody}"


def test_says_nothing_of_a_service_that_answers(
    monkeypatch: pytest.MonkeyPatch, hints: list[str]
) -> None:
    """A task that failed for another reason gets no hint."""
    from plugins.listeners import service_hint

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        connection = {"conn_type": "postgres", "host": "127.0.0.1", "port": port}
        for name, facts in connection_facts().items():
            if facts.service == "postgres":
                monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(connection))
        service_hint.on_task_instance_failed(_failed_task("postgres"), None)

    assert hints == []
