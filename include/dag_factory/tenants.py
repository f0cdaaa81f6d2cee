"""Many tenants from one file: profiles inherit from each other, steps are put together.

`python -m include.dag_factory.tenants` prints the JSON Schema by which editors check the file.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from include.configuration.reader import Facts, read_yaml
from include.dag_factory.steps import STEPS

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Step = Literal["make_table", "fill_table", "check_table"]

if set(get_args(Step)) != STEPS.keys():
    raise TypeError("Step: must name exactly the steps that there are.")


class Profile(Facts):
    """What tenants have in common; what is left out comes from the profile it extends."""

    extends: Name | None = None
    retries: int | None = Field(None, ge=0, le=10)
    schedule: str | None = None
    steps: list[Step] | None = Field(None, min_length=1)


class TenantFacts(Profile):
    """What one tenant says about itself."""

    countries: tuple[Country, ...] = Field(min_length=1)


class Tenant(NamedTuple):
    """A tenant with all that it has, its own and what it inherits."""

    name: str
    countries: tuple[str, ...]
    retries: int
    schedule: str | None
    steps: tuple[str, ...]

    @property
    def schema(self) -> str:
        """The name of its schema, and of its connection, pool and roles."""
        return f"tenant_{self.name}"


class Tenants(Facts):
    """The whole file."""

    profiles: dict[Name, Profile]
    tenants: dict[Name, TenantFacts] = Field(min_length=1)

    @model_validator(mode="after")
    def _can_be_resolved(self) -> Self:
        for group in (self.profiles, self.tenants):
            for name, facts in group.items():
                *_, last = self._line(name, facts)
                if last.extends is not None:
                    known = ", ".join(self.profiles)
                    raise ValueError(f"{name}: extends {last.extends!r}, no profile ({known})")
        shared = [c for facts in self.tenants.values() for c in facts.countries]
        if twice := sorted({country for country in shared if shared.count(country) > 1}):
            raise ValueError(f"{', '.join(twice)}: a country belongs to one tenant alone")
        for name, tenant in self.tenants.items():
            if not any(one.steps for one in self._line(name, tenant)):
                raise ValueError(f"{name}: has no steps, neither of its own nor by inheritance")
        return self

    def resolved(self) -> list[Tenant]:
        """Every tenant, with what it inherits; the nearest that says something wins."""
        return [
            Tenant(
                name,
                facts.countries,
                self._said(name, "retries") or 0,
                self._said(name, "schedule"),
                tuple(self._said(name, "steps")),
            )
            for name, facts in self.tenants.items()
        ]

    def _said(self, name: str, key: str) -> Any:
        line = self._line(name, self.tenants[name])
        return next((v for one in line if (v := getattr(one, key)) is not None), None)

    def _line(self, name: str, facts: Profile) -> Iterator[Profile]:
        """The entry and those it extends, one after the other."""
        passed: list[str] = []
        yield facts
        while facts.extends in self.profiles:
            if facts.extends in passed:
                raise ValueError(f"{name}: extends itself: {' -> '.join([*passed, facts.extends])}")
            passed.append(facts.extends)
            facts = self.profiles[facts.extends]
            yield facts


def load(file: Path) -> list[Tenant]:
    """Read the tenants.

    Raises:
        ConfigurationError: names every mistake with its line.
    """
    return read_yaml(file, Tenants).resolved()


def many(number: int) -> list[Tenant]:
    """That many tenants that are like each other, to measure with."""
    steps = tuple(STEPS)
    return [Tenant(f"t{place:04}", ("DE",), 2, None, steps) for place in range(number)]


def leaks(found: dict[str, dict[str, str]]) -> list[str]:
    """Say who has read what is not its own.

    Args:
        found: of each schema that was looked at, by tenant, what came of it; see `REFUSED`.
    """
    return [
        f"{tenant} reads {schema}: {answer}"
        for tenant, answers in found.items()
        for schema, answer in answers.items()
        if (schema == tenant) == (answer == REFUSED)
    ]


REFUSED = "refused"
"""What is written down where the database refused to answer."""


def schema() -> str:
    """The JSON Schema of the file, as it is committed beside it."""
    return json.dumps(Tenants.model_json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema())
