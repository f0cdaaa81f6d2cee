"""Slack's markup and blocks as HTML, in which nothing that was sent can act."""

import pytest

from include.inbox.block_kit import BlockError, blocks, check, mrkdwn

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
        (":alarm_clock: *late*, `:x:`", "⏰ <b>late</b>, <code>:x:</code>"),
        ("1 &lt; 2 &amp; 3 &gt; 2", "1 &lt; 2 &amp; 3 &gt; 2"),
        ("&lt;!channel&gt; &amp;lt;", "&lt;!channel&gt; &amp;lt;"),
        ("&lt;https://shop.example|x&gt;", "&lt;https://shop.example|x&gt;"),
        (
            "<https://shop.example?a=1&amp;b=2|x>",
            '<a href="https://shop.example?a=1&amp;b=2">x</a>',
        ),
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
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&amp;lt;script&amp;gt;alert(1)",
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
        ({"blocks": [{"type": "header", "text": {"text": ":fire: A"}}]}, "<h3>🔥 A</h3>"),
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
            '<p><a class="button" href="http://localhost:8080/?a=1&amp;b=2">Log</a> '
            '<a class="button" href="#">Run</a> <a class="button" href="#">Ask</a></p>',
        ),
    ],
)
def test_blocks_are_rendered(payload: dict, rendered: str):
    """Each kind of block that the lessons use, and a note in the place of any other."""
    assert blocks(payload) == rendered


def text(characters: int, kind: str = "mrkdwn") -> dict:
    return {"type": kind, "text": "x" * characters}


def button(characters: int = 5, **facts: object) -> dict:
    return {"type": "button", "text": text(characters, "plain_text"), **facts}


@pytest.mark.parametrize(
    "block",
    [
        {"type": "header", "text": text(150, "plain_text")},
        {"type": "section", "text": text(3000)},
        {"type": "section", "fields": [text(2000)] * 10},
        {"type": "context", "elements": [text(3000)] * 9 + [{"type": "image", "alt_text": "x"}]},
        {"type": "actions", "elements": [button(75, url="https://x.example")] * 25},
        {"type": "divider"},
    ],
    ids=lambda block: block["type"],
)
def test_what_slack_takes_is_taken(block: dict):
    """Up to its limits."""
    check({"blocks": [block] * 50})


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"type": "header", "text": text(151, "plain_text")}, "1 to 150 characters, not 151"),
        ({"type": "header", "text": text(5)}, "plain_text, not mrkdwn"),
        ({"type": "header", "text": text(0, "plain_text")}, "1 to 150 characters, not 0"),
        ({"type": "section"}, "'text'"),
        ({"type": "section", "text": text(3001)}, "1 to 3000 characters"),
        ({"type": "section", "text": text(5, "html")}, "plain_text or mrkdwn, not html"),
        ({"type": "section", "fields": []}, "1 to 10 of them, not 0"),
        ({"type": "section", "fields": [text(5)] * 11}, "1 to 10 of them, not 11"),
        ({"type": "section", "fields": [text(2001)]}, "1 to 2000 characters"),
        ({"type": "context", "elements": []}, "1 to 10 of them, not 0"),
        ({"type": "actions", "elements": [button(76)]}, "1 to 75 characters"),
        ({"type": "actions", "elements": [button(url="x" * 3001)]}, "at most 3000 characters"),
        ({"text": text(5)}, "'type'"),
        ("divider", "string indices"),
    ],
)
def test_what_slack_refuses_is_refused(block: object, said: str):
    """The block is named, and what is wrong with it."""
    with pytest.raises(BlockError, match=r"^blocks\[1\]: ") as refusal:
        check({"blocks": [{"type": "divider"}, block]})
    assert said in str(refusal.value)


def test_too_many_blocks_are_refused():
    """A message holds fifty."""
    with pytest.raises(BlockError, match="at most 50"):
        check({"blocks": [{"type": "divider"}] * 51})


def test_a_link_without_an_end_is_text():
    """It does not reach over the next one: many of them would each be read to the end of all."""
    shown = mrkdwn("<https://a|x <https://b|y>" + "<https://a|" * 4000)

    assert shown.startswith('&lt;https://a|x <a href="https://b">y</a>&lt;https://a|')
    with pytest.raises(BlockError, match="text: has at most 40000"):
        check({"text": "x" * 40_001})
