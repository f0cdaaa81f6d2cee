"""Block Kit's blocks, judged by Slack's own library and by the inbox."""

import pytest
from slack_sdk.models.blocks import Block as SlackBlock

from include.inbox import block_kit
from include.notifications.slack import (
    Block,
    buttons,
    context,
    divider,
    escape,
    fingerprint,
    header,
    section,
)

LONG = "x" * 4000


@pytest.mark.parametrize(
    "block",
    [
        header(LONG),
        header("two\nlines"),
        section(LONG, {LONG: LONG, **{str(number): number for number in range(20)}}),
        section("*bold*"),
        context(LONG),
        divider(),
        buttons({LONG: "https://shop.example", "b": "https://shop.example/b"}),
    ],
    ids=lambda block: block["type"],
)
def test_whatever_is_said_slack_takes_it(block: Block):
    """Too long a text is cut, too many fields are left out."""
    (parsed,) = SlackBlock.parse_all([block])
    parsed.validate_json()
    assert parsed.to_dict() | block == parsed.to_dict()
    block_kit.check({"blocks": [block]})


def test_values_cannot_call_anybody():
    """What comes from outside is text; a link or a mention in it is shown, not followed."""
    assert escape("<!channel> & <https://x|y>") == "&lt;!channel&gt; &amp; &lt;https://x|y&gt;"
    assert section("x", {"<!here>": "<@U1>"})["fields"] == [
        {"type": "mrkdwn", "text": "*&lt;!here&gt;*\n&lt;@U1&gt;"}
    ]


def test_equal_messages_have_one_fingerprint():
    """And another text has another."""
    assert fingerprint([header("a")]) == fingerprint([header("a")])
    assert fingerprint([header("a")]) != fingerprint([header("b")])
