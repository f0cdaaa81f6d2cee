"""The inbox's HTTP side: receives webhooks, pages and events, and shows every message.

`uvicorn include.inbox.app:app`, with `INBOX_FILE` (where messages are kept) in the environment.
"""

import base64
import json
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import FastAPI, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from include.inbox import block_kit
from include.inbox.incidents import Incident, incidents
from include.inbox.messages import Kind, Message, Messages

HERE = Path(__file__).parent
_PAGES = Environment(loader=FileSystemLoader(HERE), autoescape=True)
_PAGES.filters["blocks"] = lambda payload: Markup(block_kit.blocks(payload))
_PAGES.filters["pretty"] = lambda content: json.dumps(content, indent=2)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the file of messages while the app runs."""
    app.state.messages = Messages(Path(os.environ["INBOX_FILE"]))
    yield
    app.state.messages.close()


app = FastAPI(title="The inbox", lifespan=lifespan)


@app.get("/health")
def health() -> dict[str, str]:
    """Say that the inbox receives."""
    return {"status": "ok"}


@app.post("/slack/{path:path}")
async def receive_slack(path: str, request: Request) -> PlainTextResponse:
    """Receive an incoming webhook, and refuse what Slack would refuse.

    A webhook is made for one channel, which no payload changes: here, the last part of its path.
    """
    payload = await _json(request, "invalid_payload")
    if not payload.get("text") and not payload.get("blocks"):
        raise HTTPException(400, "no_text")
    try:
        block_kit.check(payload)
        block_kit.blocks(payload)
    except block_kit.BlockError as error:
        raise HTTPException(400, "invalid_blocks") from error
    _messages().keep("slack", f"#{path.rsplit('/', 1)[-1]}", payload)
    return PlainTextResponse("ok")


@app.post("/pager/{path:path}", status_code=202)
async def receive_page(path: str, request: Request) -> dict[str, Any]:
    """Receive an event in the form of PagerDuty's Events API v2."""
    event = await _json(request, "invalid event")
    missing = {"routing_key", "event_action"} - event.keys()
    if event.get("event_action") == "trigger":
        facts = event.get("payload")
        given = facts.keys() if isinstance(facts, dict) else set()
        missing |= {"summary", "source", "severity"} - given
    if missing:
        raise HTTPException(400, f"missing: {', '.join(sorted(missing))}")
    event.setdefault("dedup_key", uuid.uuid4().hex)
    if not all(isinstance(event[key], str) for key in ("routing_key", "dedup_key")):
        raise HTTPException(400, "routing_key and dedup_key must be text")
    _messages().keep("pager", event["routing_key"], event)
    return {"status": "success", "dedup_key": event["dedup_key"]}


@app.get("/pager/incidents")
def list_incidents(incident_key: str | None = None) -> dict[str, list[dict[str, str]]]:
    """Return the pager's incidents, or those of one deduplication key, with their status."""
    found = [i._asdict() for i in _incidents() if incident_key in (None, i.incident_key)]
    return {"incidents": found}


@app.post("/answer")
def answer_page(
    routing_key: Annotated[str, Form()],
    dedup_key: Annotated[str, Form()],
    event_action: Annotated[Literal["acknowledge", "resolve"], Form()],
) -> RedirectResponse:
    """Take a page, or say that it is over, as the person on call does by a button."""
    event = {"routing_key": routing_key, "dedup_key": dedup_key, "event_action": event_action}
    _messages().keep("pager", routing_key, event)
    return RedirectResponse("/?kind=pager", status_code=303)


@app.post("/events/{path:path}", status_code=201)
async def receive_event(path: str, request: Request) -> dict[str, str]:
    """Receive any JSON object."""
    _messages().keep("event", path, await _json(request, "not a JSON object"))
    return {"status": "kept"}


@app.get("/messages")
def list_messages(kind: Kind | None = None, limit: int = 200) -> list[Message]:
    """Return the newest messages, newest first."""
    return _messages().newest(kind, limit)


@app.get("/messages/{number}/attachments/{index}")
def attachment(number: int, index: int) -> Response:
    """Return a mail's attachment, counted from 0, as a file to save and never as a page."""
    message = _messages().one(number)
    files = message.content.get("attachments", []) if message else []
    if not 0 <= index < len(files):
        raise HTTPException(404, "no such attachment")
    name = quote(files[index]["name"] or "attachment")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    content = base64.b64decode(files[index]["base64"])
    return Response(content, media_type="application/octet-stream", headers=headers)


@app.delete("/messages", status_code=204)
def clear_messages() -> None:
    """Forget every message."""
    _messages().clear()


@app.get("/", response_class=HTMLResponse)
def page(kind: Kind | None = None) -> str:
    """Show the newest messages as their receivers would see them."""
    messages = _messages().newest(kind, 50)
    status = {(i.routing_key, i.incident_key): i.status for i in _incidents()}
    newest = _PAGES.get_template("page.html")
    return newest.render(messages=messages, kind=kind, status=status)


def _incidents() -> list[Incident]:
    return incidents(message.content for message in reversed(_messages().newest("pager", 1000)))


def _messages() -> Messages:
    messages: Messages = app.state.messages
    return messages


async def _json(request: Request, refusal: str) -> dict[str, Any]:
    try:
        payload = json.loads(await request.body())
    except ValueError as error:
        raise HTTPException(400, refusal) from error
    if not isinstance(payload, dict):
        raise HTTPException(400, refusal)
    return payload
