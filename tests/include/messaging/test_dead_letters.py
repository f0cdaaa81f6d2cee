"""A dead letter is the whole message, with its reason and its identity."""

from include.messaging.dead_letters import dead_letter, header, origin
from tests.include.messaging.messages import Received


def test_a_dead_letter_keeps_everything_and_says_why():
    """Key, value and headers as they came; origin and error beside them."""
    letter = dead_letter(Received(b"x", [("run_id", b"r1")]), ValueError("no JSON"))

    assert (letter["key"], letter["value"]) == (b"10007", b"x")
    assert letter["headers"] == [
        ("run_id", b"r1"),
        ("origin", b"shop.orders/2/7"),
        ("error", b"no JSON"),
    ]


def test_a_letter_that_dies_again_keeps_its_first_place():
    """Its identity is where it was first read, and only the last reason counts."""
    again = Received(b"x", [("origin", b"shop.orders/0/1"), ("error", b"old")])

    assert origin(again) == "shop.orders/0/1"
    assert dead_letter(again, ValueError("new"))["headers"] == [
        ("origin", b"shop.orders/0/1"),
        ("error", b"new"),
    ]


def test_a_header_may_be_missing_or_empty():
    """Kafka allows a header without a value."""
    assert header(Received(), "run_id") is None
    assert header(Received(header_list=[("run_id", None)]), "run_id") is None
