"""The grant for clients of httpx, against the shop's API in memory."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from include.oauth2.client_credentials_flow import ClientCredentialsFlow
from include.shop_api.service import create_app

Ask = Callable[..., list[Any]]


@pytest.fixture
def app() -> FastAPI:
    return create_app("partner", "s3cret")


@pytest.fixture
def ask(app: FastAPI) -> Ask:
    """Send calls one after the other with one login; return the statuses of their answers."""

    def send(*calls: tuple[str, str, Any], secret: str = "s3cret") -> list[int]:
        async def send_all() -> list[int]:
            transport = httpx.ASGITransport(app)
            auth = ClientCredentialsFlow("partner", secret)
            async with httpx.AsyncClient(
                transport=transport, auth=auth, base_url="http://localhost"
            ) as api:
                return [
                    (await api.request(method, path, json=body)).status_code
                    for method, path, body in calls
                ]

        return asyncio.run(send_all())

    return send


def received(app: FastAPI) -> list[tuple[str, int]]:
    async def look() -> Any:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost"
        ) as api:
            return (await api.get("/received")).json()

    return [(call["path"], call["status"]) for call in asyncio.run(look())]


STOCK = ("GET", "/stock", None)


def test_one_token_opens_many_calls(app: FastAPI, ask: Ask) -> None:
    """Two calls need one login."""
    assert ask(STOCK, STOCK) == [200, 200]
    assert [path for path, _ in received(app)] == ["/oauth/token", "/stock", "/stock"]


def test_an_expired_token_is_renewed(app: FastAPI, ask: Ask) -> None:
    """The refused call is sent again with a new token, which serves the calls after it."""
    expire = {"next": 1, "status": None, "expire_token": True, "path": "/stock"}
    assert ask(("POST", "/faults", expire), STOCK, STOCK) == [201, 200, 200]
    stock = [status for path, status in received(app) if path == "/stock"]
    assert stock == [401, 200, 200]
    assert received(app).count(("/oauth/token", 200)) == 2


def test_a_call_is_repeated_only_once(app: FastAPI, ask: Ask) -> None:
    """A new token that is refused as well is the answer."""
    refuse = {"next": 2, "status": 401, "path": "/stock"}
    assert ask(("POST", "/faults", refuse), STOCK) == [201, 401]
    assert received(app) == [
        *(("/oauth/token", 200), ("/stock", 401)),
        *(("/oauth/token", 200), ("/stock", 401)),
    ]


def test_wrong_secret_is_an_error_and_no_call_is_made(app: FastAPI, ask: Ask) -> None:
    """Refused credentials raise."""
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        ask(STOCK, secret="wrong")
    assert received(app) == [("/oauth/token", 401)]
