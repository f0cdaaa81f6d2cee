"""A topic, from which nothing can be deleted: each person's messages have a key to throw away."""

import json
import uuid
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from include.compliance.members import Member
from include.compliance.stores.warehouse import KEYS
from include.messaging import topics
from include.messaging.sending import send

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message, Producer
    from confluent_kafka.admin import AdminClient
    from psycopg import Connection

TOPIC = "shop.members"
SECONDS = 20
"""How long the broker may take to answer."""

QUIET_SECONDS = 1
"""How long nothing must come behind what the broker calls the end."""


class ReadError(RuntimeError):
    """The topic could not be read to its end, so nobody knows who is in it."""


class Topic:
    """Messages about members, each encrypted with the key of its person (crypto-shredding).

    A message names no person: its own key is the id of the key, which the warehouse keeps.
    """

    def __init__(
        self,
        admin: "AdminClient",
        producer: "Producer",
        consumer: "Consumer",
        connection: "Connection[Any]",
    ) -> None:
        """Work with these clients of Kafka, and with the warehouse for the keys."""
        self.admin, self.producer, self.consumer = admin, producer, consumer
        self.connection = connection

    def sign_up(self, members: Iterable[Member]) -> None:
        """Let the topic hold one message for each of these members."""
        from cryptography.fernet import Fernet

        topics.start_anew(self.admin, [TOPIC], [])
        messages = []
        with self.connection.transaction():
            for member in members:
                self.connection.execute(
                    f"INSERT INTO {KEYS} VALUES (%s, %s, %s) ON CONFLICT (member_id) DO NOTHING",
                    (member.member_id, uuid.uuid4().hex, Fernet.generate_key().decode()),
                )
                key_id, key = self._keys()[member.member_id]
                sealed = Fernet(key).encrypt(json.dumps(member._asdict()).encode())
                messages.append({"key": key_id, "value": sealed})
        send(self.producer, TOPIC, messages)

    def find(self, member: Member) -> list[str]:
        """Return each message that names the person, as it is or once it is decrypted.

        Raises:
            ReadError: not every message could be read.
        """
        from cryptography.fernet import Fernet

        keys = dict(self._keys().values())
        found = []
        for message in self._messages():
            name, value = (message.key() or b"").decode(), message.value() or b""
            readable = Fernet(keys[name]).decrypt(value) if name in keys else value
            if member.is_in(readable):
                found.append(f"{TOPIC}[{message.partition()}]@{message.offset()}")
        return sorted(found)

    def erase(self, member: Member) -> None:
        """Throw away the person's key: nobody can read these messages any more."""
        with self.connection.transaction():
            delete = f"DELETE FROM {KEYS} WHERE member_id = %s"
            self.connection.execute(delete, (member.member_id,))

    def _keys(self) -> dict[int, tuple[str, str]]:
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.execute(f"SELECT member_id, key_id, key FROM {KEYS}")
            return {member_id: (key_id, key) for member_id, key_id, key in cursor}

    def _messages(self) -> Iterator["Message"]:
        """Read every partition from its beginning to where it ends now."""
        from confluent_kafka import TopicPartition

        partitions = self.admin.list_topics(TOPIC, timeout=SECONDS).topics[TOPIC].partitions
        places, unread = [], dict[int, int]()
        for number in partitions:
            place = TopicPartition(TOPIC, number)
            first, end = self.consumer.get_watermark_offsets(place, timeout=SECONDS)
            places.append(TopicPartition(TOPIC, number, first))
            if first < end:
                unread[number] = end
        self.consumer.assign(places)
        # The end of some brokers is that of the first message of the last batch.
        while message := self.consumer.poll(SECONDS if unread else QUIET_SECONDS):
            if error := message.error():
                raise ReadError(f"{TOPIC}[{message.partition()}] cannot be read: {error.str()}.")
            number, offset = message.partition() or 0, message.offset() or 0
            if offset + 1 >= unread.get(number, 0):
                unread.pop(number, None)
            yield message
        if unread:
            raise ReadError(f"{TOPIC} could not be read up to these ends of partitions: {unread}.")
