"""The HTTP side of the metrics service."""

from collections.abc import Iterator
from html import escape

import httpx
import pytest
from prometheus_client import CollectorRegistry, Gauge
from starlette.testclient import TestClient

from include.lab.metrics_server import LARGEST_BYTES, application
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
    with TestClient(application(registry, Pushed()), "http://localhost") as client:
        yield client


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
    lines = b"a 1\n" * (LARGEST_BYTES // 4 + 1)

    assert client.put("/pushgateway/metrics/job/x", content=lines).status_code == 413
    assert client.get("/pushgateway/metrics").text == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("shop_newest_order_timestamp_seconds 1e300", "1e+300"),
        ("shop_newest_order_timestamp_seconds NaN", "nan"),
        ('shop_orders_total{status="paid"} +Inf', "inf"),
        ('shop_orders_total{status="paid"} -Inf', "-inf"),
        ('shop_order_amount_euros_bucket{le="x"} 5', "le=x"),
        ("shop_order_amount_euros_bucket 5", "5"),
    ],
)
def test_every_value_that_prometheus_knows_is_drawn(client: httpx.Client, text: str, shown: str):
    """What is no length has no bar; the panels beside it stay as they are."""
    assert client.put("/pushgateway/metrics/job/x", content=f"{text}\n").status_code == 200

    page = client.get("/")

    assert page.status_code == 200
    assert shown in page.text
    assert "pool=&lt;a&gt;" in page.text
