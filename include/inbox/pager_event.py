"""What the pager accepts: an event in the form of PagerDuty's Events API v2."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Key = Annotated[str, Field(min_length=1, max_length=255)]


class _Given(BaseModel):
    """What is not named here is kept as it came."""

    model_config = ConfigDict(extra="allow")


class Facts(_Given):
    """What has happened."""

    summary: str = Field(min_length=1, max_length=1024)
    source: str
    severity: Literal["critical", "error", "warning", "info"]


class Link(_Given):
    """Where more can be read."""

    href: str
    text: str | None = None


class PagerEvent(_Given):
    """Opens an incident, or says that somebody has taken or resolved it."""

    routing_key: Key
    event_action: Literal["trigger", "acknowledge", "resolve"]
    dedup_key: Key | None = None
    payload: Facts | None = None
    links: list[Link] | None = Field(default=None, max_length=50)

    @model_validator(mode="after")
    def _says_what_has_happened(self) -> Self:
        if self.event_action == "trigger" and self.payload is None:
            raise ValueError("payload is missing: a trigger says what has happened")
        return self
