"""Receives mail over SMTP and keeps it as text, HTML and attachments."""

import base64
import email
import email.policy
from email.message import EmailMessage
from typing import Any

from include.inbox.messages import Messages


def facts(message: EmailMessage) -> dict[str, Any]:
    """What a reader sees of a mail: sender, recipients, subject, both bodies, attachments.

    Its `message_id` is what its sender calls it; an attachment's bytes are given in Base64.
    """
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return {
        "message_id": str(message["message-id"] or "").strip(),
        "type": message.get_content_type(),
        "from": str(message["from"] or ""),
        "to": str(message["to"] or ""),
        "cc": str(message["cc"] or ""),
        "subject": str(message["subject"] or ""),
        "text": _content(text),
        "html": _content(html),
        "attachments": [_attachment(part) for part in message.iter_attachments()],
    }


def _content(part: Any) -> str:
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except LookupError:
        # Nobody knows this character set.
        return str(part.get_payload(decode=True).decode(errors="replace"))


def _attachment(part: Any) -> dict[str, Any]:
    content = part.get_payload(decode=True) or b""
    return {
        "name": part.get_filename(),
        "type": part.get_content_type(),
        "bytes": len(content),
        "base64": base64.b64encode(content).decode(),
    }


class MailReceiver:
    """The handler that aiosmtpd calls for every mail."""

    def __init__(self, messages: Messages) -> None:
        """Keep what arrives in `messages`."""
        self.messages = messages

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep the mail, then accept it."""
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        content = {**facts(message), "recipients": envelope.rcpt_tos}
        self.messages.keep("mail", ", ".join(envelope.rcpt_tos), content)
        return "250 OK"
