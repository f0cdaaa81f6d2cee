"""Sends messages and returns when the broker has them."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from confluent_kafka import Producer


class SendError(RuntimeError):
    """Messages did not reach their topic."""


def send(
    producer: "Producer", topic: str, messages: Iterable[Mapping[str, Any]], seconds: float = 30
) -> int:
    """Produce messages (`key`, `value`, `headers`); return how many the broker has confirmed.

    Raises:
        SendError: not all of them were confirmed within ``seconds``.
    """
    failures: list[str] = []
    sent = 0
    for message in messages:
        producer.produce(
            topic,
            **message,
            on_delivery=lambda error, _: failures.append(error.str()) if error else None,
        )
        producer.poll(0)
        sent += 1
    if waiting := producer.flush(seconds):
        failures.append(f"no answer for {waiting} of {sent} within {seconds:g} s")
    if failures:
        raise SendError(f"Topic '{topic}' did not take every message: {failures[0]}.")
    return sent
