"""Topics that start empty, and groups that start at their beginning."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

PARTITIONS = 3
ANSWER_SECONDS = 5
"""How long one question may take; the client itself would wait for a minute."""

SECONDS = 20
"""How long the cluster may take to delete a topic and to forget a consumer that was lost."""


class TopicError(RuntimeError):
    """The cluster did not do in time what it was asked."""


def start_anew(
    admin: "AdminClient", topics: Sequence[str], groups: Sequence[str], seconds: float = SECONDS
) -> None:
    """Create the topics empty, with three partitions each, and forget how far the groups had read.

    Raises:
        TopicError: it has not succeeded after ``seconds``; what the cluster said is told.
    """
    from confluent_kafka import KafkaError
    from confluent_kafka.cimpl import NewTopic

    end = time.monotonic() + seconds
    unknown_group, unknown_topic = KafkaError.GROUP_ID_NOT_FOUND, KafkaError.UNKNOWN_TOPIC_OR_PART
    soon = {"request_timeout": ANSWER_SECONDS}
    if groups:
        _insist(partial(admin.delete_consumer_groups, [*groups], **soon), end, fine=unknown_group)
    _insist(partial(admin.delete_topics, [*topics], **soon), end, fine=unknown_topic)
    for topic in topics:
        new = NewTopic(topic, PARTITIONS, 1)
        # One that is still being deleted counts as existing: the cluster refuses until it is gone.
        _insist(partial(admin.create_topics, [new], **soon), end)


def make(admin: "AdminClient", topic: str, seconds: float = SECONDS) -> None:
    """Create the topic, with three partitions, if it is not there.

    Raises:
        TopicError: it has not succeeded after ``seconds``; what the cluster said is told.
    """
    from confluent_kafka import KafkaError
    from confluent_kafka.cimpl import NewTopic

    ask = partial(
        admin.create_topics, [NewTopic(topic, PARTITIONS, 1)], request_timeout=ANSWER_SECONDS
    )
    _insist(ask, time.monotonic() + seconds, fine=KafkaError.TOPIC_ALREADY_EXISTS)


def remove(admin: "AdminClient", topic: str, seconds: float = SECONDS) -> None:
    """Delete the topic, if it is there, and return when the cluster does not list it any more.

    Raises:
        TopicError: it has not succeeded after ``seconds``; what the cluster said is told.
    """
    from confluent_kafka import KafkaError

    end = time.monotonic() + seconds
    ask = partial(admin.delete_topics, [topic], request_timeout=ANSWER_SECONDS)
    _insist(ask, end, fine=KafkaError.UNKNOWN_TOPIC_OR_PART)
    while topic in admin.list_topics(timeout=ANSWER_SECONDS).topics:
        if time.monotonic() > end:
            raise TopicError(f"Topic '{topic}' is still listed {seconds:g} s after its deletion.")
        time.sleep(0.2)


def _insist(
    ask: Callable[[], dict[str, "Future[None]"]], end: float, fine: int | None = None
) -> None:
    """Ask until every answer is good, or is the error that is as good."""
    while refusals := [refusal for answer in ask().values() if (refusal := _refusal(answer, fine))]:
        if time.monotonic() > end:
            raise TopicError(f"Kafka has not done what it was asked: {'; '.join(refusals)}.")
        time.sleep(0.2)


def _refusal(answer: "Future[None]", fine: int | None) -> str:
    """What the cluster says against it; empty if it has done it."""
    from confluent_kafka import KafkaException

    try:
        answer.result()
    except KafkaException as error:
        return "" if error.args[0].code() == fine else str(error.args[0].str())
    return ""
