"""Signals: small messages that start a Dag. Airflow's triggerer reads them."""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from confluent_kafka import Message

TOPIC = "shop.signals"


def write(signal: str) -> dict[str, Any]:
    """Return the message that says a signal, as a producer sends it."""
    return {"key": signal, "value": json.dumps({"signal": signal}).encode()}


def read(message: "Message") -> dict[str, Any] | None:
    """Return what a message says, for the Asset event's `extra`; None if it is no signal."""
    try:
        said = json.loads(message.value() or b"")
    except ValueError:
        return None
    return said if isinstance(said, dict) and isinstance(said.get("signal"), str) else None
