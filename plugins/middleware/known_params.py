"""Refuses a trigger whose `conf` is wrong in ways that Airflow does not tell.

Airflow checks each value of `conf` against its `Param`, but takes a name it has never heard of, so
a slip of the pen would start a run that ignores it. And it takes NaN for a number within any
bounds, until the database refuses it without saying what.
"""

import difflib
import json
import re
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TRIGGER = re.compile(r"/api/v2/dags/(?P<dag_id>[^/~]+)/dagRuns")


class KnownParams:
    """An ASGI middleware around Airflow's API; every other request passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before `app`."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 400 to a `conf` that is wrong, and pass everything else on."""
        trigger = scope["type"] == "http" and _TRIGGER.fullmatch(scope["path"])
        if not trigger or scope["method"] != "POST":
            return await self.app(scope, receive, send)
        request = Request(scope, receive)
        body = await request.body()
        if await _may_trigger(request, trigger["dag_id"]):
            params = await run_in_threadpool(_params, trigger["dag_id"])
            if params is not None and (said := _refusal_of_body(body, params)):
                return await JSONResponse({"detail": said}, 400)(scope, receive, send)
        return await self.app(scope, _replay(body, receive), send)


LINEAGE = frozenset({"openlineage"})
"""What Airflow itself adds to the `conf` of a run that another starts, and a person may repeat."""


def refusal(conf: dict[str, Any], params: set[str]) -> str | None:
    """One sentence on what is wrong with `conf`; None if it is for Airflow to judge."""
    return unknown_names(conf, params) or no_numbers(conf)


def unknown_names(conf: dict[str, Any], params: set[str]) -> str | None:
    """One sentence on the names in `conf` that no parameter has; None if all are known."""
    unknown = sorted(conf.keys() - params - LINEAGE)
    if not unknown:
        return None
    known = ", ".join(sorted(params)) or "no parameter"
    meant = difflib.get_close_matches(unknown[0], params, n=1)
    hint = f" Did you mean {meant[0]}?" if meant else ""
    return f"conf names {', '.join(unknown)}, which this Dag does not have; it has {known}.{hint}"


def no_numbers(conf: dict[str, Any]) -> str | None:
    """One sentence on a value that is NaN or infinite, or holds such; None if there is none."""
    for name, value in conf.items():
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            return f"conf says {name} = {json.dumps(value)}: give numbers that JSON has, such as 1."
    return None


DEEPEST = 100
TOO_DEEP = f"The trigger has more than {DEEPEST} lists or objects within each other: use fewer."


def is_too_deep(value: Any) -> bool:
    """Whether more lists and objects lie within each other than Airflow can walk through."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        inner = (one.values() if isinstance(one, dict) else one for one in level)
        level = [child for one in inner for child in one if isinstance(child, dict | list)]
    return bool(level)


async def _may_trigger(request: Request, dag_id: str) -> bool:
    """Whether Airflow will let this caller trigger the Dag; it tells those whom it does not."""
    # Every component of Airflow imports this module, and only the api-server has these loaded.
    from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api import security
    from fastapi import HTTPException

    _, _, bearer = request.headers.get("authorization", "").partition(" ")
    check = security.requires_access_dag("POST", DagAccessEntity.RUN, dag_id)
    try:
        user = await security.resolve_user_from_token(
            bearer or request.cookies.get(COOKIE_NAME_JWT_TOKEN)
        )
        await run_in_threadpool(check, request, user)
    except HTTPException:
        return False
    return True


def _params(dag_id: str) -> set[str] | None:
    from airflow.models.serialized_dag import SerializedDagModel

    dag = SerializedDagModel.get_dag(dag_id)
    return None if dag is None else set(dag.params)


def _refusal_of_body(body: bytes, params: set[str]) -> str | None:
    """One sentence on the trigger's `conf`; Airflow itself refuses a body of any other shape."""
    try:
        trigger = json.loads(body)
    except RecursionError:
        return TOO_DEEP
    except ValueError:
        return None
    if is_too_deep(trigger):
        return TOO_DEEP
    conf = trigger.get("conf") if isinstance(trigger, dict) else None
    return refusal(conf, params) if isinstance(conf, dict) else None


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give the body, which has been read, to the next in line."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
