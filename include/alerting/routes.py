"""Who hears of an alert: one file of routes, by severity and team.

`python -m include.alerting.routes` prints the file's JSON Schema, which editors check it with.
"""

import json
import re
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from include.alerting.alert import Severity
from include.configuration.reader import Facts, read_yaml

FILE = Path(__file__).resolve().parents[2] / "configs" / "alert_routes.yaml"
TEAM = "team"
TAG = "team:"
"""How the tag of a Dag begins that names its team."""

Channel = Literal["pager", "slack", "mail"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)


class Target(NamedTuple):
    """One receiver: a pager's routing key, a Slack webhook's connection id, or a mail address."""

    channel: Channel
    address: str


def _is_mail(address: str) -> str:
    if not re.fullmatch(rf"{TEAM}|[^@\s,;]+@[^@\s,;]+", address):
        raise ValueError(f"must be one address such as name@shop.example, or `{TEAM}`")
    return address


def _is_id(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise ValueError("must be lower case letters, digits, `_` and `-`")
    return name


Id = Annotated[str, AfterValidator(_is_id)]
Mail = Annotated[str, AfterValidator(_is_mail)]


class Team(Facts):
    """Where a team is reached."""

    pager: Id = Field(description="Routing key of the team's person on call")
    slack: Id = Field(description="Connection id of the webhook of the team's channel")
    mail: Mail = Field(description="The team's address")


class Route(Facts):
    """One receiver of a severity; the word `team` stands for the team's own."""

    pager: Id | None = Field(None, description="A routing key, or `team`")
    slack: Id | None = Field(None, description="The connection id of a webhook, or `team`")
    mail: Mail | None = Field(None, description="An address, or `team`")

    @model_validator(mode="after")
    def _has_one_channel(self) -> Self:
        if len(self.model_dump(exclude_none=True)) != 1:
            raise ValueError("must have exactly one of pager, slack and mail")
        return self

    def target(self, team: Team) -> Target:
        """The receiver for an alert of this team."""
        channel = next(name for name in CHANNELS if getattr(self, name) is not None)
        address: str = getattr(self, channel)
        return Target(channel, getattr(team, channel) if address == TEAM else address)


class Severities(Facts):
    """The receivers of each severity; none means that the alert is only recorded and logged."""

    P1: list[Route] = Field(min_length=1)
    P2: list[Route]
    P3: list[Route]
    P4: list[Route]


class Escalation(Facts):
    """What happens to a page that nobody acknowledges."""

    after_minutes: int = Field(ge=1, le=1440)
    to: list[Route] = Field(min_length=1)


class Routes(Facts):
    """The whole file."""

    window_minutes: int = Field(ge=1, le=1440, description="For how long a repeat is not told")
    teams: dict[Id, Team] = Field(min_length=1)
    default_team: str = Field(description="Hears of what has no team, or an unknown one")
    severities: Severities
    escalation: Escalation

    @model_validator(mode="after")
    def _default_team_exists(self) -> Self:
        if self.default_team not in self.teams:
            known = ", ".join(self.teams)
            raise ValueError(f"default_team: {self.default_team!r} is no team (known: {known})")
        return self

    @property
    def window(self) -> timedelta:
        """How long an alert that comes again is the same one."""
        return timedelta(minutes=self.window_minutes)

    @property
    def escalate_after(self) -> timedelta:
        """How long a page may stay unanswered."""
        return timedelta(minutes=self.escalation.after_minutes)

    def team_of(self, tags: Iterable[str]) -> str:
        """The first team that the tags name, in alphabetical order, or else the default one."""
        named = sorted(tag.removeprefix(TAG) for tag in tags if tag.startswith(TAG))
        return next((name for name in named if name in self.teams), self.default_team)

    def targets(self, severity: Severity, team: str) -> list[Target]:
        """Who hears of an alert of this severity; an unknown team is the default one."""
        return self._resolved(getattr(self.severities, severity), team)

    def escalation_targets(self, team: str) -> list[Target]:
        """Who hears of a page of this team that nobody has acknowledged."""
        return self._resolved(self.escalation.to, team)

    def _resolved(self, routes: list[Route], team: str) -> list[Target]:
        own = self.teams.get(team, self.teams[self.default_team])
        return list(dict.fromkeys(route.target(own) for route in routes))


def load(file: Path = FILE) -> Routes:
    """Read the routes.

    Raises:
        ConfigurationError: names every mistake with its line.
    """
    return read_yaml(file, Routes)


def schema() -> str:
    """The JSON Schema of the file, as it is committed beside it."""
    return json.dumps(Routes.model_json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema())
