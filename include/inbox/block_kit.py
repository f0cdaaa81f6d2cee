"""Slack's mrkdwn and Block Kit as HTML, as far as the lessons use them."""

import html
import re
from typing import Any

# In escaped text: the one entity that an address may hold stands for `&`.
_URL = r"(https?://(?:[^|&\s]|&amp;)+)"
_MARKS = (
    (re.compile(r"```(.+?)```", re.DOTALL), r"<pre>\1</pre>"),
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"(?<!\w)\*([^*\n]+)\*(?!\w)"), r"<b>\1</b>"),
    (re.compile(r"(?<!\w)_([^_\n]+)_(?!\w)"), r"<i>\1</i>"),
    (re.compile(r"(?<!\w)~([^~\n]+)~(?!\w)"), r"<s>\1</s>"),
    (re.compile(rf"&lt;{_URL}\|((?:[^&]|&(?!gt;))+)&gt;"), r'<a href="\1">\2</a>'),
    (re.compile(rf"&lt;{_URL}&gt;"), r'<a href="\1">\1</a>'),
)


class BlockError(ValueError):
    """A payload is not built as Slack's blocks are."""


def mrkdwn(text: str) -> str:
    """Text in Slack's own markup as HTML; anything else in it is escaped."""
    rendered = html.escape(text)
    for pattern, replacement in _MARKS:
        rendered = pattern.sub(replacement, rendered)
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


def _block(block: dict[str, Any]) -> str:
    match block.get("type"):
        case "header":
            return f"<h3>{html.escape(block['text']['text'])}</h3>"
        case "section":
            text = f"<p>{_text(block['text'])}</p>" if "text" in block else ""
            fields = "".join(f"<li>{_text(field)}</li>" for field in block.get("fields", []))
            return text + (f"<ul class=fields>{fields}</ul>" if fields else "")
        case "context":
            return f"<p class=quiet>{' · '.join(_text(e) for e in block['elements'])}</p>"
        case "actions":
            links = (
                f'<a class=button href="{_address(e.get("url"))}">{_text(e["text"])}</a>'
                for e in block["elements"]
            )
            return f"<p>{' '.join(links)}</p>"
        case "divider":
            return "<hr>"
        case other:
            return f"<p class=quiet>({html.escape(str(other))} block)</p>"


def _address(url: str | None) -> str:
    """The address as an attribute; one that is not of the web leads nowhere."""
    return html.escape(url) if url and url.startswith(("http://", "https://")) else "#"


def _text(element: dict[str, Any]) -> str:
    if element.get("type") == "mrkdwn":
        return mrkdwn(element["text"])
    return html.escape(str(element.get("text", element.get("alt_text", ""))))
