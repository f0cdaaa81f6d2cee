"""A message as a consumer gives it, made up for a test."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Received:
    """What the tests need of `confluent_kafka.Message`, which cannot be made by hand."""

    body: bytes | None = b"{}"
    header_list: list[tuple[str, bytes | None]] = field(default_factory=list)
    at: int = 7
    failure: Any = None

    def value(self) -> bytes | None:
        return self.body

    def key(self) -> bytes:
        return b"10007"

    def headers(self) -> list[tuple[str, bytes | None]] | None:
        return self.header_list or None

    def topic(self) -> str:
        return "shop.orders"

    def partition(self) -> int:
        return 2

    def offset(self) -> int:
        return self.at

    def error(self) -> Any:
        return self.failure
