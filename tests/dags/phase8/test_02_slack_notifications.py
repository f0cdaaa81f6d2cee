"""`phase8_02_slack_notifications`: the messages, as the channels' webhooks received them."""

from typing import Any

import pytest
from slack_sdk.models.blocks import Block

from include.data import seeds
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from tests.inbox import Inbox
from tests.lessons import Result, Run

LESSON = "phase8_02_slack_notifications"


def channel(lab: Lab, name: str) -> list[dict[str, Any]]:
    """What stands in a channel, newest first."""
    return [one["content"] for one in Inbox(lab).newest("slack") if one["path"] == name]


@pytest.fixture(scope="module")
def first(run: Run, lab: Lab) -> Result:
    """The lesson, run where nothing was said before."""
    with open_warehouse() as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS marts.slack_posts")
    connection.close()
    Inbox(lab).clear()
    return run(LESSON)


def test_list_and_failure_reach_their_channels(first: Result, lab: Lab) -> None:
    """Both are valid blocks; the list names every product that has few units left."""
    assert first.state == "success"
    assert first.states["check_stock"] == "failed"
    (listed,) = channel(lab, "#shop")
    (failure,) = channel(lab, "#sales-alerts")
    for message in (listed, failure):
        for block in Block.parse_all(message["blocks"]):
            block.validate_json()
    short = sorted((p.stock, p.name) for p in seeds.products() if p.stock <= 5)
    assert listed["blocks"][0]["text"]["text"] == f"{len(short)} products run out"
    assert all(name in str(listed["blocks"]) for _, name in short)
    button = listed["blocks"][-1]["elements"][0]
    assert button["url"].endswith(f"/dags/{LESSON}")
    assert failure["text"] == failure["blocks"][0]["text"]["text"] == "check_stock failed"
    assert first.run.run_id in str(failure["blocks"])
    assert "tasks/check_stock" in failure["blocks"][-1]["elements"][0]["url"]


@pytest.mark.usefixtures("known_connections")
def test_only_news_is_said(first: Result, run: Run, bag: Any, lab: Lab) -> None:
    """The same list is skipped behind `is_news`; another is posted, and the first is news again."""
    fingerprint = first.returned("draw_up_message")["fingerprint"]

    again = run(LESSON)

    assert again.state == "success"
    assert again.states["post_message"] == again.states["check_stock"] == "skipped"
    assert (len(channel(lab, "#shop")), len(channel(lab, "#sales-alerts"))) == (1, 1)

    other = run(LESSON, conf={"units": 2})

    assert other.states["post_message"] == "success"
    assert [len(one["blocks"][1]["fields"]) for one in channel(lab, "#shop")] == [8, 10]
    is_news = bag.dags[LESSON].get_task("is_news").python_callable
    assert is_news(fingerprint)
    assert not is_news(other.returned("draw_up_message")["fingerprint"])
