"""What the pager's events amount to: which incidents are open, and which has somebody taken.

An incident is named by the routing key that it went to and its deduplication key. As in PagerDuty,
a further trigger of an open incident changes nothing, not even whether it is acknowledged.
"""

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

Status = Literal["triggered", "acknowledged", "resolved"]

_AFTER: dict[str, Status] = {"acknowledge": "acknowledged", "resolve": "resolved"}


class Incident(NamedTuple):
    """One incident: `incident_key` is the deduplication key of its events."""

    routing_key: str
    incident_key: str
    title: str
    status: Status


def incidents(events: Iterable[dict[str, Any]]) -> list[Incident]:
    """The incidents that these events, oldest first, have made; oldest first.

    An event that acknowledges or resolves what was never triggered, or is resolved, is ignored.
    """
    found: dict[tuple[str, str], Incident] = {}
    for event in events:
        key = (event["routing_key"], event.get("dedup_key", ""))
        known = found.get(key)
        is_open = known is not None and known.status != "resolved"
        if event["event_action"] == "trigger" and not is_open:
            found[key] = Incident(*key, str(event["payload"]["summary"]), "triggered")
        elif known and is_open and (status := _AFTER.get(event["event_action"])):
            found[key] = known._replace(status=status)
    return list(found.values())
