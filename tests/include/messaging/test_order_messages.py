"""Orders as messages: written, read, mended, or given up with a reason."""

import json

import pytest

from include.data import seeds
from include.messaging.order_messages import (
    EVERY_LOST,
    EVERY_OLD,
    MessageError,
    mend,
    mend_all,
    read,
    read_all,
    write,
)
from include.retail.orders import newest_orders
from tests.include.messaging.messages import Received

ORDERS = newest_orders(seeds.orders())[:300]


def values() -> list[bytes]:
    return [message["value"] for message in write(ORDERS)]


def test_an_order_is_read_as_it_was_written():
    """Every field comes back, with its type."""
    assert read(values()[0]) == ORDERS[0]


def test_the_key_is_the_order_and_the_headers_are_passed_on():
    """A partitioner sees the key, everybody the headers."""
    (message,) = write(ORDERS[:1], run_id="manual__1")
    assert message["key"] == str(ORDERS[0].order_id)
    assert message["headers"] == [("run_id", b"manual__1")]


def test_some_messages_are_spoiled_always_the_same():
    """Which ones depends on their number alone."""
    messages = [Received(value, at=at) for at, value in enumerate(values(), start=1)]
    orders, dead = read_all(messages)

    spoiled = {n for n in range(1, 301) if n % EVERY_OLD == 0 or n % EVERY_LOST == 0}
    assert len(orders) == 300 - len(spoiled)
    assert {dict(letter["headers"])["origin"].decode() for letter in dead} == {
        f"shop.orders/2/{n}" for n in spoiled
    }


def test_an_old_apps_amount_is_mended_and_a_lost_customer_is_not():
    """What is mended is sent again with its origin; what is not keeps its reason and its text."""
    old, lost = Received(values()[EVERY_OLD - 1]), Received(values()[EVERY_LOST - 1], at=8)

    ((mended,), (given_up,)) = mend_all([old, lost])

    assert read(mended["value"]) == ORDERS[EVERY_OLD - 1]
    assert mended["headers"] == [("origin", b"shop.orders/2/7")]
    assert given_up.origin == "shop.orders/2/8"
    assert "customer_id" in given_up.reason
    assert json.loads(given_up.value)["order_id"] == str(ORDERS[EVERY_LOST - 1].order_id)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no JSON"),
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[1]", "no JSON object"),
        (b"{}", "order_id"),
    ],
)
def test_what_is_no_order_is_refused(value: bytes | None, reason: str):
    """The message says what is wrong; mending does not help either."""
    for attempt in (read, mend):
        with pytest.raises(MessageError, match=reason):
            attempt(value)


def test_a_letter_that_is_no_text_is_kept_readable():
    """Bytes that are no text do not stop the others from being kept."""
    (_, (lost,)) = mend_all([Received(b"\xff{")])
    assert lost.value.endswith("{")
