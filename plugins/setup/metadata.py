"""Brings Airflow's metadata database to where the lessons need it; safe to run again.

`python -m plugins.setup.metadata ADMIN PASSWORD` migrates the database, then creates the admin's
login and the Dags' own, the roles, pools, variables and connections of `configs/`. What a person
changed by hand since is kept.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from include.configuration import metadata


def main(arguments: list[str] | None = None) -> None:
    """Do all of it, in one process: each start of Airflow costs seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("admin", help="the administrator's login")
    parser.add_argument("password", help="its password, set when the login is created")
    options = parser.parse_args(arguments)
    # Read first: a mistake in a file is told before the database is touched.
    facts = objects()
    roles = metadata.roles()

    from airflow.utils.db import initdb

    initdb()
    create_access(options.admin, options.password, roles, logins(roles))
    remembered = Path(os.environ["AIRFLOW_HOME"]) / "seeded.json"
    for name in seed(facts, remembered):
        sys.stdout.write(f"kept {name} as it was changed by hand\n")


def objects() -> dict[str, dict[str, Any]]:
    """Every object to be seeded, by a name such as `connection warehouse`."""
    return {
        **{f"pool {name}": pool.model_dump() for name, pool in metadata.pools().items()},
        **{
            f"variable {key}": {"description": v.description, "val": v.stored}
            for key, v in metadata.variables().items()
        },
        **{f"connection {name}": facts for name, facts in metadata.connections().items()},
    }


def seed(facts: dict[str, dict[str, Any]], remembered: Path) -> list[str]:
    """Create or update every object; return the names of those a person has changed.

    `remembered` is the file that keeps a digest of what was last seeded: an object that differs
    from it was edited since, or is not ours, and is left alone.
    """
    last: dict[str, str] = json.loads(remembered.read_text()) if remembered.exists() else {}
    kept = []
    for name, wanted in facts.items():
        kind, key = name.split(" ", 1)
        read, write = _STORES[kind]
        there = read(key)
        if there == wanted:
            last[name] = _digest(wanted)
        elif there is None or _digest(there) == last.get(name):
            write(key, wanted)
            last[name] = _digest(wanted)
        else:
            kept.append(name)
    remembered.parent.mkdir(parents=True, exist_ok=True)
    remembered.write_text(json.dumps(last, indent=1) + "\n")
    return kept


def logins(roles: dict[str, metadata.Role]) -> dict[str, tuple[str, str]]:
    """Return login and password of each role that is tied to a connection, by the role's name."""
    known = metadata.connections()
    found = {name: known[facts.login] for name, facts in roles.items() if facts.login}
    return {name: (facts["login"], facts["password"]) for name, facts in found.items()}


def create_access(
    admin: str,
    password: str,
    roles: dict[str, metadata.Role],
    users: dict[str, tuple[str, str]],
) -> None:
    """Create the admin's login if it is missing, the roles with exactly their permissions, users.

    `users` has, by the role that it gets, each login and its password: those of teams and those by
    which Dags call Airflow's REST API.
    """
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        manager = builder.sm
        manager.sync_roles()
        if not manager.find_user(admin):
            email = f"{admin}@shop.example"
            role = manager.find_role("Admin")
            manager.add_user(admin, "Ada", "Admin", email, role, password)
        for name, facts in roles.items():
            role = manager.find_role(name) or manager.add_role(name)
            wanted = [manager.create_permission(*pair) for pair in facts.permissions]
            for permission in [p for p in role.permissions if p not in wanted]:
                manager.remove_permission_from_role(role, permission)
            for permission in wanted:
                manager.add_permission_to_role(role, permission)
        for name, (login, secret) in users.items():
            if user := manager.find_user(login):
                manager.reset_password(user.id, secret)
            else:
                email, role = f"{login}@shop.example", manager.find_role(name)
                manager.add_user(login, "The", login.title(), email, role, secret)


def _digest(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _read_pool(name: str) -> dict[str, Any] | None:
    from airflow.models.pool import Pool

    pool = Pool.get_pool(name)
    return pool and {"slots": pool.slots, "description": pool.description}


def _write_pool(name: str, wanted: dict[str, Any]) -> None:
    from airflow.models.pool import Pool

    Pool.create_or_update_pool(name, **wanted, include_deferred=False)


def _read_variable(key: str) -> dict[str, Any] | None:
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        row = session.scalar(select(Variable).where(Variable.key == key))
        return row and {"description": row.description, "val": row.get_val()}


def _write_variable(key: str, wanted: dict[str, Any]) -> None:
    from airflow.models.variable import Variable

    Variable.set(key, wanted["val"], description=wanted["description"])


def _read_connection(name: str) -> dict[str, Any] | None:
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        row = session.scalar(select(Connection).where(Connection.conn_id == name))
        if row is None:
            return None
        facts = {key: getattr(row, key) for key in ("description", *_CONNECTION_FIELDS)}
        facts = {key: value for key, value in facts.items() if value not in (None, "")}
        return {**facts, "extra": row.extra_dejson} if row.extra else facts


def _write_connection(name: str, wanted: dict[str, Any]) -> None:
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        row = session.scalar(select(Connection).where(Connection.conn_id == name))
        if row is not None:
            session.delete(row)
            session.flush()
        session.add(Connection(conn_id=name, **wanted))


_CONNECTION_FIELDS = ("conn_type", "host", "port", "schema", "login", "password")

_Read = Callable[[str], dict[str, Any] | None]
_Write = Callable[[str, dict[str, Any]], None]
_STORES: dict[str, tuple[_Read, _Write]] = {
    "pool": (_read_pool, _write_pool),
    "variable": (_read_variable, _write_variable),
    "connection": (_read_connection, _write_connection),
}


if __name__ == "__main__":
    main()
