"""The inbox and its mail server as processes, as the lab starts them."""

import os
import re
import smtplib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from include.lab.service import answers, listens
from include.lab.settings import ROOT
from tests.include.inbox.test_mail import mail
from tests.labs import free_port_base

pytestmark = pytest.mark.lab
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    base = free_port_base(2)
    return base, base + 1


@pytest.fixture(scope="module")
def running(
    ports: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """The inbox and the mail server, started in the lab's environment."""
    python, folder = ROOT / ".lab/venv/bin/python", tmp_path_factory.mktemp("inbox")
    if not python.exists():
        pytest.skip("the lab's environment is not installed: make install")
    port, mail_port = ports
    commands = (
        ["uvicorn", "include.inbox.app:app", "--port", str(port)],
        ["include.inbox.mail_server", "--port", str(mail_port)],
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "INBOX_FILE": str(folder / "inbox.sqlite"),
    }
    url = f"http://127.0.0.1:{port}"
    with Path(folder / "log").open("w") as log:
        processes = [
            subprocess.Popen([python, "-m", *command], env=environment, stdout=log, stderr=log)
            for command in commands
        ]
    try:
        while not (answers(f"{url}/health")() and listens("127.0.0.1", mail_port)()):
            assert {process.poll() for process in processes} == {None}, (folder / "log").read_text()
        with httpx.Client(base_url=url, trust_env=False) as client:
            yield client
    finally:
        for process in processes:
            process.terminate()
        ended = [process.wait(20) for process in processes]
        assert ended[1] == 0, "the mail server stops by itself when it is told to"


@pytest.fixture
def inbox(running: httpx.Client) -> httpx.Client:
    """The running inbox, emptied."""
    assert running.delete("/messages").status_code == 204
    return running


def kept(inbox: httpx.Client) -> list[dict[str, Any]]:
    return inbox.get("/messages").json()


def test_a_webhook_is_answered_as_slack_answers(inbox: httpx.Client):
    """The channel is the webhook's own, whatever the payload asks for."""
    for payload in ({"text": "one"}, {"text": "two", "channel": "#incidents"}):
        answer = inbox.post("/slack/T0/B0/x", json=payload)
        assert (answer.status_code, answer.text) == (200, "ok")

    assert [one["path"] for one in kept(inbox)] == ["#x", "#x"]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"not json", "invalid_payload"),
        (b"[1]", "invalid_payload"),
        (b"\xff", "invalid_payload"),
        (b"{}", "no_text"),
        (b'{"blocks": []}', "no_text"),
        (b'{"text": 5}', "invalid_blocks"),
        (b'{"blocks": [{"type": "header"}]}', "invalid_blocks"),
        (b'{"blocks": ["divider"]}', "invalid_blocks"),
        (b'{"blocks": "divider"}', "invalid_blocks"),
        (b'{"blocks": [{"type": "section"}]}', "invalid_blocks"),
    ],
)
def test_what_slack_would_refuse_is_refused(inbox: httpx.Client, body: bytes, refusal: str):
    """With Slack's own word for it, and nothing is kept."""
    answer = inbox.post("/slack/x", content=body)

    assert (answer.status_code, answer.json()["detail"]) == (400, refusal)
    assert kept(inbox) == []


def trigger(**payload: str) -> dict[str, Any]:
    facts = {"summary": "Orders are late", "source": "airflow", "severity": "critical"}
    return {"routing_key": "team", "event_action": "trigger", "payload": {**facts, **payload}}


def test_a_page_wakes_somebody(inbox: httpx.Client):
    """An event of PagerDuty's form is taken and shown with its severity."""
    answer = inbox.post("/pager/v2/enqueue", json={**trigger(), "dedup_key": "orders"})

    assert (answer.status_code, answer.json()["dedup_key"]) == (202, "orders")
    assert "critical: Orders are late" in inbox.get("/").text


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_a_page_can_be_taken_back(inbox: httpx.Client, action: str):
    """Such an event has no payload, and is shown all the same."""
    event = {"routing_key": "team", "event_action": action, "dedup_key": "orders"}

    assert inbox.post("/pager/v2/enqueue", json=event).status_code == 202
    shown = inbox.get("/")
    assert shown.status_code == 200
    assert action in shown.text


