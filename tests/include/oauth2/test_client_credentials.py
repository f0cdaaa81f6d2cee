"""The client credentials grant against the shop's own API."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest
import requests

from include.lab.settings import Lab
from include.oauth2.client_credentials import ClientCredentials


@pytest.fixture
def shop(lab: Lab) -> Iterator[str]:
    """The partner API's address; what it received and was told before is forgotten."""
    address = lab.url("shop_api")
    httpx.delete(f"{address}/received", trust_env=False)
    yield address
    for what in ("faults", "settings"):
        httpx.delete(f"{address}/{what}", trust_env=False)


@pytest.fixture
def session(lab: Lab) -> requests.Session:
    """A session that logs in."""
    session = requests.Session()
    session.auth = ClientCredentials("curriculum", lab.secrets["shop_api_password"])
    return session


def tell(shop: str, what: str, **settings: object) -> None:
    httpx.post(f"{shop}/{what}", json=settings, trust_env=False).raise_for_status()


def received(shop: str) -> list[tuple[str, int]]:
    calls = httpx.get(f"{shop}/received", trust_env=False).json()
    return [(call["path"], call["status"]) for call in calls]


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


def test_an_expired_token_is_renewed(shop: str, session: requests.Session) -> None:
    """The refused call is repeated once, with its query, and keeps what happened in its history."""
    session.get(f"{shop}/stock/1")
    tell(shop, "faults", next=1, status=None, expire_token=True)

    answer = session.get(f"{shop}/orders", params={"limit": 3})

    assert answer.status_code == 200
    assert len(answer.json()["orders"]) == 3
    assert [before.status_code for before in answer.history] == [401]
    assert session.get(f"{shop}/stock/2").history == []
    assert received(shop) == [
        *(("/oauth/token", 200), ("/stock/1", 200)),
        *(("/orders", 401), ("/oauth/token", 200), ("/orders", 200)),
        ("/stock/2", 200),
    ]


def test_a_call_is_repeated_only_once(shop: str, session: requests.Session) -> None:
    """Where a new token is refused as well, the second refusal is the answer."""
    tell(shop, "faults", next=2, status=401, path="/stock")

    assert session.get(f"{shop}/stock").status_code == 401

    assert received(shop) == [("/oauth/token", 200), ("/stock", 401)] * 2


def test_a_body_that_is_gone_is_not_sent_again(shop: str, session: requests.Session) -> None:
    """A text can be sent twice, what was read from a stream cannot."""
    tell(shop, "faults", next=1, status=401, path="/orders")
    assert session.post(f"{shop}/orders", data=iter([b"a", b"b"])).status_code == 401
    assert [path for path, _ in received(shop)].count("/orders") == 1

    tell(shop, "faults", next=1, status=401, path="/stock")
    assert session.post(f"{shop}/stock", data="ab").status_code == 405
    assert [path for path, _ in received(shop)].count("/stock") == 2


def test_threads_wait_for_one_new_token(shop: str, session: requests.Session) -> None:
    """Eight calls at once with a token that is no longer good: it is renewed by one alone."""
    token = session.get(f"{shop}/stock/1").request.headers["Authorization"]
    tell(shop, "faults", next=1, status=None, expire_token=True)
    assert requests.get(f"{shop}/stock/1", headers={"Authorization": token}).status_code == 401
    auth = session.auth

    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(lambda n: requests.get(f"{shop}/stock/{n}", auth=auth), range(1, 9))

    assert [answer.status_code for answer in answers] == [200] * 8
    assert received(shop).count(("/oauth/token", 200)) == 2


def test_another_host_gets_no_token(lab: Lab, shop: str) -> None:
    """A redirect to another host is refused there, and neither token nor secret follows it."""

    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.dumps({"access_token": "mine"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{shop.replace('127.0.0.1', 'localhost')}/stock")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    auth = ClientCredentials("curriculum", lab.secrets["shop_api_password"])

    answer = requests.get(f"http://127.0.0.1:{server.server_port}/stock", auth=auth)

    server.shutdown()
    server.server_close()
    assert answer.status_code == 401
    assert received(shop) == [("/stock", 401)]
