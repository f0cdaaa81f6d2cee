"""The door of our own HTTP services: who may call them, and what a call may bring.

They listen on this machine alone and most ask for no login, so a web page that somebody opens must
not be able to use them: neither under a name of its own (DNS rebinding) nor by a form or a script
that sends something across sites.
"""

import json
from typing import TYPE_CHECKING

from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from include.lab.containers import PLACES

if TYPE_CHECKING:
    from starlette.applications import Starlette

OURSELVES = ("localhost", "127.0.0.1", "[::1]")
READING = ("GET", "HEAD", "OPTIONS")
LARGEST_BYTES = 2**20
LARGEST_HEAD = 16 * 2**10
"""Bytes of an address and its headers: some of them are kept, or written to a log."""


class Door:
    """Refuses what another site sends, and JSON that could not be kept or shown."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before this app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in the app's place, or let the call pass."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, refusal = Headers(scope=scope), None
        if _length_of_head(scope) > LARGEST_HEAD:
            refusal = 431, f"The head is over {LARGEST_HEAD} bytes."
        elif scope["method"] not in READING and is_cross_site(headers):
            refusal = 403, "Another site's page may not send this here."
        elif _is_json(headers):
            body = await Request(scope, receive).body()
            receive = _once_more(body, receive)
            if mistake := json_mistake(body):
                refusal = 400, f"body: {mistake}"
        if refusal:
            status, detail = refusal
            await JSONResponse({"detail": detail}, status)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def guard(app: "Starlette", service: str, largest_bytes: int = LARGEST_BYTES) -> None:
    """Put the door before the app of a service of the lab: call it when all else is in place.

    In a container the service is called by its own name there.
    """
    # What is added last is asked first.
    app.add_middleware(Door)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=largest_bytes)
    hosts = [*OURSELVES, PLACES[service][0]]
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)


def is_cross_site(headers: Headers) -> bool:
    """Whether a browser says that the page of another site sends this.

    As Go's `http.CrossOriginProtection` decides: what is no browser says neither.
    """
    if (site := headers.get("sec-fetch-site")) is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and origin.rpartition("//")[2] != headers.get("host")


def json_mistake(body: bytes) -> str | None:
    """Say why these bytes are no JSON that can be kept and sent on; None if they are.

    Half a surrogate pair, NaN, Infinity and a depth over 200 are taken by Python's own parser, and
    break whoever writes them down, draws them or answers with them.
    """
    if not body:
        return None
    try:
        json.dumps(from_json(body), allow_nan=False)
    except ValueError as error:
        return str(error)
    return None


def _length_of_head(scope: Scope) -> int:
    # Other programs on this machine set cookies for the same name: they are not the caller's doing.
    headers = [pair for pair in scope["headers"] if pair[0] != b"cookie"]
    length = sum(len(part) for pair in headers for part in pair)
    return length + len(scope["path"]) + len(scope["query_string"])


def _is_json(headers: Headers) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().endswith("json")


def _once_more(body: bytes, receive: Receive) -> Receive:
    """Give the app the body that was read already, then whatever else comes."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return left.pop() if left else await receive()

    return receive_again