@pytest.mark.parametrize(
    ("event", "refused"),
    [
        ({}, ["routing_key", "event_action"]),
        ({"routing_key": "x", "event_action": "trigger"}, []),
        ({"routing_key": "x", "event_action": "trigger", "payload": "text"}, ["payload"]),
        (
            {"routing_key": "x", "event_action": "trigger", "payload": {"summary": "x"}},
            ["payload.source", "payload.severity"],
        ),
        ({"routing_key": ["x"], "event_action": "resolve"}, ["routing_key"]),
    ],
)
def test_a_page_without_its_facts_is_refused(
    inbox: httpx.Client, event: dict[str, Any], refused: list[str]
):
    """Every field that is missing or wrong is named, and nothing is kept."""
    answer = inbox.post("/pager/v2/enqueue", json=event)

    assert answer.status_code == 422
    named = [".".join(mistake["loc"][1:]) for mistake in answer.json()["detail"]]
    assert named == (refused or [""])
    assert kept(inbox) == []


def test_a_page_can_be_taken_by_a_button(inbox: httpx.Client):
    """Who presses it is brought back to the page, and the incident is acknowledged."""
    inbox.post("/pager/v2/enqueue", json={**trigger(), "dedup_key": "orders"})
    assert ">Acknowledge</button>" in inbox.get("/").text
    key = {"incident_key": "orders"}
    (incident,) = inbox.get("/pager/incidents", params=key).json()["incidents"]
    assert (incident["title"], incident["status"]) == ("Orders are late", "triggered")

    form = {"routing_key": "team", "dedup_key": "orders", "event_action": "acknowledge"}
    assert inbox.post("/answer", data=form).headers["location"] == "/?kind=pager"

    (incident,) = inbox.get("/pager/incidents", params=key).json()["incidents"]
    assert incident["status"] == "acknowledged"
    assert ">Acknowledge</button>" not in inbox.get("/").text
    assert inbox.get("/pager/incidents", params={"incident_key": "x"}).json() == {"incidents": []}
    assert inbox.post("/answer", data={**form, "event_action": "shout"}).status_code == 422
    of_lesson = {**form, "dag_id": "phase8_03_alert_routing"}
    back = inbox.post("/answer", data=of_lesson).headers["location"]
    assert back == "/?kind=pager&dag_id=phase8_03_alert_routing"


def test_a_page_without_a_key_is_given_one(inbox: httpx.Client):
    """So that it can be acknowledged: as PagerDuty does."""
    answer = inbox.post("/pager/v2/enqueue", json=trigger())

    (incident,) = inbox.get("/pager/incidents").json()["incidents"]
    assert incident["incident_key"] == answer.json()["dedup_key"] != ""


def test_a_real_mail_arrives(inbox: httpx.Client, ports: tuple[int, int]):
    """Sent by SMTP, with HTML and an attachment, it can be read on the page."""
    with smtplib.SMTP("127.0.0.1", ports[1]) as server:
        server.send_message(mail("<b>Grüße</b>", b"a,b\n"))

    (message,) = kept(inbox)
    assert message["kind"] == "mail"
    assert message["content"]["recipients"] == ["team@shop.example"]
    shown = inbox.get("/?kind=mail").text
    assert "Die tägliche Lieferung" in shown
    address = f"/messages/{message['id']}/attachments/0"
    assert f'<a href="{address}">größen.csv</a>\n    (text/csv, 4 bytes)' in shown
    file = inbox.get(address)
    assert (file.content, file.headers["content-type"]) == (b"a,b\n", "application/octet-stream")
    assert file.headers["content-disposition"].startswith("attachment;")
    assert inbox.get(f"/messages/{message['id']}/attachments/1").status_code == 404
    assert inbox.get("/messages/999999/attachments/0").status_code == 404


