"""Letters that could not be read: kept whole, with the reason and where they came from."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from confluent_kafka import Message

ORIGIN, ERROR = "origin", "error"


def dead_letter(message: "Message", error: Exception) -> dict[str, Any]:
    """Return what a producer sends to the dead letter topic: key and value are as they came.

    Header `origin` is the letter's identity; a letter that is sent twice, after a crash, has the
    same one.
    """
    kept = [header for header in message.headers() or () if header[0] not in {ORIGIN, ERROR}]
    return {
        "key": message.key(),
        "value": message.value(),
        "headers": [*kept, (ORIGIN, origin(message).encode()), (ERROR, str(error).encode())],
    }


def origin(message: "Message") -> str:
    """Where the message was first read: `topic/partition/offset`."""
    here = f"{message.topic()}/{message.partition()}/{message.offset()}"
    return header(message, ORIGIN) or here


def header(message: "Message", name: str) -> str | None:
    """The text of a header; None if there is none."""
    for key, value in reversed(message.headers() or []):
        if key == name and value is not None:
            return value.decode() if isinstance(value, bytes) else value
    return None
