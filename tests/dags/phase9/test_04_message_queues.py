"""`phase9_04_message_queues`: produced = stored + dead, and nothing is there twice."""

import json
from typing import Any

import pytest

from include.data import seeds
from include.messaging.dead_letters import header
from include.messaging.order_messages import EVERY_LOST, EVERY_OLD
from include.retail.orders import Order, newest_orders
from tests.lessons import Result, Run, messages, query

LESSON = "phase9_04_message_queues"


def stored() -> tuple[list[Order], list[tuple[Any, ...]]]:
    orders = query("SELECT * FROM marts.streamed_orders ORDER BY order_id")
    dead = query("SELECT origin, reason, value FROM marts.order_dead_letters ORDER BY value")
    return [Order._make(row) for row in orders], dead


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The lesson, run untouched."""
    return run(LESSON)


def test_every_order_is_stored_or_dead(result: Result) -> None:
    """What an old app wrote is mended and stored; a lost customer stays dead, with its reason."""
    wanted = newest_orders(seeds.orders())[:300]
    lost = [n for n in range(1, 301) if n % EVERY_LOST == 0]

    assert result.state == "success"
    counted = {"produced": 300, "stored": 300 - len(lost), "dead": len(lost)}
    assert result.returned("count") == counted
    orders, dead = stored()
    assert orders == [order for n, order in enumerate(wanted, start=1) if n not in lost]
    assert sorted(json.loads(value)["order_id"] for _, _, value in dead) == sorted(
        str(wanted[n - 1].order_id) for n in lost
    )
    assert {"customer_id" in reason for _, reason, _ in dead} == {True}


def test_the_topics_hold_what_was_sent(result: Result) -> None:
    """300 orders under their keys, one order in one partition; each dead letter has its reason."""
    sent, dead = messages("shop.orders"), messages("shop.orders.dead")

    first = [message for message in sent if header(message, "origin") is None]
    again = [message for message in sent if header(message, "origin") is not None]
    spoiled = {n for n in range(1, 301) if n % EVERY_OLD == 0 or n % EVERY_LOST == 0}
    assert len(first) == 300
    assert {header(message, "run_id") for message in first} == {result.run.run_id}
    places = {(message.key(), message.partition()) for message in sent}
    assert len(places) == 300, "all messages of one order are in one partition"
    assert len({header(letter, "origin") for letter in dead}) == len(dead) == len(spoiled)
    assert all(header(letter, "error") for letter in dead)
    assert {header(message, "origin") for message in again} < {
        header(letter, "origin") for letter in dead
    }
