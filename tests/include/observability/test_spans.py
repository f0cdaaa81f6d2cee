"""Spans of a run, exported into the tests' own memory."""

import http.server
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from include.observability.spans import close_run, step
from include.observability.trace_ids import RunTrace, traceparent

RUN = RunTrace("dag", "manual__1")


class Caller:
    """As a hook: its session is the one that it calls by."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False

    def get_conn(self) -> requests.Session:
        return self.session


@pytest.fixture
def server() -> Iterator[tuple[str, list[str | None]]]:
    """Answers 200, or 503 at `/broken`; and the `traceparent` of each call."""
    headers: list[str | None] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers.append(self.headers.get("traceparent"))
            self.send_response(503 if self.path.startswith("/broken") else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", headers
    server.shutdown()
    server.server_close()


def test_calls_stand_below_the_task_and_the_task_below_the_run(
    server: tuple[str, list[str | None]],
):
    """All in one trace; each call carries the id of its own span."""
    address, headers = server
    exporter = InMemorySpanExporter()

    with step(RUN, exporter, "fetch", -1, 2) as one:
        session = one.follow(Caller()).get_conn()
        session.get(f"{address}/orders?limit=2")
        session.get(f"{address}/broken")
        one.note(order_id=7)

    first, broken, task = exporter.get_finished_spans()
    assert {span.context.trace_id for span in (first, broken, task)} == {RUN.trace_id}
    assert task.context.span_id == RUN.step_id("fetch", -1, 2)
    assert (task.parent.span_id, task.name) == (RUN.root_id, "fetch")
    assert task.attributes["order_id"] == 7
    assert [span.parent.span_id for span in (first, broken)] == [task.context.span_id] * 2
    assert (first.name, broken.name) == ("GET /orders", "GET /broken")
    assert headers == [traceparent(RUN.trace_id, span.context.span_id) for span in (first, broken)]
    assert broken.attributes["http.response.status_code"] == 503
    assert broken.status.status_code is StatusCode.ERROR


def test_an_error_is_kept_in_the_span_and_goes_on():
    """A mapped task has its index in its name."""
    exporter = InMemorySpanExporter()
    with pytest.raises(ValueError, match="spoiled"), step(RUN, exporter, "fetch", 3, 1):
        raise ValueError("spoiled")

    (task,) = exporter.get_finished_spans()
    assert task.name == "fetch[3]"
    assert task.status.status_code is StatusCode.ERROR
    assert [event.name for event in task.events] == ["exception"]


def test_the_run_is_the_root():
    """From its start to its end, with no parent, also inside of another trace."""
    exporter = InMemorySpanExporter()
    began, ended = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 5, 0, 1, tzinfo=UTC)

    with step(RunTrace("other", "r"), InMemorySpanExporter(), "t", -1, 1):
        close_run(RUN, exporter, began, ended)

    (root,) = exporter.get_finished_spans()
    assert root.parent is None
    assert (root.context.trace_id, root.context.span_id) == (RUN.trace_id, RUN.root_id)
    assert root.end_time - root.start_time == 60 * 10**9
    assert root.attributes["correlation_id"] == "dag/manual__1"
