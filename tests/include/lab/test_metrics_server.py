"""The HTTP side of the metrics service."""

import http.client
import threading
from collections.abc import Iterator
from html import escape

import httpx
import pytest
from prometheus_client import CollectorRegistry, Gauge

from include.lab.metrics_server import LARGEST_BYTES, http_server
from include.lab.pushgateway import Pushed
from include.observability import board

PUSHED = """shop_orders_total{status="paid"} 4
shop_newest_order_timestamp_seconds 1774995368
"""


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """A service that knows one metric of Airflow's."""
    registry = CollectorRegistry()
    Gauge("airflow_executor_open_slots", "Free.", ["pool"], registry=registry).labels("<a>").set(3)
    server = http_server("127.0.0.1", 0, registry, Pushed())
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    with httpx.Client(base_url=address, trust_env=False) as client:
        yield client
    server.shutdown()
    server.server_close()


def test_the_page_draws_every_panel_of_the_board(client: httpx.Client):
    """With the values of this moment, or the words that nothing is there; labels are escaped."""
    client.put("/pushgateway/metrics/job/x", content=PUSHED)

    page = client.get("/").text

    for panel in board.load():
        assert f"<h2>{escape(panel.title)}</h2>" in page
    assert "status=paid" in page
    assert "pool=&lt;a&gt;" in page
    assert "<a>" not in page
    assert "Nothing is there yet" in page
    assert "2026-03-31 22:16:08" in page
    assert "http://" not in page.replace("http-equiv", "")


def test_ranges_of_a_histogram_stand_in_their_order(client: httpx.Client):
    """The bucket of all comes last, however many orders each has; a long panel is cut."""
    lines = [f'shop_order_amount_euros_bucket{{le="{le}"}} 5' for le in ("+Inf", "25.0", "10.0")]
    lines += [f'airflow_executor_open_slots{{pool="{n}"}} 1' for n in range(15)]
    client.put("/pushgateway/metrics/job/x", content="\n".join(lines) + "\n")

    page = client.get("/").text

    assert page.index("le=10.0") < page.index("le=25.0") < page.index("le=+Inf")
    assert "and 4 more" in page


def test_airflows_own_and_pushed_metrics_are_two_pages(client: httpx.Client):
    """As they are two services in production."""
    client.post("/pushgateway/metrics/job/x", content="a 1\n")

    assert "airflow_executor_open_slots" in client.get("/metrics").text
    pushed = client.get("/pushgateway/metrics").text
    assert 'a{instance="",job="x"} 1.0' in pushed
    assert "airflow" not in pushed


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/nowhere", b"", 404),
        ("PUT", "/metrics/job/x", b"a 1\n", 404),
        ("PUT", "/pushgateway/metrics/job/x", b"\xff", 400),
        ("DELETE", "/pushgateway/metrics/job/x", b"", 202),
    ],
)
def test_other_requests_are_answered_too(
    client: httpx.Client, method: str, path: str, content: bytes, status: int
):
    """A wrong path says which are right; a deleted group may be unknown."""
    assert client.request(method, path, content=content).status_code == status


def test_a_body_that_is_too_large_is_not_read(client: httpx.Client):
    """The service is nobody's store."""
    connection = http.client.HTTPConnection(client.base_url.host, client.base_url.port)
    connection.putrequest("PUT", "/pushgateway/metrics/job/x")
    connection.putheader("Content-Length", str(LARGEST_BYTES + 1))
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()
