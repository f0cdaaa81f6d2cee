"""A mail as its reader wants it: text and HTML in one, with attachments, and a name of its own."""

import mimetypes
import re
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import localtime
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
"""Where the Jinja templates of mails lie."""

DOMAIN = "shop.example"
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9._-]+")


def message_id(*parts: str) -> str:
    """The `Message-ID` of a mail that stands for `parts`, the same for the same parts.

    Who sends a mail again gives it the same id, and mail servers can drop the second.
    """
    return f"<{'.'.join(_NOT_IN_AN_ID.sub('-', part) for part in parts)}@{DOMAIN}>"


def build_mail(
    sender: str,
    to: Sequence[str],
    subject: str,
    text: str,
    html: str,
    attachments: Mapping[str, str] | None = None,
    identity: str | None = None,
) -> EmailMessage:
    """Build a mail that shows `html`, or `text` where HTML is not shown.

    An attachment is a file's name and its text; the name's ending tells its type. `identity` is
    the mail's `Message-ID`. A subject is one line: what would break it becomes blanks.

    Raises:
        ValueError: there is nobody to send it to, or an address is none.
    """
    if not to:
        raise ValueError("'to' is empty; name at least one address")
    for address in (sender, *to):
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
            raise ValueError(f"{address!r} is no address; write it as name@shop.example")
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = localtime()
    if identity:
        mail["Message-ID"] = identity
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    for name, content in (attachments or {}).items():
        guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
        kind, _, subtype = guessed.partition("/")
        charset = {"charset": "utf-8"} if kind == "text" else {}
        mail.add_attachment(content.encode(), kind, subtype, filename=name, params=charset)
    return mail
