"""A mail is kept as its reader sees it."""

import asyncio
import base64
import json
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from types import SimpleNamespace

import pytest

from include.inbox.mail import MailReceiver, facts
from include.inbox.messages import Messages


def mail(html: str | None = None, attachment: bytes | None = None) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "airflow@shop.example", "Zoë <team@shop.example>"
    message["Subject"] = "Die tägliche Lieferung"
    message.set_content("Grüße")
    if html:
        message.add_alternative(html, subtype="html")
    if attachment is not None:
        message.add_attachment(attachment, "text", "csv", filename="größen.csv")
    return message


def test_both_bodies_and_the_attachments_are_seen():
    """Text, HTML, and of each attachment its name, type and size."""
    seen = facts(mail("<b>Grüße</b>", b"a,b\n"))

    assert seen["subject"] == "Die tägliche Lieferung"
    assert seen["to"] == "Zoë <team@shop.example>"
    assert seen["text"].strip() == "Grüße"
    assert seen["html"].strip() == "<b>Grüße</b>"
    assert seen["type"] == "multipart/mixed"
    (attached,) = seen["attachments"]
    assert base64.b64decode(attached.pop("base64")) == b"a,b\n"
    assert attached == {"name": "größen.csv", "type": "text/csv", "bytes": 4}


def test_a_mail_may_be_plain_text():
    """What is not there is empty."""
    seen = facts(mail())
    assert (seen["html"], seen["cc"], seen["attachments"]) == ("", "", [])


def test_a_mail_is_kept_with_its_recipients(tmp_path: Path):
    """Also those who stand in no header: the envelope names them."""
    messages = Messages(tmp_path / "inbox.sqlite")
    envelope = SimpleNamespace(
        content=mail().as_bytes(policy=SMTP),
        rcpt_tos=["team@shop.example", "hidden@shop.example"],
    )

    answer = asyncio.run(MailReceiver(messages).handle_DATA(None, None, envelope))

    (kept,) = messages.newest("mail")
    assert answer == "250 OK"
    assert kept.path == "team@shop.example, hidden@shop.example"
    assert kept.content["recipients"] == envelope.rcpt_tos
    messages.close()


def test_a_mail_that_comes_again_is_kept_once(tmp_path: Path):
    """Its `Message-ID` tells, for the same recipients; a mail without one is always kept."""
    messages = Messages(tmp_path / "inbox.sqlite")
    named = mail()
    named["Message-ID"] = "<report.2026-03-24@shop.example>"

    for message, recipient in [
        (named, "a"),
        (named, "a"),
        (named, "b"),
        (mail(), "a"),
        (mail(), "a"),
    ]:
        envelope = SimpleNamespace(content=message.as_bytes(policy=SMTP), rcpt_tos=[recipient])
        assert asyncio.run(MailReceiver(messages).handle_DATA(None, None, envelope)) == "250 OK"

    kept = [(one.path, one.content["message_id"]) for one in messages.newest("mail")]
    assert kept == [
        *[("a", "")] * 2,
        *[(recipient, "<report.2026-03-24@shop.example>") for recipient in ("b", "a")],
    ]
    messages.close()


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("klingon", "Grüße".encode(), "Grüße"),
        ("utf-7", b"half: +2AA-", "half: \ufffd"),
        ("utf-16", b"\xff\xfe\x00\xd8a\x00", "\ufffd"),
        ("utf-8", b"a\x00b\xff", "a\ufffdb\ufffd"),
    ],
)
def test_a_mail_that_nobody_can_write_down_is_kept_readable(
    tmp_path: Path, charset: str, body: bytes, text: str
):
    """An unknown character set, half a surrogate pair or NUL takes no other mail with it."""
    messages = Messages(tmp_path / "inbox.sqlite")
    content = f"Subject: x\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode() + body
    envelope = SimpleNamespace(content=content, rcpt_tos=["a\udce4@shop.example"])

    assert asyncio.run(MailReceiver(messages).handle_DATA(None, None, envelope)) == "250 OK"

    (kept,) = messages.newest("mail")
    assert kept.content["text"].startswith(text)
    assert kept.path == "a\ufffd@shop.example"
    assert json.dumps(kept.content, ensure_ascii=False).encode()
    messages.close()
