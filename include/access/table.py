"""The table of who may call what, and what differs from it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import Field

from include.configuration.reader import Facts, read_toml

FILE = Path(__file__).resolve().parents[2] / "configs" / "access.toml"
REFUSED = {401, 403}
BROKEN = 500

TABLE = """
CREATE TABLE IF NOT EXISTS marts.access_checks (
    login text, call text, expected boolean NOT NULL, found boolean NOT NULL,
    PRIMARY KEY (login, call)
)
"""


class Call(Facts):
    """A call of Airflow's REST API, and the logins that may make it.

    `path` is below `/api/v2/`, or begins with a slash. A call that is allowed may still find
    nothing: it changes what is there already, or deletes what is not.
    """

    what: str
    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    body: dict[str, Any] | None = None
    allowed: frozenset[str]


class _Calls(Facts):
    call: list[Call] = Field(min_length=1)


class Check(NamedTuple):
    """Whether a login may make a call: as the table says, and as Airflow answered."""

    login: str
    what: str
    expected: bool
    found: bool


class AccessDiffersError(Exception):
    """Somebody may do what the table does not allow, or may not do what it does."""


def load(file: Path = FILE) -> list[Call]:
    """Read the table.

    Raises:
        ConfigurationError: the file is missing or wrong; each mistake is named with its line.
    """
    return read_toml(file, _Calls).call


def is_allowed(status: int) -> bool:
    """Return whether an HTTP status says that the login may make the call.

    Not found (404), there already (409) and the like come after the check, so they say yes.

    Raises:
        ValueError: the server itself failed, which says nothing.
    """
    if status >= BROKEN:
        raise ValueError(f"Airflow answered {status}: it cannot be told who may do what.")
    return status not in REFUSED


def compare(calls: Iterable[Call], answers: Mapping[str, Mapping[str, bool]]) -> list[Check]:
    """Return a row for each login and call; `answers` has by login and call what was found."""
    return [
        Check(login, call.what, login in call.allowed, found[call.what])
        for login, found in answers.items()
        for call in calls
    ]


def require_as_agreed(checks: Iterable[Check]) -> None:
    """Do nothing if all is as the table says.

    Raises:
        AccessDiffersError: it is not; each difference is named.
    """
    wrong = [
        f"{one.login} {'may' if one.found else 'may not'} {one.what}"
        for one in checks
        if one.found is not one.expected
    ]
    if wrong:
        raise AccessDiffersError(f"{'; '.join(wrong)}. See configs/access.toml.")
