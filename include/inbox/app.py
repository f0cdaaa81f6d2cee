"""The inbox's HTTP side: receives webhooks, pages and events, and shows every message.

`uvicorn include.inbox.app:app`, with `INBOX_FILE` (where messages are kept) in the environment.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, PlainTextResponse
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from include.inbox import block_kit
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
    """Receive an incoming webhook, and refuse what Slack would refuse."""
    payload = await _json(request, "invalid_payload")
    if not payload.get("text") and not payload.get("blocks"):
        raise HTTPException(400, "no_text")
    try:
        block_kit.blocks(payload)
    except block_kit.BlockError as error:
        raise HTTPException(400, "invalid_blocks") from error
    _messages().keep("slack", payload.get("channel") or path, payload)
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
    _messages().keep("pager", event["routing_key"], event)
    return {"status": "success", "dedup_key": event.get("dedup_key", "")}


@app.post("/events/{path:path}", status_code=201)
async def receive_event(path: str, request: Request) -> dict[str, str]:
    """Receive any JSON object."""
    _messages().keep("event", path, await _json(request, "not a JSON object"))
    return {"status": "kept"}


@app.get("/messages")
def list_messages(kind: Kind | None = None, limit: int = 200) -> list[Message]:
    """Return the newest messages, newest first."""
    return _messages().newest(kind, limit)


@app.delete("/messages", status_code=204)
def clear_messages() -> None:
    """Forget every message."""
    _messages().clear()


@app.get("/", response_class=HTMLResponse)
def page(kind: Kind | None = None) -> str:
    """Show the newest messages as their receivers would see them."""
    messages = _messages().newest(kind, 50)
    return _PAGES.get_template("page.html").render(messages=messages, kind=kind)


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
