"""Roles: what a file wants, what there is, and the difference."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

Permission = tuple[str, str]
"""An action, such as `can_read`, on a resource, such as `Pools` or `DAG:my_dag`."""

EVERYBODY: frozenset[Permission] = frozenset({("can_read", "Website")})
"""What Airflow itself gives each role: its first page."""


class Change(NamedTuple):
    """What has to be done to one role, as `action on resource`; `made` if it is missing."""

    role: str
    made: bool
    added: list[str]
    removed: list[str]


def changes(
    wanted: Mapping[str, Iterable[Permission]], there: Mapping[str, Iterable[Permission]]
) -> list[Change]:
    """Return what makes the roles that are there those that are wanted.

    Roles that nobody wants are left alone: Airflow has roles of its own.
    """
    found = []
    for role, permissions in wanted.items():
        want = {*permissions} | EVERYBODY
        have = {*there.get(role, ())} | EVERYBODY
        change = Change(role, role not in there, _named(want - have), _named(have - want))
        if any(change[1:]):
            found.append(change)
    return found


def _named(permissions: Iterable[Permission]) -> list[str]:
    return sorted(f"{action} on {resource}" for action, resource in permissions)
