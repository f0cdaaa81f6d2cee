"""Making the API fail, and only then."""

import pytest
from fastapi.testclient import TestClient


def statuses(api: TestClient, *paths: str) -> list[int]:
    return [api.get(path).status_code for path in paths]


def test_the_next_calls_fail_and_then_no_more(partner: TestClient):
    """Exactly as many calls fail as were asked to, with the status that was asked for."""
    partner.post("/faults", json={"next": 3, "status": 503, "path": "/orders", "delay_seconds": 0})
    assert statuses(partner, *["/orders"] * 5) == [503, 503, 503, 200, 200]


def test_only_the_named_path_is_hit(partner: TestClient):
    """Calls to the path and below it fail; others, even with a like name, do not."""
    partner.post("/faults", json={"next": 9, "status": 500, "path": "/stock/1"})
    paths = ["/stock/1", "/stock", "/stock/12", "/orders"]
    assert statuses(partner, *paths) == [500, 200, 200, 200]
    partner.post("/faults", json={"next": 9, "status": 502, "path": "/orders"})
    assert statuses(partner, "/orders/10001", "/reviews") == [502, 200]


def test_without_a_path_every_call_is_hit(partner: TestClient):
    """The short order hits any call, also for a token, but never the health check."""
    partner.post("/faults", json={"next": 2})
    assert statuses(partner, "/health", "/faults", "/received", "/settings", "/") == [200] * 5
    assert partner.post("/oauth/token").status_code == 503
    assert statuses(partner, "/stock", "/stock") == [503, 200]


def test_the_health_check_fails_if_it_is_named(partner: TestClient):
    """A lesson about health checks can break it."""
    partner.post("/faults", json={"next": 1, "path": "/health"})
    assert statuses(partner, "/health", "/health") == [503, 200]


def test_a_call_can_be_slow_and_right(partner: TestClient, clock):
    """Status null delays the next call and answers it properly."""
    partner.post("/faults", json={"next": 1, "status": None, "path": "/stock", "delay_seconds": 5})
    before = clock.seconds
    assert statuses(partner, "/stock") == [200]
    assert clock.seconds - before == 5
    assert statuses(partner, "/stock") == [200]
    assert clock.seconds - before == 5


def test_a_call_can_be_slow_and_fail(partner: TestClient, clock):
    """A delay comes before the failing answer."""
    partner.post("/faults", json={"next": 1, "status": 504, "delay_seconds": 2.5})
    before = clock.seconds
    assert statuses(partner, "/stock") == [504]
    assert clock.seconds - before == 2.5


def test_a_failing_call_takes_nothing_from_the_rate_limit(partner: TestClient):
    """A fault answers before the limit counts, like a broken gateway in front."""
    partner.post("/settings", json={"burst": 1, "per_second": 0.001})
    partner.post("/faults", json={"next": 2})
    assert statuses(partner, *["/stock"] * 4) == [503, 503, 200, 429]


def test_the_oldest_fault_comes_first(partner: TestClient):
    """Several faults for one path are worked off in the order they were asked for."""
    partner.post("/faults", json={"next": 1, "status": 500, "path": "/stock"})
    partner.post("/faults", json={"next": 1, "status": 502, "path": "/stock"})
    assert statuses(partner, *["/stock"] * 3) == [500, 502, 200]


def test_faults_can_be_listed_and_forgotten(partner: TestClient):
    """The list counts down, and after DELETE nothing fails."""
    ordered = partner.post("/faults", json={"next": 3, "status": 503, "path": "/orders"})
    assert ordered.status_code == 201
    partner.get("/orders")
    assert partner.get("/faults").json() == [
        {
            "next": 2,
            "status": 503,
            "path": "/orders",
            "delay_seconds": 0,
            "retry_after": None,
            "expire_token": False,
            "correlation_id": None,
        }
    ]
    assert partner.delete("/faults").status_code == 204
    assert partner.get("/faults").json() == []
    assert statuses(partner, "/orders") == [200]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "next"),
        ({"next": 0}, "next"),
        ({"next": 1, "status": 200}, "status"),
        ({"next": 1, "path": "/order"}, "path"),
        ({"next": 1, "path": "/faults"}, "path"),
        ({"next": 1, "delay_seconds": -1}, "delay_seconds"),
        ({"next": 1, "retry_after": -1}, "retry_after"),
        ({"next": 1, "correlation_id": ""}, "correlation_id"),
        ({"next": 1, "stauts": 500}, "stauts"),
    ],
)
def test_a_wrong_order_is_refused(partner: TestClient, wrong: dict, field: str):
    """A mistake in the order is a 422 that names the field, and no fault is set."""
    answer = partner.post("/faults", json=wrong)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", field]
    assert partner.get("/faults").json() == []


def test_a_failing_answer_can_say_when_to_come_back(partner: TestClient):
    """`Retry-After` is told as ordered; without an order there is none."""
    partner.post("/faults", json={"next": 1, "status": 429, "retry_after": 2})
    partner.post("/faults", json={"next": 1, "status": 429})
    answers = [partner.get("/stock") for _ in range(2)]
    assert [answer.headers.get("Retry-After") for answer in answers] == ["2", None]


def test_a_fault_can_be_meant_for_one_caller(partner: TestClient):
    """Only calls with the correlation id are hit; others pass, and use nothing up."""
    partner.post("/faults", json={"next": 1, "status": 503, "correlation_id": "run-1"})
    mine, other = {"X-Correlation-Id": "run-1"}, {"X-Correlation-Id": "run-2"}
    answers = [partner.get("/stock", headers=head) for head in ({}, other, mine, mine)]
    assert [answer.status_code for answer in answers] == [200, 200, 503, 200]


def test_one_callers_faults_are_forgotten_alone(partner: TestClient):
    """DELETE with a correlation id leaves the faults of others, and those for everybody."""
    for correlation_id in ("run-1", "run-2", None):
        partner.post("/faults", json={"next": 1, "correlation_id": correlation_id})
    partner.delete("/faults", params={"correlation_id": "run-1"})
    left = [fault["correlation_id"] for fault in partner.get("/faults").json()]
    assert left == ["run-2", None]


def test_the_record_says_which_calls_were_hit(partner: TestClient):
    """Failed and delayed calls are marked; a fault that lets a call pass marks nothing."""
    partner.post("/faults", json={"next": 1, "status": None})
    partner.post("/faults", json={"next": 1, "status": None, "delay_seconds": 1})
    partner.post("/faults", json={"next": 1, "status": 503})
    assert statuses(partner, *["/stock"] * 4) == [200, 200, 503, 200]
    hit = [call["faulted"] for call in partner.get("/received").json()]
    assert hit == [False, True, True, False]


def test_a_token_can_expire_on_the_way(partner: TestClient, log_in):
    """The call that is hit is refused, and every later one with that token; others go on."""
    other = log_in()
    partner.post(
        "/faults", json={"next": 1, "status": None, "path": "/stock", "expire_token": True}
    )
    assert statuses(partner, "/orders", "/stock", "/stock", "/orders") == [200, 401, 401, 401]
    assert partner.get("/stock", headers=other).status_code == 200
    calls = partner.get("/received", params={"path": "/stock"}).json()
    assert [call["faulted"] for call in calls] == [True, False, False]


def test_a_call_without_a_token_has_none_to_lose(api: TestClient):
    """Nothing breaks; it is refused as ever."""
    api.post("/faults", json={"next": 1, "status": None, "expire_token": True})
    assert statuses(api, "/stock") == [401]
