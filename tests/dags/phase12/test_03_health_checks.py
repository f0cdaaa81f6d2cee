"""`phase12_03_health_checks`: what it breaks is healed, and what does not heal is escalated once.

How each component is probed and mended is in `tests/plugins/hooks/test_health.py`.
"""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from include.lab.seeding import open_object_store
from include.lab.settings import Lab
from plugins.hooks.health import BUCKET, COMPONENTS, TABLE
from tests.inbox import Inbox
from tests.lessons import Run, query

LESSON = "phase12_03_health_checks"
HISTORY = "SELECT component, state, detail FROM marts.health_checks ORDER BY 1"
WELL = dict.fromkeys(COMPONENTS, "healthy")


class Healthy(BaseHTTPRequestHandler):
    """Says of Airflow what its API server says when all is well."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"scheduler": {"status": "healthy"}}')

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def _airflow_is_well(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An API server of the test's own answers: the lab's Airflow need not run."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Healthy) as server:
        threading.Thread(target=server.serve_forever).start()
        address = f"http://127.0.0.1:{server.server_port}/execution/"
        monkeypatch.setenv("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", address)
        yield
        server.shutdown()


@pytest.fixture
def inbox(lab: Lab) -> Inbox:
    """The lab's inbox, emptied; the lesson's alerts are new."""
    if query("SELECT to_regclass('marts.alerts') IS NOT NULL") == [(True,)]:
        query("DELETE FROM marts.alerts WHERE dag_id = %s RETURNING 1", LESSON)
    inbox = Inbox(lab)
    inbox.clear()
    return inbox


def test_what_is_broken_is_healed(run: Run, inbox: Inbox) -> None:
    """And nothing else is touched; nobody is told."""
    result = run(LESSON)

    assert result.state == "success"
    expected = {**WELL, "object_store": "healed"}
    assert result.returned("report") == expected
    detail = f"bucket {BUCKET} is missing; made it anew"
    assert query(HISTORY) == [
        (name, state, detail if name == "object_store" else "")
        for name, state in sorted(expected.items())
    ]
    assert result.returned("escalate") == []
    assert sum(inbox.count().values()) == 0
    open_object_store().head_bucket(Bucket=BUCKET)
    assert query(f"SELECT count(*) FROM {TABLE}") == [(0,)]


@pytest.mark.usefixtures("known_connections")
def test_what_does_not_heal_is_escalated_once(run: Run, bag: Any, inbox: Inbox) -> None:
    """The team hears of it; another run within the hour notes it; the run ends well."""
    result = run(LESSON, conf={"break": "api", "patience": 1})

    assert result.state == "success"
    assert result.returned("escalate") == ["shop_api"]
    assert result.returned("report") == {**WELL, "shop_api": "unhealthy"}
    found = [result.returned("examine", index) for index in range(len(COMPONENTS))]

    escalate = bag.dags[LESSON].get_task("escalate").python_callable
    assert escalate(found, "another run", bag.dags[LESSON]) == ["shop_api"]

    assert inbox.count() == {"slack": 1, "pager": 0, "mail": 0}
    (message,) = inbox.newest("slack")
    assert message["path"] == "#platform-alerts"
    assert "shop_api is ill and does not heal" in message["content"]["text"]
