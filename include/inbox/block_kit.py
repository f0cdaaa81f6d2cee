"""Slack's mrkdwn and Block Kit: what Slack takes, and how it looks as HTML.

As far as the lessons use them; the limits are those that Slack's reference states.
"""

import html
import re
from typing import Any

from include.inbox import emoji

# In escaped text: the one entity that an address may hold stands for `&`.
_URL = r"(https?://(?:[^|&\s]|&amp;)+)"
_MARKS = (
    (re.compile(r"```(.+?)```", re.DOTALL), r"<pre>\1</pre>"),
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"(?<!\w)\*([^*\n]+)\*(?!\w)"), r"<b>\1</b>"),
    (re.compile(r"(?<!\w)_([^_\n]+)_(?!\w)"), r"<i>\1</i>"),
    (re.compile(r"(?<!\w)~([^~\n]+)~(?!\w)"), r"<s>\1</s>"),
    (re.compile(rf"&lt;{_URL}\|((?:[^&]|&(?!gt;|lt;))+)&gt;"), r'<a href="\1">\2</a>'),
    (re.compile(rf"&lt;{_URL}&gt;"), r'<a href="\1">\1</a>'),
)


BLOCKS, FIELDS, ELEMENTS, ACTIONS = 50, 10, 10, 25
MESSAGE_CHARACTERS = 40_000
HEADER_CHARACTERS, TEXT_CHARACTERS, FIELD_CHARACTERS, BUTTON_CHARACTERS = 150, 3000, 2000, 75
_WORDS = "plain_text", "mrkdwn"


class BlockError(ValueError):
    """A payload is not built as Slack's blocks are."""


def mrkdwn(text: str) -> str:
    """Text in Slack's own markup as HTML; anything else in it is escaped."""
    rendered = html.escape(emoji.shown(text))
    for pattern, replacement in _MARKS:
        rendered = pattern.sub(replacement, rendered)
    # Senders write these three for the characters themselves, which then stand for nothing else.
    for character in ("lt", "gt", "amp"):
        rendered = rendered.replace(f"&amp;{character};", f"&{character};")
    return rendered.replace("\n", "<br>")


def blocks(payload: dict[str, Any]) -> str:
    """A webhook payload as HTML: its blocks, or its text where it has none.

    Raises:
        BlockError: a part that Slack needs is missing or of another kind.
    """
    try:
        if not payload.get("blocks"):
            return f"<p>{mrkdwn(payload.get('text', ''))}</p>"
        return "".join(_block(block) for block in payload["blocks"])
    except (AttributeError, KeyError, TypeError) as error:
        raise BlockError(f"not Slack's text or blocks: {payload!r:.200}") from error


def check(payload: dict[str, Any]) -> None:
    """Refuse the blocks that Slack would refuse: a part is missing, of another kind, or too long.

    Raises:
        BlockError: says which block it is, counted from 0, and what is wrong with it.
    """
    if len(str(payload.get("text"))) > MESSAGE_CHARACTERS:
        raise BlockError(f"text: has at most {MESSAGE_CHARACTERS} characters")
    found = payload.get("blocks") or []
    if not isinstance(found, list) or len(found) > BLOCKS:
        raise BlockError(f"blocks: must be a list of at most {BLOCKS}")
    for number, block in enumerate(found):
        try:
            _check(block)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BlockError(f"blocks[{number}]: {error!s:.200} in {block!r:.200}") from error


def _check(block: dict[str, Any]) -> None:
    match block["type"]:
        case "header":
            _check_text(block["text"], HEADER_CHARACTERS, ("plain_text",))
        case "section":
            if "text" in block or "fields" not in block:
                _check_text(block["text"], TEXT_CHARACTERS)
            if "fields" in block:
                for field in _some(block["fields"], FIELDS):
                    _check_text(field, FIELD_CHARACTERS)
        case "context":
            for element in _some(block["elements"], ELEMENTS):
                if element["type"] != "image":
                    _check_text(element, TEXT_CHARACTERS)
        case "actions":
            for element in _some(block["elements"], ACTIONS):
                _check_text(element["text"], BUTTON_CHARACTERS, ("plain_text",))
                if len(element.get("url", "")) > TEXT_CHARACTERS:
                    raise ValueError(f"an address has at most {TEXT_CHARACTERS} characters")


def _some(elements: list[Any], most: int) -> list[Any]:
    if not 1 <= len(elements) <= most:
        raise ValueError(f"there must be 1 to {most} of them, not {len(elements)}")
    return elements


def _check_text(element: dict[str, Any], most: int, kinds: tuple[str, ...] = _WORDS) -> None:
    if element["type"] not in kinds:
        raise ValueError(f"a text here is {' or '.join(kinds)}, not {element['type']}")
    if not 1 <= len(element["text"]) <= most:
        raise ValueError(f"a text here has 1 to {most} characters, not {len(element['text'])}")


def _block(block: dict[str, Any]) -> str:
    match block.get("type"):
        case "header":
            return f"<h3>{html.escape(emoji.shown(block['text']['text']))}</h3>"
        case "section":
            text = f"<p>{_text(block['text'])}</p>" if "text" in block else ""
            fields = "".join(f"<li>{_text(field)}</li>" for field in block.get("fields", []))
            return text + (f"<ul class=fields>{fields}</ul>" if fields else "")
        case "context":
            return f"<p class=quiet>{' · '.join(_text(e) for e in block['elements'])}</p>"
        case "actions":
            return f"<p>{' '.join(map(_button, block['elements']))}</p>"
        case "divider":
            return "<hr>"
        case other:
            return f"<p class=quiet>({html.escape(str(other))} block)</p>"


def _button(element: dict[str, Any]) -> str:
    look = " danger" if element.get("style") == "danger" else ""
    address, label = _address(element.get("url")), _text(element["text"])
    return f'<a class="button{look}" href="{address}">{label}</a>'


def _address(url: str | None) -> str:
    """The address as an attribute; one that is not of the web leads nowhere."""
    return html.escape(url) if url and url.startswith(("http://", "https://")) else "#"


def _text(element: dict[str, Any]) -> str:
    if element.get("type") == "mrkdwn":
        return mrkdwn(element["text"])
    return html.escape(emoji.shown(str(element.get("text", element.get("alt_text", "")))))
