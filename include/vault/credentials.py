"""Credentials of a database that a vault changes, makes for minutes, and takes back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import hvac

MOUNT = "secret"
FOLDER = "airflow/connections"
"""Where Airflow's `VaultBackend` looks for the connection `secret/<name>`."""

Facts = dict[str, Any]
"""A connection by its fields, as Airflow reads it from a vault."""


class Rotation(NamedTuple):
    """The versions of a secret before and after its change."""

    old: int
    new: int


class StillValidError(Exception):
    """The database takes a credential that should be worth nothing any more."""


def publish(client: "hvac.Client", name: str, facts: Mapping[str, Any]) -> int:
    """Write the current password of a database user beside `facts`; return the secret's version.

    `name` is both the database user's role in the vault and the connection's name.
    """
    current = client.secrets.database.get_static_credentials(name)["data"]
    whole = {**facts, "login": current["username"], "password": current["password"]}
    written = client.secrets.kv.v2.create_or_update_secret(
        f"{FOLDER}/{name}", whole, mount_point=MOUNT
    )
    version: int = written["data"]["version"]
    return version


def rotate(client: "hvac.Client", name: str) -> Rotation:
    """Let the vault give a database user another password, and publish it.

    Raises:
        hvac.exceptions.VaultError: this login may not, or the vault cannot reach the database.
    """
    old, facts = read(client, name)
    client.secrets.database.rotate_static_role_credentials(name)
    return Rotation(old, publish(client, name, facts))


def read(client: "hvac.Client", name: str, version: int | None = None) -> tuple[int, Facts]:
    """Return a version of a connection, the newest if none is given, and its number."""
    found = client.secrets.kv.v2.read_secret_version(
        f"{FOLDER}/{name}", version=version, mount_point=MOUNT, raise_on_deleted_version=False
    )["data"]
    return found["metadata"]["version"], found["data"]


@contextmanager
def short_lived(client: "hvac.Client", role: str, facts: Mapping[str, Any]) -> Iterator[Facts]:
    """Make a database user that is there for this block alone; yield `facts` with its credentials.

    If nobody gets to the end of the block, the vault drops it when its time is over.
    """
    made = client.secrets.database.generate_credentials(role)
    credentials = {"login": made["data"]["username"], "password": made["data"]["password"]}
    try:
        yield {**facts, **credentials}
    finally:
        body = {"lease_id": made["lease_id"], "sync": True}
        client.adapter.put("/v1/sys/leases/revoke", json=body)


def query(facts: Mapping[str, Any], sql: str) -> Any:
    """Return the first value that the database answers to somebody with these credentials.

    Raises:
        psycopg.OperationalError: it refuses them, or does not answer.
    """
    import psycopg

    with psycopg.connect(
        host=facts["host"],
        port=facts["port"],
        dbname=facts["schema"],
        user=facts["login"],
        password=facts["password"],
        connect_timeout=10,
    ) as connection:
        row = connection.execute(sql).fetchone()
        return row and row[0]


def require_refused(facts: Mapping[str, Any]) -> str:
    """Return the database's words as it refuses these credentials.

    Raises:
        StillValidError: it takes them.
        psycopg.OperationalError: it does not answer at all, which is no refusal.
    """
    import psycopg

    try:
        query(facts, "SELECT 1")
    except psycopg.OperationalError as error:
        words = str(error).splitlines()[-1]
        if "authentication failed" not in words:
            raise
        return words.partition("FATAL:")[2].strip()
    raise StillValidError(f"The database still takes the old credentials of {facts['login']}.")
