"""What comes in at the doors of our services and is wrong: one table for each door.

Each line is what is wrong, how it is sent, the status it is answered with and the word that says
why. After each table its pages still open, and a good input is still taken.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from prometheus_client import CollectorRegistry
from starlette.testclient import TestClient

from include.inbox import app as inbox
from include.inbox.mail import MailReceiver
from include.lab.metrics import Measurement, Measurements, MetricLineError
from include.lab.metrics_server import application
from include.lab.pushgateway import Pushed
from include.serving import app as model_server
from include.serving.rollout import CHALLENGER, CHAMPION
from include.shop_api.service import create_app
from tests.include.lineage.events import event, table
from tests.include.serving.test_app import Constant

Sent = dict[str, Any]
Row = tuple[str, Sent, int, str]


class Table(NamedTuple):
    """The bad inputs of one door, what still has to open afterwards, and a good input."""

    service: str
    method: str
    path: str
    rows: list[Row]
    pages: tuple[str, ...]
    good: Sent


def raw(content: bytes) -> Sent:
    """A body as it stands, said to be JSON."""
    return {"content": content, "headers": {"content-type": "application/json"}}


def body(**facts: Any) -> Sent:
    return {"json": facts}


def at(path: str, **query: Any) -> Sent:
    """A call to another path of the same door."""
    return {"url": path, "params": query or None}


DEEP = b'{"a":' * 300 + b"1" + b"}" * 300
NO_JSON: list[Row] = [
    ("half a surrogate pair", raw(b'{"text":"\\ud83d"}'), 400, "hex escape"),
    ("bytes that are no text", raw(b'{"text":"\xff"}'), 400, "unicode"),
    ("a surrogate in UTF-8", raw(b'{"text":"\xed\xa0\x80"}'), 400, "unicode"),
    ("JSON that ends early", raw(b'{"text":'), 400, "EOF"),
    ("a byte order mark", raw(b"\xef\xbb\xbf{}"), 400, "expected value"),
    ("JSON 300 deep", raw(DEEP), 400, "recursion limit"),
    ("JSON 100 000 deep", raw(b"[" * 100_000 + b"]" * 100_000), 400, "recursion limit"),
    ("NaN", raw(b'{"text":"a","x":NaN}'), 400, "Out of range float"),
    ("a number above all", raw(b'{"text":"a","x":1e400}'), 400, "Out of range float"),
    ("a number of 5000 digits", raw(b'{"text":"a","x":' + b"9" * 5000 + b"}"), 400, "number"),
]


def block(**facts: Any) -> Sent:
    return body(blocks=[facts])


SLACK = Table(
    *("inbox", "POST", "/slack/T/B/news"),
    [
        *NO_JSON,
        ("no JSON at all", {"content": b"payload=hello"}, 400, "invalid_payload"),
        ("nothing", {"content": b""}, 400, "invalid_payload"),
        ("a surrogate without a type", {"content": b'{"text":"\\udc00"}'}, 400, "invalid_payload"),
        ("a list", raw(b"[1]"), 400, "invalid_payload"),
        ("null", raw(b"null"), 400, "invalid_payload"),
        ("no text", body(), 400, "no_text"),
        ("empty text", body(text=""), 400, "no_text"),
        ("a number as text", body(text=5), 400, "invalid_blocks"),
        ("too long a text", body(text="x" * 40_001), 400, "invalid_blocks"),
        ("80 KB of links without an end", body(text="<https://a|" * 8000), 400, "invalid_blocks"),
        ("blocks as text", body(blocks="divider"), 400, "invalid_blocks"),
        ("51 blocks", body(blocks=[{"type": "divider"}] * 51), 400, "invalid_blocks"),
        ("a block without a type", block(text="x"), 400, "invalid_blocks"),
        ("a header without text", block(type="header"), 400, "invalid_blocks"),
        (
            "a list as a header's text",
            block(type="header", text={"type": "plain_text", "text": [1]}),
            *(400, "invalid_blocks"),
        ),
        ("a button without a label", block(type="actions", elements=[{}]), 400, "invalid_blocks"),
        (
            "a number as a button's address",
            block(
                type="actions",
                elements=[{"text": {"type": "plain_text", "text": "x"}, "url": 5}],
            ),
            *(400, "invalid_blocks"),
        ),
        ("over a megabyte", body(text="x" * 2**20), 413, "Too Large"),
    ],
    ("/", "/messages", "/?kind=slack"),
    body(text="Hello \x00 there"),
)

TRIGGER = {
    **{"routing_key": "team", "event_action": "trigger", "dedup_key": "orders"},
    "payload": {"summary": "Late", "source": "airflow", "severity": "error"},
}


def page(**change: Any) -> Sent:
    return {"json": {**TRIGGER, **change}}


def facts(**change: Any) -> Sent:
    return page(payload={**TRIGGER["payload"], **change})


PAGER = Table(
    *("inbox", "POST", "/pager/v2/enqueue"),
    [
        *NO_JSON,
        ("text that is no JSON", {"content": b"{}"}, 422, "body"),
        ("no fields", body(), 422, "routing_key"),
        ("a list", raw(b"[]"), 422, "body"),
        ("a list as the action", page(event_action=["acknowledge"]), 422, "event_action"),
        ("an unknown action", page(event_action="shout"), 422, "event_action"),
        ("a number as the routing key", page(routing_key=5), 422, "routing_key"),
        ("no routing key", page(routing_key=""), 422, "routing_key"),
        ("a dictionary as the key", page(dedup_key={"a": 1}), 422, "dedup_key"),
        ("too long a key", page(dedup_key="x" * 256), 422, "dedup_key"),
        ("no payload", page(payload=None), 422, "payload is missing"),
        ("text as the payload", page(payload="late"), 422, "payload"),
        ("no summary", facts(summary=None), 422, "summary"),
        ("a list as the summary", facts(summary=["x"]), 422, "summary"),
        ("too long a summary", facts(summary="x" * 1025), 422, "summary"),
        ("an unknown severity", facts(severity="P1"), 422, "severity"),
        ("a number as the source", facts(source=5), 422, "source"),
        ("text as links", page(links="https://x"), 422, "links"),
        ("a link to nowhere", page(links=[{"text": "x"}]), 422, "href"),
        ("a number as a link's text", page(links=[{"href": "x", "text": 1}]), 422, "text"),
        ("51 links", page(links=[{"href": "https://x"}] * 51), 422, "links"),
    ],
    ("/", "/messages", "/pager/incidents", "/?kind=pager"),
    page(),
)

FORM = {"routing_key": "team", "dedup_key": "orders", "event_action": "resolve"}
ANSWER = Table(
    *("inbox", "POST", "/answer"),
    [
        ("nothing", {}, 422, "routing_key"),
        ("an unknown action", {"data": {**FORM, "event_action": "trigger"}}, 422, "event_action"),
        ("too long a key", {"data": {**FORM, "dedup_key": "x" * 256}}, 422, "dedup_key"),
        ("too long a Dag", {"data": {**FORM, "dag_id": "x" * 256}}, 422, "dag_id"),
        ("JSON", {"json": FORM}, 422, "routing_key"),
    ],
    ("/", "/pager/incidents"),
    {"data": FORM},
)

READING = Table(
    *("inbox", "GET", "/messages"),
    [
        ("an unknown kind", at("/messages", kind="pigeon"), 422, "kind"),
        ("more than there may be", at("/messages", limit=10**20), 422, "limit"),
        ("fewer than one", at("/messages", limit=-1), 422, "limit"),
        ("a number beyond all", at(f"/messages/{10**20}/attachments/0"), 422, "number"),
        ("an attachment before the first", at("/messages/1/attachments/-1"), 404, "attachment"),
        ("an attachment of no mail", at("/messages/1/attachments/0"), 404, "attachment"),
        ("a node of nothing", at("/api/v1/lineage", nodeId="dataset:a:b"), 404, "no such node"),
        ("a node of no kind", at("/api/v1/lineage", nodeId="\x00"), 404, "no such node"),
        ("no node", at("/api/v1/column-lineage"), 422, "nodeId"),
        ("an aspect of nothing", at("/gms/aspects/urn:li:x", aspect="status"), 404, "aspect"),
        ("too long a question", at("/messages", dag_id="x" * 20_000), 431, "bytes"),
    ],
    ("/", "/messages", "/lineage", "/catalog", "/catalog?tag=%ED%A0%80"),
    at("/messages", limit=1000, dag_id="phase1_01"),
)


def lineage(**change: Any) -> Sent:
    return {"json": {**event("load"), **change}}


def writes(**facets: Any) -> Sent:
    return lineage(outputs=[{**table("x"), "facets": facets}])


LINEAGE = Table(
    *("inbox", "POST", "/api/v1/lineage"),
    [
        *NO_JSON,
        ("no fields", body(), 422, "eventTime"),
        ("a list", raw(b"[]"), 422, "body"),
        ("an input without a name", lineage(inputs=[{}]), 422, "namespace"),
        ("text as inputs", lineage(inputs="orders"), 422, "inputs"),
        ("an output of null", lineage(outputs=[None]), 422, "outputs"),
        ("an output without a place", lineage(outputs=[{"name": "x"}]), 422, "namespace"),
        ("1001 inputs", lineage(inputs=[table("x")] * 1001), 422, "inputs"),
        ("a run without an id", lineage(run={"facets": {}}), 422, "runId"),
        ("a number as the run's id", lineage(run={"runId": 5}), 422, "runId"),
        ("text as the run's facets", lineage(run={"runId": "1", "facets": "x"}), 422, "facets"),
        ("a run of no job", lineage(job=None), 422, "job is missing"),
        ("text as the job", lineage(job="load"), 422, "job"),
        ("a job of no place", lineage(job={"name": "load"}), 422, "namespace"),
        ("an ended run that is none", lineage(run=None, eventType="FAIL"), 422, "run is missing"),
        ("a column of no name", writes(schema={"fields": [{"type": "x"}]}), 422, "name"),
        ("text as columns", writes(schema={"fields": "a, b"}), 422, "fields"),
        ("a list as the schema", writes(schema=[]), 422, "schema"),
        ("columns made of a list", writes(columnLineage={"fields": []}), 422, "fields"),
        ("a column made of a number", writes(columnLineage={"fields": {"a": 5}}), 422, "fields"),
        (
            "a column made of no field",
            writes(columnLineage={"fields": {"a": {"inputFields": [table("x")]}}}),
            *(422, "field"),
        ),
        ("a dataset without a name", lineage(job=None, run=None, dataset={}), 422, "namespace"),
    ],
    ("/lineage", "/api/v1/lineage?nodeId=job:shop:load", "/messages"),
    lineage(outputs=[{**table("x"), "facets": {"schema": {"fields": None}, "other": None}}]),
)


def aspect(name: str, value: Any, **change: Any) -> Sent:
    text = value if isinstance(value, str) else json.dumps(value)
    proposal = {"entityUrn": "urn:li:dataset:x", "aspectName": name, "aspect": {"value": text}}
    sent = {"proposal": {**proposal, **change}}
    return {"json": sent, "params": {"action": "ingestProposal"}}


def search(**question: Any) -> Sent:
    return {"url": "/gms/entities", "params": {"action": "search"}, "json": question}


CATALOG = Table(
    *("inbox", "POST", "/gms/aspects"),
    [
        ("no action", body(), 422, "action"),
        ("another action", {"params": {"action": "drop"}, **body(proposal={})}, 400, "drop"),
        ("no proposal", {"params": {"action": "ingestProposal"}, **body()}, 422, "proposal"),
        ("a number as a tag", aspect("globalTags", {"tags": [1]}), 400, "tags.0"),
        ("globalTags of a list", aspect("globalTags", [1]), 400, "aspect.value"),
        ("no list of tags", aspect("globalTags", {"tags": None}), 400, "tags"),
        ("a tag without a name", aspect("globalTags", {"tags": [{}]}), 400, "tags.0.tag"),
        ("text as owners", aspect("ownership", {"owners": "sales"}), 400, "owners"),
        ("an owner of no name", aspect("ownership", {"owners": [{"owner": 1}]}), 400, "owner"),
        ("a column of no type", aspect("schemaMetadata", {"fields": [{}]}), 400, "fieldPath"),
        ("a number as columns", aspect("schemaMetadata", {"fields": 5}), 400, "fields"),
        ("a list as a description", aspect("datasetProperties", {"description": []}), 400, "desc"),
        ("a list as a flow", aspect("dataFlowInfo", []), 400, "aspect.value"),
        ("text as a removal", aspect("status", {"removed": "soon"}), 400, "removed"),
        ("a surrogate inside", aspect("status", '{"a":"\\ud800"}'), 400, "hex escape"),
        ("NaN inside", aspect("status", '{"removed":false,"a":NaN}'), 400, "float"),
        ("no JSON inside", aspect("status", "{"), 400, "EOF"),
        ("an unknown aspect", aspect("editor", {}), 400, "aspectName"),
        ("no entity", aspect("status", {}, entityUrn="x"), 400, "entityUrn"),
        ("a list as the entity", aspect("status", {}, entityUrn=["urn:li:x"]), 400, "entityUrn"),
        ("a number as the aspect", aspect("status", {}, aspect=5), 400, "aspect"),
        ("a search for nothing", search(), 422, "entity"),
        ("a search for a number", search(entity=5), 422, "entity"),
        ("text as a filter", search(entity="dataset", filter="x"), 422, "filter"),
        ("a filter of numbers", search(entity="dataset", filter={"or": [1]}), 422, "or"),
        (
            "a rule without a field",
            search(entity="dataset", filter={"or": [{"and": [{"values": []}]}]}),
            *(422, "field"),
        ),
        (
            "text as values",
            search(entity="dataset", filter={"or": [{"and": [{"field": "a", "values": "x"}]}]}),
            *(422, "values"),
        ),
    ],
    ("/catalog", "/catalog?tag=pii", "/"),
    aspect("globalTags", {"tags": [{"tag": "urn:li:tag:pii"}]}),
)


def basic(text: str) -> Sent:
    form = {"data": {"grant_type": "client_credentials"}}
    return {
        "method": "POST",
        "url": "/oauth/token",
        "headers": {"authorization": f"Basic {text}".encode()},
        **form,
    }


FAULTS = Table(
    *("shop_api", "POST", "/faults"),
    [
        *NO_JSON,
        ("text", {"content": b'{"next": 3}'}, 422, "body"),
        ("no number of calls", body(), 422, "next"),
        ("no call", body(next=0), 422, "next"),
        ("too many calls", body(next=1001), 422, "next"),
        ("half a call", body(next=1.5), 422, "next"),
        ("a status that is none", body(next=1, status=200), 422, "status"),
        ("a path of nobody", body(next=1, path="/etc/passwd"), 422, "path"),
        ("too long a delay", body(next=1, delay_seconds=61), 422, "delay_seconds"),
        ("a delay of the past", body(next=1, delay_seconds=-1), 422, "delay_seconds"),
        ("a far retry", body(next=1, retry_after=99_999_999_999), 422, "retry_after"),
        ("an empty id", body(next=1, correlation_id=""), 422, "correlation_id"),
        ("an unknown field", body(next=1, often=True), 422, "often"),
        ("over a megabyte", body(next=1, path="x" * 2**20), 413, "Too Large"),
    ],
    ("/", "/faults", "/received"),
    body(next=1, path="/reviews"),
)

SETTINGS = Table(
    *("shop_api", "POST", "/settings"),
    [
        *NO_JSON,
        ("tokens of no time", body(token_seconds=0), 422, "token_seconds"),
        ("tokens for ever", body(token_seconds=10**9), 422, "token_seconds"),
        ("no burst", body(burst=0), 422, "burst"),
        ("a burst of 401 digits", body(burst=10**400), 422, "burst"),
        ("a burst of a million and one", body(burst=1_000_001), 422, "burst"),
        ("next to no call", raw(b'{"per_second": 1e-320}'), 422, "per_second"),
        ("calls without a bound", raw(b'{"per_second": 1e308}'), 422, "per_second"),
        ("an unknown setting", body(bursts=5), 422, "bursts"),
        ("text as a number", body(burst="many"), 422, "burst"),
    ],
    ("/", "/settings", "/stock"),
    body(burst=50),
)

PARTNER = Table(
    *("shop_api", "GET", "/orders"),
    [
        ("an order of 401 digits", at(f"/orders/{10**400}"), 404, "There is no order"),
        ("an order of 5000 digits", at(f"/orders/{'9' * 5000}"), 422, "order_id"),
        ("an order by name", at("/orders/first"), 422, "order_id"),
        ("a product that is none", at("/stock/-1"), 404, "There is no product"),
        ("no order at all", at("/orders", limit=0), 422, "limit"),
        ("more than a page", at("/orders", limit=201), 422, "limit"),
        ("a day that is none", at("/orders", updated_since="2026-02-30T00:00:00Z"), 422, "since"),
        (
            "a moment without a zone",
            at("/orders", updated_since="2026-01-01T00:00:00"),
            422,
            "zone",
        ),
        ("NUL as a moment", at("/orders", updated_since="\x00"), 422, "since"),
        ("a cursor of nobody", at("/orders", cursor="abc"), 422, "cursor"),
        ("a cursor of a number", at("/orders", cursor="MQ=="), 422, "cursor"),
        (
            "another list's cursor",
            at("/orders", cursor="WyJyZXZpZXdzIiwgIjIwMjYiLCAxXQ=="),
            422,
            "c",
        ),
        ("too long a cursor", at("/orders", cursor="A" * 201), 422, "cursor"),
        ("a login that is no base64", basic("\xe9"), 401, "Not authenticated"),
        ("a login without a colon", basic("YWJj"), 401, "Not authenticated"),
        ("a login that is no text", basic("/////w=="), 401, "Not authenticated"),
        ("too long a header", {"headers": {"x-correlation-id": "x" * 20_000}}, 431, "bytes"),
    ],
    ("/", "/received", "/orders", "/reviews", "/stock"),
    at("/orders", limit=5),
)


def predict(content: bytes) -> Sent:
    return {"url": "/models/leavers/predict", "method": "POST", **raw(content)}


def instance(text: str) -> Sent:
    return predict(b'{"instances": [%b]}' % text.encode())


MODELS = Table(
    *("model_server", "PUT", "/models/leavers/route"),
    [
        *NO_JSON,
        ("a share over all", body(challenger_percent=101), 422, "challenger_percent"),
        ("half a percent", body(challenger_percent=0.5), 422, "challenger_percent"),
        ("an unknown field", body(percent=10), 422, "percent"),
        ("a name of a path", {"url": "/models/a%2Fb/route", **body()}, 404, "Not Found"),
        ("a name with a space", {"url": "/models/a b/route", **body()}, 422, "name"),
        ("too long a name", {"url": f"/models/{'a' * 101}/route", **body()}, 422, "name"),
        ("a feature that is NaN", instance('{"id": 1, "features": {"a": NaN}}'), 400, "float"),
        ("a feature without end", instance('{"id": 1, "features": {"a": 1e400}}'), 400, "float"),
        ("text as a feature", instance('{"id": 1, "features": {"a": "x"}}'), 422, "features"),
        ("features as a list", instance('{"id": 1, "features": [1]}'), 422, "features"),
        ("an id of 401 digits", instance(f'{{"id": {10**400}, "features": {{}}}}'), 422, "id"),
        ("an id of no number", instance('{"id": "x", "features": {}}'), 422, "id"),
        ("no request", predict(b'{"instances": []}'), 422, "instances"),
        (
            "5001 requests",
            instance(",".join(['{"id": 1, "features": {}}'] * 5001)),
            *(422, "instances"),
        ),
        ("over eight megabytes", predict(b" " * (8 * 2**20 + 1)), 413, "Too Large"),
    ],
    ("/health", "/models/leavers/route", "/models/leavers/shadow"),
    body(challenger_percent=10, shadow=True),
)


def push(text: str, path: str = "/job/x") -> Sent:
    return {"url": f"/pushgateway/metrics{path}", "content": text.encode()}


PUSHES = Table(
    *("metrics", "PUT", "/pushgateway/metrics/job/x"),
    [
        ("no text", {"content": b"\xff"}, 400, "no"),
        ("no format", push("hello world of metrics\n"), 400, "format"),
        ("no number", push("a one\n"), 400, "format"),
        ("a sample with a time", push("a 1 1700000000000\n"), 400, "time"),
        ("a sample twice", push("a 1\na 2\n"), 400, "twice"),
        ("a label of nothing", push('a{=""} 1\n'), 400, "format"),
        ("a label of Prometheus' own", push('a{__b="c"} 1\n'), 400, "__b"),
        ("a name in quotes", push('{"a b"} 1\n'), 400, "name"),
        ("a range that is none", push('# TYPE a histogram\na_bucket{le="x"} 1\n'), 400, "le="),
        ("a type that is none", push("# TYPE a cake\na 1\n"), 400, "format"),
        ("two types of a name", push("# TYPE b counter\nb_total 1\n"), 400, "here and a"),
        ("no job", push("a 1\n", "/job"), 400, "job"),
        ("an empty job", push("a 1\n", "/job/"), 400, "job"),
        ("no label's name", push("a 1\n", "/job/x/not-a-label/y"), 400, "label"),
        ("a label twice", push("a 1\n", "/job/x/a/b/a/c"), 400, "twice"),
        ("no base64", push("a 1\n", "/job@base64/_w"), 400, "base64"),
        ("a path of nobody", {"url": "/metrics/job/x", "content": b"a 1\n"}, 404, "push to"),
        ("over ten megabytes", {"content": b"a" * (10 * 2**20 + 1)}, 413, "Too Large"),
    ],
    ("/", "/metrics", "/pushgateway/metrics"),
    push("shop_orders_total NaN\n"),
)

TABLES = {
    **{"slack": SLACK, "pager": PAGER, "answer": ANSWER, "reading": READING},
    **{"lineage": LINEAGE, "catalog": CATALOG, "faults": FAULTS, "settings": SETTINGS},
    **{"partner": PARTNER, "models": MODELS, "pushes": PUSHES},
}


@pytest.fixture
def open_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Open the app of a service, with as little behind it as it needs."""
    opened: list[TestClient] = []

    def client_of(service: str) -> TestClient:
        if service == "inbox":
            monkeypatch.setenv("INBOX_FILE", str(tmp_path / "inbox.sqlite"))
            app: Any = inbox.app
        elif service == "shop_api":
            app = create_app("partner", "s3cret")
        elif service == "model_server":
            versions = {CHAMPION: (1, Constant(0.2)), CHALLENGER: (2, Constant(0.8))}
            monkeypatch.setattr(model_server, "_load", lambda name, alias: versions[alias])
            monkeypatch.setattr(model_server, "_served", {})
            app = model_server.app
        else:
            pushed = Pushed()
            pushed.push("/metrics/job/other", "# TYPE b gauge\nb 1\n", whole=True)
            app = application(CollectorRegistry(), pushed)
        client = TestClient(
            app, "http://localhost", raise_server_exceptions=False, follow_redirects=False
        )
        opened.append(client.__enter__())
        if service == "shop_api":
            form = {"grant_type": "client_credentials"}
            token = client.post("/oauth/token", data=form, auth=("partner", "s3cret")).json()
            client.headers["authorization"] = f"Bearer {token['access_token']}"
        if service == "model_server":
            client.put("/models/leavers/route", json={})
        return client

    yield client_of
    for client in opened:
        client.__exit__(None, None, None)


