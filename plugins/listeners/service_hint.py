"""When a task fails, says in its log which service of its Dag does not answer, and what to do.

A Dag names the services that it needs in its tags; `configs/connections.toml` says which
connections lead to a service.
"""

import logging
import os
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from airflow.listeners import hookimpl
from airflow.sdk import BaseHook, Connection

from include.configuration.metadata import connection_facts

log = logging.getLogger(__name__)


@hookimpl
def on_task_instance_failed(task_instance: Any, error: Any) -> None:
    """Log one line for each service that does not answer."""
    dag = getattr(getattr(task_instance, "task", None), "dag", None)
    for service in sorted(dag.tags) if dag else ():
        for conn_id, facts in connection_facts().items():
            if facts.service != service or facts.browser:
                continue
            if where := silent(BaseHook.get_connection(conn_id)):
                log.error(
                    "Service '%s' (connection '%s') does not answer at %s. %s Then clear this "
                    "task, and the run goes on.",
                    *(service, conn_id, where, way_out(service)),
                )
                break


def way_out(service: str) -> str:
    """Which command starts the service: that depends on who stopped it."""
    if is_held(service):
        return f"It was stopped with `make stop`: `make start SERVICE={service}` starts it again."
    return (
        f"`make status` shows what runs; `make up` starts it, unless WITHOUT={service} leaves it "
        "out (in containers: `docker compose ps` and `docker compose up -d`)."
    )


def is_held(service: str) -> bool:
    """Whether somebody has stopped this one service of the lab; containers have no such state."""
    from include.lab.settings import Lab
    from include.lab.supervisor import read_state

    home = os.environ.get("LAB_HOME")
    state = read_state(Lab(Path(home))) if home else {}
    return service in state and state[service]["state"] == "held"


def silent(connection: Connection) -> str | None:
    """The `host:port` of a connection that nobody answers at; None if somebody does."""
    extra = connection.extra_dejson
    address = extra.get("endpoint_url") or extra.get("bootstrap.servers") or connection.host or ""
    address = address.partition(",")[0]
    parts = urlsplit(address if "//" in address else f"//{address}")
    port = connection.port or parts.port or {"https": 443}.get(parts.scheme, 80)
    if not parts.hostname:
        return None
    try:
        with socket.create_connection((parts.hostname, port), timeout=2):
            return None
    except OSError:
        return f"{parts.hostname}:{port}"
