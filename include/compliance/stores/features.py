"""The online store of features: every key of the Redis database is searched."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from include.compliance.members import Member

if TYPE_CHECKING:
    from redis import Redis

PREFIX = "features:members:"


class Features:
    """What models read about a member, as a hash under the member's id."""

    def __init__(self, client: "Redis") -> None:
        """Work with this client."""
        self.client = client

    def sign_up(self, members: Iterable[Member]) -> None:
        """Keep the features of these members."""
        for member in members:
            domain = member.email.partition("@")[2]
            features = {"spent": member.spent, "mail_domain": domain}
            self.client.hset(f"{PREFIX}{member.member_id}", mapping=features)

    def find(self, member: Member) -> list[str]:
        """Return each key that names the person itself or in its value."""
        return sorted(
            member.hidden_in(key.decode(errors="replace"))
            for key in self.client.scan_iter(count=500)
            if member.is_in(key) or member.is_in(self._value(key))
        )

    def erase(self, member: Member) -> None:
        """Delete the member's features."""
        self.client.delete(f"{PREFIX}{member.member_id}")

    def _value(self, key: bytes) -> str:
        """What is stored under a key, whatever its type."""
        # Its type hints know neither keys as bytes nor that this client waits for its answers.
        client: Any = self.client
        readers: dict[bytes, Callable[[bytes], object]] = {
            b"string": client.get,
            b"hash": client.hgetall,
            b"list": lambda name: client.lrange(name, 0, -1),
            b"set": client.smembers,
            b"zset": lambda name: client.zrange(name, 0, -1),
            b"stream": client.xrange,
            # It has expired meanwhile.
            b"none": lambda name: b"",
        }
        return str(readers[client.type(key)](key))
