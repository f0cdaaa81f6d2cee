"""The record of received calls, which lets a test count what really arrived."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, Field

from include.shop_api.paths import is_at_or_below

KEPT = 10_000


class HeadersOfInterest(BaseModel):
    """What a call's headers tell about its origin; the token itself is not kept."""

    x_correlation_id: str | None = Field(serialization_alias="x-correlation-id")
    traceparent: str | None
    authorization: bool = Field(description="Whether there was one.")

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "HeadersOfInterest":
        """Pick them out of a request's headers."""
        return cls(
            x_correlation_id=headers.get("x-correlation-id"),
            traceparent=headers.get("traceparent"),
            authorization="authorization" in headers,
        )


class Call(BaseModel):
    """One received call."""

    at: datetime = Field(description="When it arrived, in UTC.")
    monotonic: float = Field(description="The same in seconds, good for differences.")
    method: str
    path: str
    query: dict[str, str]
    client: str | None = Field(description="Whose good token it bore.")
    headers: HeadersOfInterest
    status: int | None = Field(default=None, description="`null` while it is being answered.")


class Received:
    """The newest calls, oldest first."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=KEPT)

    def add(self, call: Call) -> None:
        """Record a call; its status may be filled in later."""
        self._calls.append(call)

    def calls(self, path: str = "/") -> list[Call]:
        """Return the calls to `path` and below it."""
        return [call for call in self._calls if is_at_or_below(call.path, path)]

    def clear(self) -> None:
        """Forget all calls."""
        self._calls.clear()
