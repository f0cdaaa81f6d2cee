"""A topic of a message queue: it is there, and each of its partitions has a leader."""

from typing import TYPE_CHECKING

from include.health.check import UnhealthyError
from include.messaging import topics

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

SECONDS = 5
"""How long the cluster may take to answer."""


def probe(admin: "AdminClient", topic: str) -> None:
    """Ask the cluster what it knows of the topic.

    Raises:
        UnhealthyError: the topic is missing, a partition has no leader, or nobody answers.
    """
    from confluent_kafka import KafkaException

    try:
        # Asked for by its name, some brokers would make it.
        known = admin.list_topics(timeout=SECONDS).topics
    except KafkaException as error:
        raise UnhealthyError(f"the queue does not answer: {error.args[0].str()}") from error
    if topic not in known:
        raise UnhealthyError(f"topic {topic} is missing")
    if leaderless := [n for n, found in known[topic].partitions.items() if found.leader < 0]:
        raise UnhealthyError(f"topic {topic}: partitions {leaderless} have no leader")


def repair(admin: "AdminClient", topic: str) -> str:
    """Make the topic if it is missing.

    Raises:
        UnhealthyError: the cluster does not let us.
    """
    try:
        topics.make(admin, topic, SECONDS)
    except topics.TopicError as error:
        raise UnhealthyError(str(error)) from error
    return "made it anew"
