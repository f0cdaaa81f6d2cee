"""Messages are kept in a file, in their order, until somebody forgets them."""

import threading
from pathlib import Path

import pytest

from include.inbox.messages import Messages


@pytest.fixture
def messages(tmp_path: Path):
    kept = Messages(tmp_path / "inbox.sqlite")
    yield kept
    kept.close()


def test_the_newest_come_first(messages: Messages):
    """Each message keeps its kind, its address and its content."""
    messages.keep("slack", "#incidents", {"text": "one"})
    messages.keep("mail", "a@shop.example", {"subject": "two"})

    newest, oldest = messages.newest()

    assert (newest.kind, newest.path, newest.content) == (
        *("mail", "a@shop.example"),
        {"subject": "two"},
    )
    assert oldest.content == {"text": "one"}
    assert newest.received_at >= oldest.received_at


def test_one_kind_can_be_asked_for(messages: Messages):
    """With a limit on how many."""
    for number in range(3):
        messages.keep("pager", "on-call", {"number": number})
        messages.keep("slack", "#a", {"text": "x"})

    assert [one.content["number"] for one in messages.newest("pager", 2)] == [2, 1]


def test_one_lesson_can_be_asked_for(messages: Messages):
    """By its Dag or by a helper of it; the lessons that have messages are known, in order."""
    for lesson in ("phase10_03_data_profiling", "phase8_03_alert_routing"):
        messages.keep("slack", "#a", {"text": f"<http://x/dags/{lesson}/runs/1|a run> failed"})
        messages.keep("mail", "a@shop.example", {"subject": f"{lesson} failed"})
    messages.keep("slack", "#a", {"text": "from nowhere"})

    found = messages.newest(dag_id="phase8_03_alert_routing")

    assert [(one.kind, one.dag_id) for one in found] == [
        ("mail", "phase8_03_alert_routing"),
        ("slack", "phase8_03_alert_routing"),
    ]
    assert messages.newest(dag_id="phase8_03_alert_routing__helper") == found
    assert messages.newest("mail", dag_id="phase8_03_alert_routing") == found[:1]
    assert messages.newest(dag_id="phase8_03") == []
    assert messages.newest()[0].dag_id is None
    assert messages.lessons() == ["phase8_03_alert_routing", "phase10_03_data_profiling"]


def test_a_message_can_be_asked_for_by_its_number(messages: Messages):
    """As its attachments are."""
    messages.keep("pager", "on-call", {"number": 1})
    (kept,) = messages.newest()

    assert messages.one(kept.id) == kept
    assert messages.one(kept.id + 1) is None


def test_messages_outlive_the_process(tmp_path: Path):
    """A restart of the inbox shows what came before."""
    first = Messages(tmp_path / "inbox.sqlite")
    first.keep("slack", "#a", {"text": "x"})
    first.close()

    again = Messages(tmp_path / "inbox.sqlite")

    assert len(again.newest()) == 1
    again.close()


def test_forgotten_messages_leave_no_number_behind(messages: Messages):
    """After forgetting, a new message has a number that none had before."""
    messages.keep("slack", "#a", {"text": "x"})
    (before,) = messages.newest()
    messages.clear()
    assert messages.newest() == []
    messages.keep("slack", "#a", {"text": "y"})
    assert messages.newest()[0].id > before.id


def test_senders_side_by_side_lose_nothing(messages: Messages):
    """Mail and HTTP arrive in different threads."""

    def send(sender: int) -> None:
        for number in range(25):
            messages.keep("pager", str(sender), {"number": number})

    senders = [threading.Thread(target=send, args=[sender]) for sender in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert len(messages.newest(limit=1000)) == 100
