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
    faulted: bool = Field(default=False, description="Whether a fault failed or delayed it.")


class Received:
    """The newest calls, oldest first."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=KEPT)

    def add(self, call: Call) -> None:
        """Record a call; its status may be filled in later."""
        self._calls.append(call)

    def calls(self, path: str = "/", correlation_id: str | None = None) -> list[Call]:
        """Return the calls to `path` and below it, of all callers or of one correlation id."""
        return [
            call
            for call in self._calls
            if is_at_or_below(call.path, path) and self._is_of(call, correlation_id)
        ]

    def clear(self, correlation_id: str | None = None) -> None:
        """Forget all calls, or only those that bore one correlation id."""
        kept = [call for call in self._calls if not self._is_of(call, correlation_id)]
        self._calls.clear()
        self._calls.extend(kept)

    def _is_of(self, call: Call, correlation_id: str | None) -> bool:
        return correlation_id in (None, call.headers.x_correlation_id)
