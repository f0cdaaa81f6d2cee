"""Puts the API together: the routes, and around them what records and what breaks a call."""

import logging
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from include.lab.door import guard
from include.shop_api.clock import Clock
from include.shop_api.control import control_routes
from include.shop_api.faults import Fault
from include.shop_api.front_page import front_page
from include.shop_api.partner import partner_routes
from include.shop_api.paths import HEALTH, is_control
from include.shop_api.received import Call, HeadersOfInterest
from include.shop_api.state import State

DESCRIPTION = """
Orders, stock and reviews of the online shop that the lessons work with.

**Start here:** press *Authorize* and enter the client id and secret that this service was started
with, then try *List orders*. Under *Control* you can make the next calls fail, shorten the life of
tokens, tighten the rate limit, and see every call that arrived.
"""

log = logging.getLogger(__name__)


def create_app(client_id: str, client_secret: str, clock: Clock | None = None) -> FastAPI:
    """Return the API for one client; all its state is in memory, so run it in one process."""
    state = State(client_id, client_secret, clock or Clock())
    app = FastAPI(title="Shop partner API", description=DESCRIPTION, version="1.0")

    @app.middleware("http")
    async def record_and_break(
        request: Request, answer: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        path = request.url.path
        if is_control(path):
            return await answer(request)
        call = _call(state, request)
        fault = state.faults.take(path, call.headers.x_correlation_id)
        call.faulted = fault is not None and fault.changes_the_answer
        if fault is not None and fault.expire_token:
            state.tokens.expire(request.headers.get("authorization"))
        if path == HEALTH:
            return await _failure(state, fault) or await answer(request)
        state.received.add(call)
        response = await _failure(state, fault) or await answer(request)
        call.status = response.status_code
        log.info("%s %s %s", call.method, call.path, call.status, extra=_searched_by(call))
        return response

    @app.get("/", include_in_schema=False)
    async def show_front_page(request: Request) -> HTMLResponse:
        return HTMLResponse(front_page(state, str(request.base_url).rstrip("/")))

    app.include_router(partner_routes(state))
    app.include_router(control_routes(state))
    # Before the record: what is refused at the door uses up no fault.
    guard(app, "shop_api")
    return app


async def _failure(state: State, fault: Fault | None) -> Response | None:
    """Let the call wait if its fault says so; return the fault's answer, if it has one."""
    if fault is None:
        return None
    await state.clock.pause(fault.delay_seconds)
    if fault.status is None:
        return None
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    detail = "This call was asked to fail; see /faults."
    return JSONResponse({"detail": detail}, fault.status, headers)


def _searched_by(call: Call) -> dict[str, object]:
    """The fields that the line of a call in the log is found by."""
    return {
        **{"method": call.method, "path": call.path, "status": call.status},
        **{"client": call.client, "correlation_id": call.headers.x_correlation_id},
        "traceparent": call.headers.traceparent,
    }


def _call(state: State, request: Request) -> Call:
    return Call(
        at=state.clock.now(),
        monotonic=state.clock.monotonic(),
        method=request.method,
        path=request.url.path,
        query=dict(request.query_params),
        client=state.tokens.client_of(request.headers.get("authorization")),
        headers=HeadersOfInterest.of(request.headers),
    )
