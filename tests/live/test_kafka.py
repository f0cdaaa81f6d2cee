"""Our Kafka code against the lab's broker, whichever it is."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from include.configuration.metadata import connections
from include.lab.settings import Lab
from include.messaging.drain import ConsumeError, drain
from include.messaging.sending import SendError, send
from include.messaging.topics import TopicError, start_anew
from plugins.operators.drain_topic import DrainTopicOperator
from tests.lessons import query
from tests.live.rest import Rest

TOPIC, GROUP = "test.numbers", "test.readers"


@pytest.fixture
def settings(lab: Lab) -> dict[str, Any]:
    """What the connection says of the broker."""
    return connections()["kafka_default"]["extra"]


@pytest.fixture
def admin(settings: dict[str, Any]) -> Any:
    from confluent_kafka.admin import AdminClient

    return AdminClient(settings)


@pytest.fixture
def producer(settings: dict[str, Any]) -> Any:
    from confluent_kafka import Producer

    return Producer(settings)


@pytest.fixture
def join(settings: dict[str, Any]) -> Callable[[], Any]:
    """Another consumer of the group."""
    from confluent_kafka import Consumer

    def new() -> Any:
        consumer = Consumer({**settings, "group.id": GROUP})
        consumer.subscribe([TOPIC])
        return consumer

    return new


def numbers(count: int) -> list[dict[str, Any]]:
    return [{"key": str(n), "value": str(n), "headers": {"n": str(n)}} for n in range(count)]


def test_what_was_sent_is_read_once_by_a_group(
    admin: Any, producer: Any, join: Callable[[], Any]
) -> None:
    """In batches, each committed; a second reader of the group has nothing left to read."""
    start_anew(admin, [TOPIC], [GROUP])
    assert send(producer, TOPIC, numbers(25)) == 25
    batches: list[list[int]] = []

    def handle(messages: list[Any]) -> None:
        batches.append([int(message.value()) for message in messages])

    for expected in (25, 0):
        consumer = join()
        assert drain(consumer, handle, batch=10) == expected
        consumer.close()
    assert sorted(n for batch in batches for n in batch) == list(range(25))
    assert max(map(len, batches)) <= 10


def test_a_batch_that_was_not_handled_comes_again(
    admin: Any, producer: Any, join: Callable[[], Any]
) -> None:
    """The crash of a consumer after its work and before its commit delivers the batch twice."""
    start_anew(admin, [TOPIC], [GROUP])
    send(producer, TOPIC, numbers(5))
    seen: list[str] = []

    def crash(messages: list[Any]) -> None:
        seen.extend(message.value().decode() for message in messages)
        raise MemoryError

    consumer = join()
    with pytest.raises(MemoryError):
        drain(consumer, crash)
    consumer.close()
    first, seen[:] = list(seen), []
    consumer = join()
    drain(consumer, lambda messages: seen.extend(m.value().decode() for m in messages))
    consumer.close()

    assert set(first) <= set(seen) == {"0", "1", "2", "3", "4"}


def test_starting_anew_forgets_messages_and_offsets(
    admin: Any, producer: Any, join: Callable[[], Any]
) -> None:
    """Fewer messages than before are read from their beginning, not from the old offset."""
    for count in (9, 4):
        start_anew(admin, [TOPIC], [GROUP])
        send(producer, TOPIC, numbers(count))
        consumer = join()
        assert drain(consumer, lambda messages: None) == count
        consumer.close()


def test_the_operator_reads_in_its_own_group(
    admin: Any, producer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tasks with other groups both get every message, over one connection."""
    facts = connections()["kafka_default"]
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", json.dumps(facts))
    start_anew(admin, [TOPIC], [GROUP, f"{GROUP}.other"])
    send(producer, TOPIC, numbers(3))

    for group in (GROUP, f"{GROUP}.other"):
        got: list[Any] = []
        task = DrainTopicOperator(task_id="read", topic=TOPIC, group=group, handle=got.extend)
        assert task.execute({}) == 3
        assert sorted(message.value() for message in got) == [b"0", b"1", b"2"]


def test_a_topic_that_is_not_there_is_an_error_with_its_name(
    admin: Any, join: Callable[[], Any]
) -> None:
    """A consumer that never gets a partition does not wait for ever."""
    start_anew(admin, [TOPIC], [GROUP])
    admin.delete_topics([TOPIC])[TOPIC].exception(10)
    consumer = join()
    with pytest.raises(ConsumeError, match=r"no partition|cannot be read"):
        drain(consumer, lambda messages: None, join_seconds=8)
    consumer.close()


def test_nobody_there_is_told_within_the_time_given(lab: Lab) -> None:
    """Sending and creating both say what did not happen."""
    from confluent_kafka import Producer
    from confluent_kafka.admin import AdminClient

    nobody = {"bootstrap.servers": f"127.0.0.1:{lab.port_base + 39}", "log_level": 0}
    with pytest.raises(SendError, match=f"Topic '{TOPIC}' did not take every message"):
        send(Producer(nobody), TOPIC, numbers(1), seconds=1)
    admin = AdminClient({**nobody, "socket.timeout.ms": 500, "request.timeout.ms": 500})
    with pytest.raises(TopicError, match="Kafka has not done what it was asked"):
        start_anew(admin, [TOPIC], [GROUP], seconds=0.5)


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("rounds")
def test_a_consumer_killed_before_its_commit_loses_and_doubles_nothing(rest: Rest) -> None:
    """9.04: after the write the process is killed; its second try gets the same messages again."""
    lesson = "phase9_04_message_queues"
    rows = "SELECT * FROM marts.streamed_orders ORDER BY 1"
    before = query(rows), query("SELECT reason, value FROM marts.order_dead_letters ORDER BY 2")

    run_id = rest.trigger(lesson, conf={"crash": True})

    assert rest.wait(lesson, run_id, 240) == "success"
    tries = {ti["task_id"]: ti["try_number"] for ti in rest.tasks(lesson, run_id)}
    assert tries["store_orders"] == 2
    after = query(rows), query("SELECT reason, value FROM marts.order_dead_letters ORDER BY 2")
    assert after == before
    (stored,), (dead,) = (
        query("SELECT count(*) FROM marts.streamed_orders"),
        query("SELECT count(*) FROM marts.order_dead_letters"),
    )
    assert stored[0] + dead[0] == 300
