"""Probes tell whether a service can be used."""

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

from include.lab.service import always, answers, listens, speaks
from tests.labs import free_port_base


class Status(http.server.BaseHTTPRequestHandler):
    """Answers `/503` with 503, and so on."""

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), Status) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(("status", "holds"), [(200, True), (401, True), (404, True), (503, False)])
def test_an_answer_without_a_server_error_will_do(url: str, status: int, holds: bool):
    """A refusal is an answer too; a server error is none."""
    assert answers(f"{url}/{status}")() is holds


def test_a_proxy_is_not_asked(url: str, monkeypatch: pytest.MonkeyPatch):
    """The user's proxy has no way to this machine's own loopback."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert answers(f"{url}/200")()


def test_a_port_that_is_open_will_do(url: str):
    """Whoever listens is ready; where nobody does, nothing is."""
    assert listens("127.0.0.1", int(url.rpartition(":")[2]))()
    closed = free_port_base()
    assert not listens("127.0.0.1", closed)()
    assert not answers(f"http://127.0.0.1:{closed}/")()


def test_a_port_that_says_something_will_do(url: str):
    """With a greeting, or once it is asked."""
    port = int(url.rpartition(":")[2])
    assert speaks("127.0.0.1", port, b"GET /200 HTTP/1.0\r\n\r\n")()
    assert not speaks("127.0.0.1", free_port_base())()


@pytest.mark.faults
def test_a_frozen_process_says_nothing():
    """Its port is open all the same: the system takes connections for it."""
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        port = frozen.getsockname()[1]
        assert listens("127.0.0.1", port)()
        assert not speaks("127.0.0.1", port)()


def test_some_are_ready_as_soon_as_they_run():
    """A service without a probe is not waited for."""
    assert always()
