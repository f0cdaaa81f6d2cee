"""`phase8_02_slack_notifications`: the messages, as the channels' webhooks received them."""

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.models.blocks import Block

from include.data import seeds
from tests.inbox import Inbox
from tests.lessons import Run, query

LESSON = "phase8_02_slack_notifications"


@pytest.fixture
def channel(run: Run, inbox: Inbox) -> Callable[[str], list[dict[str, Any]]]:
    """What stands in a channel, newest first; nothing was said before."""
    run(LESSON, conf={"units": 0})
    query("DELETE FROM marts.slack_posts RETURNING 1")
    inbox.clear()

    def read(name: str) -> list[dict[str, Any]]:
        return [one["content"] for one in inbox.newest("slack") if one["path"] == name]

    return read


def test_list_and_failure_reach_their_channels(run: Run, channel: Callable[..., Any]) -> None:
    """Both are valid blocks; the list names every product that has few units left."""
    result = run(LESSON)

    assert result.state == "success"
    assert result.states["check_stock"] == "failed"
    (listed,) = channel("#shop")
    (failure,) = channel("#sales-alerts")
    for message in (listed, failure):
        for block in Block.parse_all(message["blocks"]):
            block.validate_json()
    short = sorted((p.stock, p.name) for p in seeds.products() if p.stock <= 5)
    assert listed["blocks"][0]["text"]["text"] == f"{len(short)} products run out"
    assert all(name in str(listed["blocks"]) for _, name in short)
    button = listed["blocks"][-1]["elements"][0]
    assert button["url"].endswith(f"/dags/{LESSON}")
    assert failure["text"] == failure["blocks"][0]["text"]["text"] == "check_stock failed"
    assert result.run.run_id in str(failure["blocks"])
    assert "tasks/check_stock" in failure["blocks"][-1]["elements"][0]["url"]


def test_what_was_said_is_not_said_again(run: Run, channel: Callable[..., Any]) -> None:
    """A second run is skipped behind `is_news` and leaves both channels as they are."""
    run(LESSON)

    again = run(LESSON)

    assert again.state == "success"
    assert again.states["post_message"] == again.states["check_stock"] == "skipped"
    assert (len(channel("#shop")), len(channel("#sales-alerts"))) == (1, 1)


def test_news_is_said(run: Run, channel: Callable[..., Any]) -> None:
    """Another list is posted, and so is the first when it is true again."""
    for units in (5, 2, 5):
        assert run(LESSON, conf={"units": units}).states["post_message"] == "success"

    assert [len(one["blocks"][1]["fields"]) for one in channel("#shop")] == [10, 8, 10]


@pytest.mark.parametrize("units", [-1, 101, "few"])
def test_wrong_number_is_refused_by_name(
    run: Run, channel: Callable[..., Any], units: object
) -> None:
    """Nothing is posted."""
    with pytest.raises(ValueError, match="units"):
        run(LESSON, conf={"units": units})
    assert channel("#shop") == []
