"""The inbox's HTTP side: receives webhooks, pages, lineage and metadata; shows every message.

`uvicorn include.inbox.app:app`, with `INBOX_FILE` (where messages are kept) in the environment.
"""

import base64
import json
import os
import pathlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import FastAPI, Form, HTTPException, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from include.catalog.aspects import Aspects, Filter, Ingest, NotAProposalError, Search
from include.inbox import block_kit
from include.inbox.incidents import Incident, incidents
from include.inbox.messages import Kind, Message, Messages
from include.inbox.pager_event import PagerEvent
from include.lab.door import guard, json_mistake
from include.lineage import drawing
from include.lineage.accepted import Event
from include.lineage.events import Events
from include.lineage.graph import around, graph

HERE = pathlib.Path(__file__).parent
_PAGES = Environment(loader=FileSystemLoader(HERE), autoescape=True)
_PAGES.filters["blocks"] = lambda payload: Markup(block_kit.blocks(payload))
_PAGES.filters["pretty"] = lambda content: json.dumps(content, indent=2)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the file of messages and events while the app runs."""
    file = pathlib.Path(os.environ["INBOX_FILE"])
    app.state.messages = Messages(file)
    app.state.lineage = Events(file)
    app.state.aspects = Aspects(file)
    yield
    app.state.aspects.close()
    app.state.messages.close()
    app.state.lineage.close()


app = FastAPI(title="The inbox", lifespan=lifespan)
guard(app, "inbox")

Short = Annotated[str, Form(max_length=255)]


@app.get("/health")
def health() -> dict[str, str]:
    """Say that the inbox receives."""
    return {"status": "ok"}


@app.post("/slack/{path:path}")
async def receive_slack(path: str, request: Request) -> PlainTextResponse:
    """Receive an incoming webhook, and refuse what Slack would refuse.

    A webhook is made for one channel, which no payload changes: here, the last part of its path.
    """
    body = await request.body()
    payload = None if json_mistake(body) else json.loads(body or "null")
    if not isinstance(payload, dict):
        raise HTTPException(400, "invalid_payload")
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
def receive_page(path: str, event: PagerEvent) -> dict[str, Any]:
    """Receive an event in the form of PagerDuty's Events API v2."""
    key = event.dedup_key or uuid.uuid4().hex
    content = {**event.model_dump(exclude_unset=True), "dedup_key": key}
    _messages().keep("pager", event.routing_key, content)
    return {"status": "success", "dedup_key": key}


@app.get("/pager/incidents")
def list_incidents(incident_key: str | None = None) -> dict[str, list[dict[str, str]]]:
    """Return the pager's incidents, or those of one deduplication key, with their status."""
    found = [i._asdict() for i in _incidents() if incident_key in (None, i.incident_key)]
    return {"incidents": found}


@app.post("/answer")
def answer_page(
    routing_key: Short,
    dedup_key: Short,
    event_action: Annotated[Literal["acknowledge", "resolve"], Form()],
    dag_id: Short = "",
) -> RedirectResponse:
    """Take a page, or say that it is over, as the person on call does by a button."""
    event = {"routing_key": routing_key, "dedup_key": dedup_key, "event_action": event_action}
    _messages().keep("pager", routing_key, event)
    shown = {"kind": "pager"} | ({"dag_id": dag_id} if dag_id else {})
    return RedirectResponse(f"/?{urlencode(shown)}", status_code=303)


@app.get("/messages")
def list_messages(
    kind: Kind | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    dag_id: str | None = None,
) -> list[Message]:
    """Return the newest messages, of all lessons or of one; newest first."""
    return _messages().newest(kind, limit, dag_id)


@app.get("/messages/{number}/attachments/{index}")
def attachment(number: Annotated[int, Path(le=2**63 - 1)], index: int) -> Response:
    """Return a mail's attachment, counted from 0, as a file to save and never as a page."""
    message = _messages().one(number)
    files = message.content.get("attachments", []) if message and message.kind == "mail" else []
    if not 0 <= index < len(files):
        raise HTTPException(404, "no such attachment")
    # Of a path, its last part: no sender says where a file goes.
    name = pathlib.PureWindowsPath(files[index]["name"] or "").name or "attachment"
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    content = base64.b64decode(files[index]["base64"])
    return Response(content, media_type="application/octet-stream", headers=headers)


@app.delete("/messages", status_code=204)
def clear_messages() -> None:
    """Forget every message."""
    _messages().clear()


@app.post("/empty")
def empty() -> RedirectResponse:
    """Forget every message, as a person does by a button."""
    _messages().clear()
    return RedirectResponse("/", status_code=303)