@pytest.mark.parametrize("door", TABLES)
def test_what_is_wrong_is_named_and_harms_nothing(door: str, open_service: Callable[[str], Any]):
    """Each line is refused as the table says; then the pages open and a good input is taken."""
    service, method, path, rows, pages, good = TABLES[door]
    client = open_service(service)
    told = {}
    for what, sent, _, word in rows:
        answer = client.request(**{"method": method, "url": path, **sent})
        told[what] = (answer.status_code, word if word in answer.text else answer.text[:300])

    assert told == {what: (status, word) for what, _, status, word in rows}

    assert client.request(**{"method": method, "url": path, **good}).status_code < 400
    assert {one: client.get(one).status_code for one in pages} == dict.fromkeys(pages, 200)


MAILS = {
    "an unknown character set": b"Content-Type: text/plain; charset=klingon\r\n\r\nhello",
    "half a surrogate pair in UTF-7": b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA-",
    "half a surrogate pair in HTML": b"Content-Type: text/html; charset=utf-7\r\n\r\n<b>+2AA-</b>",
    "NUL in the text": b"Subject: x\r\n\r\na\x00b",
    "bytes in the subject": b"Subject: \xff\xfe\r\n\r\nhello",
    "a part without an end": b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nhello",
    "parts without a mark": b"Content-Type: multipart/mixed\r\n\r\nhello",
    "no base64": b"Content-Transfer-Encoding: base64\r\n\r\n%%%",
    "a file of a path": b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
    b'Content-Disposition: attachment; filename="../../x"\r\n\r\nhello\r\n--a--',
    "nothing": b"",
}


