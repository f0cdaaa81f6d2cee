"""A mail is built of a text, its HTML and its attachments, and bears a name of its own."""

from email.message import EmailMessage

import pytest

from include.notifications.email import build_mail, message_id


def mail(**changes: object) -> EmailMessage:
    facts = {
        "sender": "airflow@shop.example",
        "to": ["team@shop.example", "board@shop.example"],
        "subject": "Sales",
        "text": "Grüße",
        "html": "<b>Grüße</b>",
    }
    return build_mail(**(facts | changes))  # type: ignore[arg-type]


def test_reader_chooses_between_text_and_html():
    """Both bodies are alternatives, the text first, as the standard asks for the plainest first."""
    built = mail()

    assert built.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in built.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    assert built["To"] == "team@shop.example, board@shop.example"
    assert built["Date"]


def test_attachments_stand_beside_the_bodies():
    """Each with its name, its type by the name's ending, and its very bytes."""
    built = mail(attachments={"sales.csv": "a,ü\n", "unknown": "x"})

    assert built.get_content_type() == "multipart/mixed"
    found = [(p.get_filename(), p.get_content_type(), p.get_content()) for p in attached(built)]
    assert found == [
        ("sales.csv", "text/csv", "a,ü\n"),
        ("unknown", "application/octet-stream", b"x"),
    ]


def attached(built: EmailMessage) -> list:
    return [*built.iter_attachments()]


def test_subject_is_one_line():
    """What comes from an error's text cannot add a header."""
    built = mail(subject="failed:\r\nBcc: x@evil.example")

    assert built["Subject"] == "failed: Bcc: x@evil.example"
    assert built["Bcc"] is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"to": []}, "'to' is empty"),
        ({"to": ["team"]}, "'team' is no address"),
        ({"sender": "a@b\r\nBcc: x@y"}, "is no address"),
    ],
)
def test_wrong_address_is_refused(changes: dict, said: str):
    """The error names it and says how it is written."""
    with pytest.raises(ValueError, match=said):
        mail(**changes)


def test_same_parts_have_the_same_id():
    """And whatever is in them, the id is one that a mail server takes."""
    identity = message_id("report", "manual__2026-03-24T08:00:00+00:00", "zoë <x>")

    assert identity == "<report.manual__2026-03-24T08-00-00-00-00.zo-x-@shop.example>"
    assert mail(identity=identity)["Message-ID"] == identity
    assert mail()["Message-ID"] is None
