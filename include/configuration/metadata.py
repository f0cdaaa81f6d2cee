"""What Airflow's metadata starts with: connections, variables, pools and roles from `configs/`.

The files hold facts that are the same everywhere. What differs from place to place (addresses and
passwords) stands in them as `${LAB_…}` and is filled in from the environment.
"""

import json
import os
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from include.configuration.reader import Facts, mistakes, read_toml

CONFIGS = Path(__file__).resolve().parents[2] / "configs"


class Connection(Facts):
    """One connection; `service` is the lab's service behind it.

    Where `browser` holds, a person goes there, and no task.
    """

    description: str
    conn_type: str
    service: str = ""
    browser: bool = False
    host: str | None = None
    port: str | None = None
    database: str | None = Field(default=None, alias="schema", serialization_alias="schema")
    login: str | None = None
    password: str | None = None
    extra: dict[str, Any] | None = None

    def filled(self, values: Mapping[str, str]) -> dict[str, Any]:
        """Return the connection as Airflow reads it from JSON, `${…}` filled from `values`.

        Raises:
            KeyError: a place holder names no value.
            ValueError: the port is no number, or a dollar sign begins no place holder.
        """
        facts = self.model_dump(exclude={"service", "browser"}, exclude_none=True, by_alias=True)
        filled: dict[str, Any] = {key: _fill(value, values) for key, value in facts.items()}
        if self.port is not None:
            filled["port"] = int(filled["port"])
        return filled


class Variable(Facts):
    """One variable; a value that is no text is stored as JSON."""

    description: str
    value: str | int | float | bool | list[Any] | dict[str, Any]

    @property
    def stored(self) -> str:
        """The text that Airflow stores."""
        return self.value if isinstance(self.value, str) else json.dumps(self.value)


class Pool(Facts):
    """One pool and how many slots it has."""

    description: str
    slots: int


Action = Literal["can_create", "can_read", "can_edit", "can_delete", "menu_access"]
"""What Airflow's FAB auth manager lets a role do with a resource."""


class Role(Facts):
    """One role and its permissions, each an action on a resource.

    `login` is the id of the connection whose login has the role; a role without one is for people.
    """

    description: str
    login: str | None = None
    permissions: list[tuple[Action, str]]


class _Connections(Facts):
    connection: dict[str, Connection]


class _Variables(Facts):
    variable: dict[str, Variable]


class _Pools(Facts):
    pool: dict[str, Pool]


class _Roles(Facts):
    role: dict[str, Role]


def connections(
    values: Mapping[str, str] = os.environ, folder: Path = CONFIGS
) -> dict[str, dict[str, Any]]:
    """Every connection by its id, as Airflow reads it from JSON.

    Raises:
        ConfigurationError: the file is wrong, or a place holder names no value of `values`.
    """
    file = folder / "connections.toml"
    filled, problems = {}, []
    for name, connection in connection_facts(folder).items():
        try:
            filled[name] = connection.filled(values)
        except KeyError as error:
            why = f"the place holder ${{{error.args[0]}}} has no value; set that variable"
            problems.append((("connection", name), why))
        except ValueError as error:
            why = f"cannot be filled: {error}; a port is a number, and $$ is a dollar sign"
            problems.append((("connection", name), why))
    if problems:
        raise mistakes(file, problems)
    return filled


def connection_facts(folder: Path = CONFIGS) -> dict[str, Connection]:
    """Every connection by its id, place holders and all."""
    return read_toml(folder / "connections.toml", _Connections).connection


def variables(folder: Path = CONFIGS) -> dict[str, Variable]:
    """Every variable by its key."""
    return read_toml(folder / "variables.toml", _Variables).variable


def pools(folder: Path = CONFIGS) -> dict[str, Pool]:
    """Every pool by its name."""
    return read_toml(folder / "pools.toml", _Pools).pool


def roles(folder: Path = CONFIGS) -> dict[str, Role]:
    """Every role by its name."""
    return read_toml(folder / "roles.toml", _Roles).role


def _fill(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return string.Template(value).substitute(values)
    if isinstance(value, dict):
        return {key: _fill(inner, values) for key, inner in value.items()}
    return value
