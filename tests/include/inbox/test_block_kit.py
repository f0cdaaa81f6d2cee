"""Slack's markup and blocks as HTML, in which nothing that was sent can act."""

import pytest

from include.inbox.block_kit import blocks, mrkdwn

SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("*bold* and _slanted_", "<b>bold</b> and <i>slanted</i>"),
        ("~gone~ `code`", "<s>gone</s> <code>code</code>"),
        ("```two\nlines```", "<pre>two<br>lines</pre>"),
        ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
        ("<https://shop.example|the shop>", '<a href="https://shop.example">the shop</a>'),
        (
            "<https://shop.example?a=1&b=2>",
            '<a href="https://shop.example?a=1&amp;b=2">https://shop.example?a=1&amp;b=2</a>',
        ),
        ("first\nsecond", "first<br>second"),
    ],
)
def test_markup_is_rendered(text: str, rendered: str):
    """What Slack would show, the inbox shows."""
    assert mrkdwn(text) == rendered


@pytest.mark.parametrize(
    "text",
    [
        SCRIPT,
        f"*{SCRIPT}*",
        f"<https://x.example|{SCRIPT}>",
        '<https://x"onmouseover="alert(1)|click>',
        "<https://x'onmouseover='alert(1)>",
        "<javascript:alert(1)|click>",
    ],
)
def test_text_cannot_act(text: str):
    """Whatever stands in a message is shown as text: no tag, no attribute, no address of code."""
    rendered = mrkdwn(text)
    assert "<script" not in rendered
    assert '"onmouseover' not in rendered
    assert "'onmouseover" not in rendered
    assert 'href="javascript' not in rendered


def section(**facts: object) -> dict:
    return {"blocks": [{"type": "section", **facts}]}


@pytest.mark.parametrize(
    ("payload", "rendered"),
    [
        ({"text": "*no* blocks"}, "<p><b>no</b> blocks</p>"),
        (section(text={"type": "mrkdwn", "text": "*a*"}), "<p><b>a</b></p>"),
        (section(text={"type": "plain_text", "text": "*a*"}), "<p>*a*</p>"),
        (
            section(fields=[{"type": "mrkdwn", "text": "*Dag*"}]),
            "<ul class=fields><li><b>Dag</b></li></ul>",
        ),
        ({"blocks": [{"type": "header", "text": {"text": "A & B"}}]}, "<h3>A &amp; B</h3>"),
        ({"blocks": [{"type": "divider"}]}, "<hr>"),
        (
            {"blocks": [{"type": "context", "elements": [{"type": "image", "alt_text": "x"}]}]},
            "<p class=quiet>x</p>",
        ),
        ({"blocks": [{"type": "<new>"}]}, "<p class=quiet>(&lt;new&gt; block)</p>"),
        (
            {
                "blocks": [
                    {
                        "type": "actions",
                        "elements": [
                            {"text": {"text": "Log"}, "url": "http://localhost:8080/?a=1&b=2"},
                            {"text": {"text": "Run"}, "url": "javascript:alert(1)"},
                            {"text": {"text": "Ask"}},
                        ],
                    }
                ]
            },
            '<p><a class=button href="http://localhost:8080/?a=1&amp;b=2">Log</a> '
            '<a class=button href="#">Run</a> <a class=button href="#">Ask</a></p>',
        ),
    ],
)
def test_blocks_are_rendered(payload: dict, rendered: str):
    """Each kind of block that the lessons use, and a note in the place of any other."""
    assert blocks(payload) == rendered
