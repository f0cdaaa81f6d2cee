"""What becomes of pages: taken, over, or still waiting for somebody."""

import pytest

from include.inbox.incidents import incidents


def event(action: str, key: str = "orders", to: str = "on-call") -> dict:
    facts = {"payload": {"summary": f"{key} are late"}} if action == "trigger" else {}
    return {"routing_key": to, "event_action": action, "dedup_key": key, **facts}


@pytest.mark.parametrize(
    ("actions", "status"),
    [
        (["trigger"], "triggered"),
        (["trigger", "acknowledge"], "acknowledged"),
        (["trigger", "acknowledge", "trigger"], "acknowledged"),
        (["trigger", "resolve"], "resolved"),
        (["trigger", "resolve", "acknowledge"], "resolved"),
        (["trigger", "resolve", "trigger"], "triggered"),
        (["acknowledge", "trigger"], "triggered"),
    ],
)
def test_the_last_event_that_counts_decides(actions: list[str], status: str):
    """A repeated trigger does not wake those who have taken it; a new one after the end does."""
    (incident,) = incidents(map(event, actions))
    assert incident.status == status


def test_what_was_never_triggered_is_no_incident():
    """An answer to nothing is nothing."""
    assert incidents([event("resolve"), event("shout")]) == []


def test_each_receiver_has_incidents_of_its_own():
    """Taken by one, the same key is still open for the other."""
    events = [event("trigger"), event("trigger", to="lead"), event("acknowledge", to="lead")]

    found = incidents(events)

    assert [(one.routing_key, one.status) for one in found] == [
        ("on-call", "triggered"),
        ("lead", "acknowledged"),
    ]
    assert found[0].title == "orders are late"
