"""Logging in with client credentials."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

RIGHT = {"grant_type": "client_credentials", "client_id": "partner", "client_secret": "s3cret"}


@pytest.mark.parametrize("path", ["/orders", "/orders/10001", "/stock", "/stock/1", "/reviews"])
@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic nonsense", "Bearer"])
def test_data_needs_a_token(api: TestClient, path: str, header: str | None):
    """Without a good token the answer is 401, and says where to get one."""
    answer = api.get(path, headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "/oauth/token" in answer.json()["detail"]


def test_a_token_opens_the_data(api: TestClient):
    """Id and secret in the form give a bearer token that is good for five minutes."""
    token = api.post("/oauth/token", data=RIGHT).json()
    assert (token["token_type"], token["expires_in"]) == ("bearer", 300)
    header = {"Authorization": f"Bearer {token['access_token']}"}
    assert api.get("/stock", headers=header).status_code == 200


def test_the_secret_may_stand_in_a_basic_header(api: TestClient):
    """Id and secret work as Basic authorization too, as the standard asks for."""
    answer = api.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=("partner", "s3cret")
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"client_secret": "guess"}, {"client_id": "other"}, {"client_secret": ""}]
)
def test_a_wrong_pair_gets_no_token(api: TestClient, wrong: dict[str, str]):
    """A wrong id or secret is refused without telling the right one."""
    answer = api.post("/oauth/token", data=RIGHT | wrong)
    assert answer.status_code == 401
    assert "s3cret" not in answer.text


@pytest.mark.parametrize("grant_type", [None, "password"])
def test_only_client_credentials_are_granted(api: TestClient, grant_type: str | None):
    """A missing or other grant type is a 422 that names it."""
    answer = api.post("/oauth/token", data=RIGHT | {"grant_type": grant_type})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "grant_type"]


def test_a_token_expires(api: TestClient, clock, log_in: Callable[[], dict[str, str]]):
    """A token is good until its time is over; a new one opens the data again."""
    header = log_in()
    clock.seconds += 299.9
    assert api.get("/stock", headers=header).status_code == 200
    clock.seconds += 0.1
    assert api.get("/stock", headers=header).status_code == 401
    assert api.get("/stock", headers=log_in()).status_code == 200


def test_the_life_of_a_token_can_be_set(api: TestClient, clock, log_in):
    """Tokens issued after the change live as long as it says, older ones keep their time."""
    old = log_in()
    api.post("/settings", json={"token_seconds": 2})
    new = log_in()
    clock.seconds += 2
    assert api.get("/stock", headers=old).status_code == 200
    assert api.get("/stock", headers=new).status_code == 401
