"""Reads a topic to its end, and commits what was read only when it has been taken care of."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message

Handle = Callable[[list["Message"]], object]


class ConsumeError(RuntimeError):
    """The broker did not deliver."""


def drain(
    consumer: "Consumer",
    handle: Handle,
    batch: int = 500,
    quiet_seconds: float = 2,
    join_seconds: float = 60,
) -> int:
    """Hand every message to ``handle``, in batches; return how many there were.

    The offsets of a batch are committed after ``handle`` has returned: a crash in between delivers
    the batch once more, so ``handle`` has to give the same result for a message that comes again.
    The end is reached when nothing has come for ``quiet_seconds``; the mark of a partition's end
    is not asked, because other writers move it.

    Raises:
        ConsumeError: the group was not joined within ``join_seconds``, or a message is an error.
    """
    handled, began = 0, time.monotonic()
    quiet_since: float | None = None
    while quiet_since is None or time.monotonic() - quiet_since < quiet_seconds:
        messages = consumer.consume(batch, timeout=0.3)
        for message in messages:
            if (error := message.error()) is not None:
                raise ConsumeError(f"Topic '{message.topic()}' cannot be read: {error.str()}.")
        if messages:
            handle(messages)
            consumer.commit(asynchronous=False)
            handled += len(messages)
            quiet_since = time.monotonic()
        elif quiet_since is None and consumer.assignment():
            quiet_since = time.monotonic()
        elif quiet_since is None and time.monotonic() - began > join_seconds:
            raise ConsumeError(f"The consumer got no partition within {join_seconds:g} s.")
    return handled
