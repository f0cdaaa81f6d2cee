"""Emoji are shown where Slack shows them, and every name that we use is known."""

import ast
import re

import pytest

from include.inbox.emoji import EMOJI, shown
from tests.rooms.sources import ROOT, sources

NAME = re.compile(r"(?<![\w:/]):([a-z][a-z0-9_+-]*):(?![\w:/])")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (":alarm_clock: late", "⏰ late"),
        ("(:fire:):tada:", "(🔥)🎉"),
        (":no_such_emoji: 12:30:45 a:x", ":no_such_emoji: 12:30:45 a:x"),
        ("`:fire:` and ```:x:\n:x:``` :x:", "`:fire:` and ```:x:\n:x:``` ❌"),
    ],
)
def test_names_become_emoji(text: str, seen: str):
    """But not in code, and not what is no emoji's name."""
    assert shown(text) == seen


def test_every_name_that_is_sent_is_known():
    """In the texts of the code and in the files of facts; one at least is used."""
    texts = [
        node.value
        for source in sources("dags", "plugins", "include")
        for node in source.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    files = [*(ROOT / "configs").glob("*.toml"), *(ROOT / "configs").glob("*.yaml")]
    files += [*(ROOT / "dags").rglob("*.yaml"), *(ROOT / "include/notifications").rglob("*.*")]
    texts += [file.read_text(encoding="utf-8") for file in files if file.suffix != ".pyc"]
    used = {name for text in texts for name in NAME.findall(text)}

    assert "alarm_clock" in used
    assert used <= EMOJI.keys()
