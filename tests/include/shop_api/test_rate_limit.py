"""How many calls a client may send."""

import pytest
from fastapi.testclient import TestClient

from include.shop_api.rate_limit import RateLimit


@pytest.fixture
def limited(partner: TestClient) -> TestClient:
    """The API with room for two calls at once, and one more every four seconds."""
    partner.post("/settings", json={"burst": 2, "per_second": 0.25})
    return partner


def test_too_many_calls_are_told_when_to_come_back(limited: TestClient, clock):
    """The third call is refused; after the named seconds, not earlier, one call passes."""
    assert [limited.get("/stock/1").status_code for _ in range(3)] == [200, 200, 429]
    wait = int(limited.get("/stock/1").headers["retry-after"])
    assert wait == 4
    clock.seconds += wait - 0.5
    refused = limited.get("/stock/1")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    clock.seconds += 0.5
    assert [limited.get("/stock/1").status_code for _ in range(2)] == [200, 429]


def test_the_bucket_never_holds_more_than_the_burst(limited: TestClient, clock):
    """A long rest does not save up calls."""
    limited.get("/stock/1")
    clock.seconds += 100
    assert [limited.get("/stock/1").status_code for _ in range(3)] == [200, 200, 429]


def test_all_data_shares_one_bucket(limited: TestClient):
    """The limit counts a client's calls, whatever they ask for."""
    paths = ["/orders?limit=1", "/reviews?limit=1", "/stock"]
    assert [limited.get(path).status_code for path in paths] == [200, 200, 429]


def test_clients_do_not_take_from_each_other(clock):
    """Each client has a bucket of its own."""
    limit = RateLimit(1, 1, clock)
    assert [limit.wait_for("one"), limit.wait_for("one"), limit.wait_for("other")] == [0, 1, 0]


def test_control_and_tokens_are_not_limited(limited: TestClient, log_in):
    """With an empty bucket one can still log in, check health and steer."""
    while limited.get("/stock/1").status_code == 200:
        pass
    assert log_in()
    for path in ("/health", "/faults", "/received", "/settings", "/"):
        assert limited.get(path).status_code == 200


def test_the_usual_limit_lets_a_lesson_work(partner: TestClient):
    """Without any setting, sixty calls at once pass and the next does not."""
    answers = [partner.get("/stock/1").status_code for _ in range(61)]
    assert answers == [200] * 60 + [429]