def test_every_mail_is_kept_and_harms_no_other(open_service: Callable[[str], Any]):
    """However it is written, the page shows it beside the others, and its files can be saved."""
    client = open_service("inbox")
    receiver = MailReceiver(inbox.app.state.messages)
    for content in (*MAILS.values(), b"Subject: good\r\n\r\nhello"):
        envelope = SimpleNamespace(content=content, rcpt_tos=["\udce4@shop.example"])
        assert asyncio.run(receiver.handle_DATA(None, None, envelope)) == "250 OK"

    kept = client.get("/messages", params={"kind": "mail"}).json()
    files = [
        client.get(f"/messages/{mail['id']}/attachments/{number}")
        for mail in kept
        for number, _ in enumerate(mail["content"]["attachments"])
    ]

    assert len(kept) == len(MAILS) + 1
    assert client.get("/").text.count("<article") == len(kept)
    assert {file.status_code for file in files} == {200}
    assert [f.headers["content-disposition"].partition("''")[2] for f in files][-1:] == ["x"]


LINES = {
    "a label of nothing": ("a,=x:1|c", "cannot be a name"),
    "a label of Prometheus' own": ("a,__name__=x:1|c", "cannot be a name"),
    "a name of nothing": (",a=x:1|c", "cannot be a name"),
    "dots": ("a:..|c", "could not convert"),
    "a sign alone": ("a:-|g", "could not convert"),
    "a number above all": ("a:1e999|g", "added up"),
    "NaN": ("a:nan|g", "not a line"),
    "an unknown kind": ("a:1|set", "not a line"),
    "another kind of a name": ("good_total:1|g", "another kind"),
    "the name of our own": ("statsd_unread_lines:1|ms|x", "not a line"),
    "the count of our own as a gauge": ("statsd_unread_lines_total:1|g", "another kind"),
    "a sum above all": ("good:1.7e308|c", "too large"),
}


def test_every_wrong_line_of_statsd_is_refused_for_itself():
    """The page of Prometheus holds the good ones and nothing else."""
    measurements = Measurements()
    measurements.add(Measurement.read("good:1e308|c"))
    told = {}
    for what, (line, word) in LINES.items():
        with pytest.raises(MetricLineError) as refused:
            measurements.add(Measurement.read(line))
        told[what] = word if word in str(refused.value) else str(refused.value)

    assert told == {what: word for what, (_, word) in LINES.items()}
    assert [metric.name for metric in measurements.collect()] == ["good"]