def test_a_web_page_can_send_no_mail(inbox: httpx.Client, ports: tuple[int, int]):
    """Lines of an HTTP body would be commands: the connection ends at its first line."""
    lines = ["POST / HTTP/1.1", "", "HELO x", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", "x", "."]
    with socket.create_connection(("127.0.0.1", ports[1])) as web_page:
        web_page.sendall("".join(f"{line}\r\n" for line in lines).encode())
        answers = web_page.makefile("rb").read().decode().splitlines()

    assert [answer[:3] for answer in answers] == ["220", "421"]
    assert kept(inbox) == []


def test_a_mail_that_no_page_could_show_is_refused(inbox: httpx.Client, ports: tuple[int, int]):
    """With the server's own word for it."""
    with smtplib.SMTP("127.0.0.1", ports[1]) as server, pytest.raises(smtplib.SMTPException) as no:
        server.sendmail("a@shop.example", "b@shop.example", "x\r\n" * 2**20)

    assert "552" in str(no.value)
    assert kept(inbox) == []


def test_messages_can_be_asked_for_by_kind(inbox: httpx.Client):
    """An unknown kind is refused rather than answered with nothing."""
    inbox.post("/slack/x", json={"text": "one"})
    inbox.post("/pager/v2/enqueue", json=trigger())

    assert len(inbox.get("/messages?kind=slack").json()) == 1
    assert inbox.get("/messages?kind=pigeon").status_code == 422


def test_one_lesson_is_shown(inbox: httpx.Client):
    """The address names it, so that a page can link to it; the select has all that have sent."""
    for lesson in ("phase10_03_data_profiling", "phase8_03_alert_routing"):
        inbox.post("/slack/x", json={"text": f"news of {lesson}"})
    inbox.post("/slack/x", json={"text": "news of nobody"})

    everything = inbox.get("/").text
    shown = inbox.get("/?kind=slack&dag_id=phase8_03_alert_routing").text
    nothing = inbox.get("/?dag_id=phase1_01_hello_airflow").text

    assert everything.count("<article") == 3
    assert '<a href="/?dag_id=phase8_03_alert_routing">phase8_03_alert_routing</a>' in everything
    options = re.findall(r"<option[^>]*>([^<]+)</option>", everything)
    assert options == ["all", "phase8_03_alert_routing", "phase10_03_data_profiling"]
    assert shown.count("<article") == 1
    assert "news of phase8_03_alert_routing" in shown
    assert "<option selected>phase8_03_alert_routing</option>" in shown
    assert 'href="/?dag_id=phase8_03_alert_routing&amp;kind=mail"' in shown
    assert "Nothing has arrived yet from <code>phase1_01_hello_airflow</code>" in nothing
    assert inbox.get("/?dag_id=").text.count("<article") == 3
    assert len(inbox.get("/messages?dag_id=phase8_03_alert_routing").json()) == 1


def test_the_page_can_be_emptied(inbox: httpx.Client):
    """By a button that asks first; who presses it is brought back to the page."""
    inbox.post("/slack/x", json={"text": "one"})
    assert 'action="/empty" onsubmit="return confirm(' in inbox.get("/").text

    answer = inbox.post("/empty")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert kept(inbox) == []
    assert "Nothing has arrived yet." in inbox.get("/").text


def test_no_message_can_act_on_the_page(inbox: httpx.Client, ports: tuple[int, int]):
    """A script in any part of any message is shown as text."""
    inbox.post("/slack/x", json={"text": SCRIPT, "channel": SCRIPT})
    header = {"type": "header", "text": {"type": "plain_text", "text": SCRIPT}}
    inbox.post("/slack/x", json={"blocks": [header]})
    page = trigger(summary=SCRIPT, source=SCRIPT)
    links = [{"href": "javascript:alert(1)", "text": SCRIPT}, {"href": "https://x", "text": SCRIPT}]
    inbox.post("/pager/x", json={**page, "links": links, "dedup_key": SCRIPT})
    message = mail(f"<b>{SCRIPT}</b>")
    message.replace_header("Subject", SCRIPT)
    with smtplib.SMTP("127.0.0.1", ports[1]) as server:
        server.send_message(message)

    shown = inbox.get("/").text

    assert len(kept(inbox)) == 4
    assert "<script" not in shown
    assert 'href="javascript' not in shown
    assert shown.count("&lt;script&gt;") >= 8
    assert "<iframe sandbox srcdoc=" in shown