@app.post("/api/v1/lineage", status_code=201)
def receive_lineage(event: Event) -> dict[str, str]:
    """Receive an event of OpenLineage, as a collector does."""
    _lineage().keep(event)
    return {"status": "kept"}


@app.get("/api/v1/lineage")
def lineage_around(nodeId: str) -> dict[str, Any]:
    """Return the graph around a dataset or a job, such as `dataset:<namespace>:<name>`."""
    return _around(nodeId, ("dataset:", "job:"))


@app.get("/api/v1/column-lineage")
def column_lineage_around(nodeId: str) -> dict[str, Any]:
    """Return the graph around a column, `datasetField:<namespace>:<name>:<field>`."""
    return _around(nodeId, ("datasetField:",))


@app.get("/lineage", response_class=HTMLResponse)
def lineage_page() -> str:
    """Show where data comes from and where it goes."""
    found = graph(_lineage().all())
    jobs = [(drawing.name_of(job), found.facets[job]) for job in sorted(found.facets)]
    page = _PAGES.get_template("lineage.html")
    return page.render(picture=Markup(drawing.svg(found)), jobs=jobs)


@app.get("/gms/config")
def catalogue_settings() -> dict[str, Any]:
    """Say what DataHub's client looks for when it connects."""
    return {"noCode": "true", "datahub": {"serverType": "quickstart"}, "versions": {}}


@app.post("/gms/aspects")
def receive_aspect(action: str, body: Ingest) -> dict[str, str]:
    """Receive an aspect of an entity, as DataHub's metadata service does."""
    if action != "ingestProposal":
        raise HTTPException(400, f"unknown action: {action}")
    try:
        return {"value": _aspects().ingest(body.proposal)}
    except NotAProposalError as error:
        raise HTTPException(400, str(error)) from error


@app.get("/gms/aspects/{urn:path}")
def read_aspect(urn: str, aspect: str) -> dict[str, Any]:
    """Return the newest version of an aspect."""
    found = _aspects().read(urn, aspect)
    if found is None:
        raise HTTPException(404, "no such aspect")
    return found


@app.post("/gms/entities")
def search_entities(action: Literal["search"], body: Search) -> dict[str, Any]:
    """Return the entities of a type; a filter may ask for tags, all of which they then have."""
    rules = [rule for rules in (body.filter or Filter()).any_of for rule in rules.all_of]
    tags = {tag for rule in rules if rule.field == "tags" for tag in rule.values}
    found = [{"entity": urn, "matchedFields": []} for urn in _aspects().search(body.entity, tags)]
    return {"value": {"numEntities": len(found), "from": 0, "entities": found}}


@app.get("/catalog", response_class=HTMLResponse)
def catalogue_page(tag: str | None = None) -> str:
    """Show what there is, or what has a tag."""
    tags = {f"urn:li:tag:{tag}"} if tag else None
    known = {
        one["tag"].rpartition(":")[2]
        for _, aspects in _aspects().entities()
        for one in aspects.get("globalTags", {}).get("tags", ())
    }
    page = _PAGES.get_template("catalog.html")
    return page.render(entities=_aspects().entities(tags), tags=sorted(known), tag=tag)


@app.get("/", response_class=HTMLResponse)
def page(kind: Kind | None = None, dag_id: str | None = None) -> str:
    """Show the newest messages, of all lessons or of one, as their receivers would see them."""
    chosen = dag_id.partition("__")[0] if dag_id else None
    lessons = _messages().lessons()
    return _PAGES.get_template("page.html").render(
        messages=_messages().newest(kind, 50, chosen),
        status={(i.routing_key, i.incident_key): i.status for i in _incidents()},
        kind=kind,
        chosen=chosen,
        # The chosen one is among them, even while nothing has come from it.
        lessons=lessons if chosen in (None, *lessons) else [chosen, *lessons],
    )


def _incidents() -> list[Incident]:
    return incidents(message.content for message in reversed(_messages().newest("pager", 1000)))


def _messages() -> Messages:
    messages: Messages = app.state.messages
    return messages


def _lineage() -> Events:
    events: Events = app.state.lineage
    return events


def _aspects() -> Aspects:
    aspects: Aspects = app.state.aspects
    return aspects


def _around(node: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    found = graph(_lineage().all())
    known = {*found.nodes, *(end for edge in found.columns for end in edge)}
    if node not in known or not node.startswith(kinds):
        raise HTTPException(404, f"no such node: {node}")
    return around(found, node)
