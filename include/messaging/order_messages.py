"""An order as a message: how it is written, read, and mended where an old app wrote it wrongly."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from include.messaging.dead_letters import ORIGIN, dead_letter, origin
from include.retail.orders import Order
from include.retail.records import RecordError, written

if TYPE_CHECKING:
    from confluent_kafka import Message

EVERY_OLD = 25
"""Of so many orders one comes from an old version of the app, which writes `27,90 EUR`."""

EVERY_LOST = 60
"""Of so many orders one has lost its customer on the way."""

Sendable = dict[str, Any]
"""What a producer sends: `key`, `value` and `headers`."""


class MessageError(ValueError):
    """A message is not an order."""


class LostLetter(NamedTuple):
    """A letter that no program can mend: where it was first read, what is wrong, what it says."""

    origin: str
    reason: str
    value: str


def write(orders: Iterable[Order], **headers: str) -> Iterator[Sendable]:
    """Yield a message for each order, some of them spoiled as they are in real life.

    The key is the order's id: all messages of one order go to one partition, in their order.
    """
    for number, order in enumerate(orders, start=1):
        record: dict[str, Any] = {name: written(value) for name, value in order._asdict().items()}
        if number % EVERY_OLD == 0:
            record["amount"] = f"{order.amount} EUR".replace(".", ",")
        if number % EVERY_LOST == 0:
            record["customer_id"] = ""
        value = json.dumps(record).encode()
        texts = [(name, text.encode()) for name, text in headers.items()]
        yield {"key": str(order.order_id), "value": value, "headers": texts}


def read_all(messages: Sequence["Message"]) -> tuple[list[Order], list[Sendable]]:
    """Return the orders, and a dead letter for each message that is none."""
    orders, dead = [], []
    for message in messages:
        try:
            orders.append(read(message.value()))
        except MessageError as error:
            dead.append(dead_letter(message, error))
    return orders, dead


def mend_all(letters: Sequence["Message"]) -> tuple[list[Sendable], list[LostLetter]]:
    """Return the letters that could be mended, to be sent again, and those that could not."""
    mended, lost = [], []
    for letter in letters:
        place = origin(letter)
        try:
            value = mend(letter.value())
            headers = [(ORIGIN, place.encode())]
            mended.append({"key": letter.key(), "value": value, "headers": headers})
        except MessageError as error:
            said = (letter.value() or b"").decode(errors="replace")
            lost.append(LostLetter(place, str(error), said))
    return mended, lost


def read(value: bytes | None) -> Order:
    """Return the order of a message's value.

    Raises:
        MessageError: it is none; the message names the field and what stands there.
    """
    try:
        return Order.parse(_record(value))
    except RecordError as error:
        raise MessageError(str(error)) from error


def mend(value: bytes | None) -> bytes:
    """Return the value as the old version of the app should have written it.

    Raises:
        MessageError: it is still no order then.
    """
    record = _record(value)
    record["amount"] = str(record.get("amount", "")).removesuffix(" EUR").replace(",", ".")
    mended = json.dumps(record).encode()
    read(mended)
    return mended


def _record(value: bytes | None) -> dict[str, Any]:
    try:
        record = json.loads(value or b"")
    except ValueError as error:
        raise MessageError(f"The value is no JSON: {(value or b'')[:40]!r}.") from error
    if not isinstance(record, dict):
        raise MessageError(f"The value is no JSON object: {record!r}.")
    return record
