"""The client credentials grant against the shop's own API."""

import httpx
import pytest
import requests

from include.lab.settings import Lab
from include.oauth2.client_credentials import ClientCredentials


@pytest.fixture
def shop(lab: Lab) -> str:
    """The partner API's address; what it received before is forgotten."""
    httpx.delete(f"{lab.url('shop_api')}/received", trust_env=False)
    return lab.url("shop_api")


def test_one_token_opens_many_calls(lab: Lab, shop: str) -> None:
    """Two calls of one session need one login."""
    session = requests.Session()
    session.auth = ClientCredentials("curriculum", lab.secrets["shop_api_password"])

    answers = [session.get(f"{shop}/stock/{product}") for product in (1, 2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    received = httpx.get(f"{shop}/received", trust_env=False).json()
    paths = [call["path"] for call in received]
    assert paths == ["/oauth/token", "/stock/1", "/stock/2"]


def test_wrong_secret_is_an_error_and_no_call_is_made(shop: str) -> None:
    """Refused credentials raise, and the call itself is never sent."""
    with pytest.raises(requests.HTTPError, match="401"):
        requests.get(f"{shop}/stock", auth=ClientCredentials("curriculum", "wrong"))

    received = httpx.get(f"{shop}/received", trust_env=False).json()
    assert [call["path"] for call in received] == ["/oauth/token"]
