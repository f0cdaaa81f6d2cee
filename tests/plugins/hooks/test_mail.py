"""The hook that sends a mail through the connection `smtp_default`."""

import json
from typing import Any

import pytest

from include.configuration.metadata import connections
from include.lab.settings import Lab
from tests.inbox import Inbox

MAIL: dict[str, Any] = {
    "to": ["team@shop.example"],
    "subject": "Hello",
    "text": "Grüße",
    "html": "<b>Grüße</b>",
}


@pytest.fixture
def smtp(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The connection, for code that runs outside of a task."""
    facts = connections()["smtp_default"]
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(facts))
    return facts


def test_mail_arrives_as_built(lab: Lab, smtp: dict[str, Any]) -> None:
    """From the connection's sender, with both bodies."""
    from plugins.hooks.mail import MailHook

    Inbox(lab).clear()
    MailHook("smtp_default").send(**MAIL, identity="<hello@shop.example>")

    (mail,) = (one["content"] for one in Inbox(lab).newest("mail"))
    assert (mail["from"], mail["recipients"]) == ("airflow@shop.example", MAIL["to"])
    assert (mail["text"].strip(), mail["html"].strip()) == ("Grüße", "<b>Grüße</b>")
    assert mail["message_id"] == "<hello@shop.example>"


def test_connection_without_a_sender_is_refused(
    smtp: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says which connection, and what to add."""
    from plugins.hooks.mail import MailHook

    nameless = {**smtp, "extra": {**smtp["extra"], "from_email": ""}}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(nameless))

    with pytest.raises(ValueError, match="'smtp_default' names no sender; add from_email"):
        MailHook("smtp_default").send(**MAIL)
