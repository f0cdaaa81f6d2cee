"""Slack's Block Kit: the blocks that a message is made of, within the limits that Slack sets.

Each function returns one block; a message is a list of them. A text that is too long is cut, for a
message that Slack refuses tells nobody anything.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

Block = dict[str, Any]

HEADER, TEXT, FIELD, BUTTON, FIELDS = 150, 3000, 2000, 75, 10
"""How many characters, and how many fields of a section, Slack takes."""


def escape(text: object) -> str:
    """Text from outside, so that Slack takes nothing in it for a link, a mention or a channel."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def header(text: str) -> Block:
    """A heading: plain text, one line."""
    return {"type": "header", "text": _plain(" ".join(text.split()), HEADER)}


def section(text: str, fields: Mapping[str, object] | None = None) -> Block:
    """A paragraph in Slack's markup, and below it up to ten values, each under its name.

    The values are escaped, the paragraph is not.
    """
    block: Block = {"type": "section", "text": _markup(text, TEXT)}
    if fields:
        shown = list(fields.items())[:FIELDS]
        block["fields"] = [_markup(f"*{escape(n)}*\n{escape(v)}", FIELD) for n, v in shown]
    return block


def context(text: str) -> Block:
    """A small line in Slack's markup."""
    return {"type": "context", "elements": [_markup(text, TEXT)]}


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


def buttons(links: Mapping[str, str]) -> Block:
    """Buttons that open an address each, by their labels."""
    elements = [
        {"type": "button", "text": _plain(label, BUTTON), "url": url}
        for label, url in links.items()
    ]
    return {"type": "actions", "elements": elements}


def fingerprint(blocks: list[Block]) -> str:
    """A short name for a message: equal for equal blocks alone."""
    return hashlib.sha256(json.dumps(blocks, sort_keys=True).encode()).hexdigest()[:16]


def _plain(text: str, most: int) -> Block:
    return {"type": "plain_text", "text": _cut(text, most)}


def _markup(text: str, most: int) -> Block:
    return {"type": "mrkdwn", "text": _cut(text, most)}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
