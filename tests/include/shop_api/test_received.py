"""The record of what arrived."""

import json
import logging

import pytest
from fastapi.testclient import TestClient

from include.observability.json_log import JsonFormatter
from include.shop_api.received import KEPT, Call, HeadersOfInterest, Received


def test_a_call_is_recorded_with_its_origin(partner: TestClient, clock):
    """Time, query, client and the headers that trace it are kept; the token itself is not."""
    clock.seconds += 1
    token = partner.headers["authorization"]
    origin = {"x-correlation-id": "order-7", "traceparent": "00-abc-def-01"}
    partner.get("/orders?limit=2", headers=origin)

    answer = partner.get("/received")
    assert answer.json() == [
        {
            "at": "2026-04-01T00:16:41Z",
            "monotonic": 1001.0,
            "method": "GET",
            "path": "/orders",
            "query": {"limit": "2"},
            "client": "partner",
            "headers": {**origin, "authorization": True},
            "status": 200,
            "faulted": False,
        }
    ]
    assert token.removeprefix("Bearer ") not in answer.text


def test_refused_and_failed_calls_are_recorded_too(partner: TestClient):
    """Whatever status a call got, it arrived."""
    partner.post("/settings", json={"burst": 1, "per_second": 0.001})
    partner.post("/faults", json={"next": 1, "status": 503})
    for _ in range(3):
        partner.get("/stock")
    partner.get("/nowhere")
    partner.get("/stock", headers={"Authorization": "Bearer old"})

    calls = partner.get("/received").json()
    assert [call["status"] for call in calls] == [503, 200, 429, 404, 401]
    assert [call["client"] for call in calls] == ["partner"] * 4 + [None]


def test_a_call_without_headers_says_so(api: TestClient):
    """A call that bears no token and no trace is recorded as such."""
    api.get("/stock")
    (call,) = api.get("/received").json()
    assert call["headers"] == {
        "x-correlation-id": None,
        "traceparent": None,
        "authorization": False,
    }


def test_the_record_can_be_filtered_by_path(partner: TestClient):
    """Only calls to the path and below it are listed."""
    for path in ("/orders", "/orders/10001", "/stock", "/reviews"):
        partner.get(path)
    calls = partner.get("/received", params={"path": "/orders"}).json()
    assert [call["path"] for call in calls] == ["/orders", "/orders/10001"]


def test_health_and_control_are_not_recorded(partner: TestClient):
    """Only the partner's own calls count, so that a test can say how many there were."""
    for path in ("/health", "/faults", "/received", "/settings", "/", "/docs", "/openapi.json"):
        partner.get(path)
    assert partner.get("/received").json() == []


def test_the_record_can_be_forgotten(partner: TestClient):
    """After DELETE it starts anew."""
    partner.get("/stock")
    assert partner.delete("/received").status_code == 204
    assert partner.get("/received").json() == []


def test_the_log_names_the_correlation_id(partner: TestClient, caplog: pytest.LogCaptureFixture):
    """Each call's log line is one JSON object, and holds the ids that followed it here."""
    origin = {"x-correlation-id": "order-7", "traceparent": "00-abc-def-01"}
    with caplog.at_level(logging.INFO, logger="include.shop_api"):
        partner.get("/stock", headers=origin)
    (record,) = [r for r in caplog.records if r.name.startswith("include.shop_api")]
    line = json.loads(JsonFormatter().format(record))
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "include.shop_api.service",
        "event": "GET /stock 200",
        **{"method": "GET", "path": "/stock", "status": 200, "client": "partner"},
        **{"correlation_id": "order-7", "traceparent": "00-abc-def-01"},
    }


def test_the_record_does_not_grow_without_end(clock):
    """Beyond its size, the oldest calls are dropped."""
    received = Received()
    call = Call(
        at=clock.now(),
        monotonic=0,
        method="GET",
        path="/stock",
        query={},
        client=None,
        headers=HeadersOfInterest.of({}),
    )
    for number in range(KEPT + 5):
        received.add(call.model_copy(update={"monotonic": number}))
    assert len(received.calls()) == KEPT
    assert received.calls()[0].monotonic == 5


def test_one_callers_calls_are_told_and_forgotten_alone(partner: TestClient):
    """A correlation id picks its calls out of everybody's, and DELETE forgets only those."""
    for origin in ({"X-Correlation-Id": "run-1"}, {"X-Correlation-Id": "run-2"}, {}):
        partner.get("/stock/1", headers=origin)
    partner.get("/orders", headers={"X-Correlation-Id": "run-1"})

    of_one = {"correlation_id": "run-1"}
    calls = partner.get("/received", params=of_one).json()
    assert [call["path"] for call in calls] == ["/stock/1", "/orders"]
    assert len(partner.get("/received", params={**of_one, "path": "/orders"}).json()) == 1

    partner.delete("/received", params=of_one)
    left = [call["headers"]["x-correlation-id"] for call in partner.get("/received").json()]
    assert left == ["run-2", None]
