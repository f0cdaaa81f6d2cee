"""Slack's mrkdwn and Block Kit as HTML, as far as the lessons use them."""

import html
import re
from typing import Any

_MARKS = (
    (re.compile(r"```(.+?)```", re.DOTALL), r"<pre>\1</pre>"),
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
    (re.compile(r"(?<!\w)\*([^*\n]+)\*(?!\w)"), r"<b>\1</b>"),
    (re.compile(r"(?<!\w)_([^_\n]+)_(?!\w)"), r"<i>\1</i>"),
    (re.compile(r"(?<!\w)~([^~\n]+)~(?!\w)"), r"<s>\1</s>"),
    (re.compile(r"&lt;(https?://[^|&\s]+)\|([^&]+)&gt;"), r'<a href="\1">\2</a>'),
    (re.compile(r"&lt;(https?://[^|&\s]+)&gt;"), r'<a href="\1">\1</a>'),
)


def mrkdwn(text: str) -> str:
    """Text in Slack's own markup as HTML; anything else in it is escaped."""
    rendered = html.escape(text, quote=False)
    for pattern, replacement in _MARKS:
        rendered = pattern.sub(replacement, rendered)
    return rendered.replace("\n", "<br>")


def blocks(payload: dict[str, Any]) -> str:
    """A webhook payload as HTML: its blocks, or its text where it has none."""
    if not payload.get("blocks"):
        return f"<p>{mrkdwn(payload.get('text', ''))}</p>"
    return "".join(_block(block) for block in payload["blocks"])


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
                f'<a class=button href="{html.escape(e.get("url", "#"))}">{_text(e["text"])}</a>'
                for e in block["elements"]
            )
            return f"<p>{' '.join(links)}</p>"
        case "divider":
            return "<hr>"
        case other:
            return f"<p class=quiet>({html.escape(str(other))} block)</p>"


def _text(element: dict[str, Any]) -> str:
    if element.get("type") == "mrkdwn":
        return mrkdwn(element["text"])
    return html.escape(str(element.get("text", element.get("alt_text", ""))))
