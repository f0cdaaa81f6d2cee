"""A table of the real database."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from include.configuration.metadata import connections
from include.health import database
from include.health.check import UnhealthyError
from include.lab.settings import Lab

TABLE = "marts.health_tests"


def open_warehouse() -> Any:
    """A session as hooks open it."""
    facts = connections()["warehouse"]
    return psycopg.connect(
        **{"host": facts["host"], "port": facts["port"], "dbname": facts["schema"]},
        **{"user": facts["login"], "password": facts["password"]},
    )


@pytest.fixture
def connection(lab: Lab) -> Iterator[Any]:
    """A session of the warehouse; the table is gone afterwards."""
    connection = open_warehouse()
    yield connection
    connection.rollback()
    connection.execute(f"DROP TABLE IF EXISTS {TABLE}")
    connection.commit()
    connection.close()


def test_a_missing_table_is_made_and_a_probe_leaves_nothing(connection: Any):
    """Making it twice is the same."""
    with pytest.raises(UnhealthyError, match=f"table {TABLE} is missing"):
        database.probe(connection, TABLE)
    for _ in range(2):
        assert database.repair(connection, TABLE) == "made it anew"
        database.probe(connection, TABLE)
    assert connection.execute(f"SELECT count(*) FROM {TABLE}").fetchone() == (0,)


def test_a_remedy_that_is_not_allowed_is_told(connection: Any):
    """A table in a schema that there is not cannot be made, nor be probed."""
    with pytest.raises(UnhealthyError, match="InvalidSchemaName"):
        database.repair(connection, "nowhere.health")
    with pytest.raises(UnhealthyError, match=r"missing|does not answer"):
        database.probe(connection, "nowhere.health")


def test_a_lock_ends_by_itself_if_nobody_ends_it(connection: Any):
    """The holder says which of the two it was."""
    database.repair(connection, TABLE)
    assert database.hold(connection, TABLE, 0.1) is False


def test_a_session_that_was_ended_is_unhealthy(connection: Any):
    """A probe on a connection that is gone says so, and does not fail on its way out."""
    lost = open_warehouse()
    (pid,) = lost.execute("SELECT pg_backend_pid()").fetchone()
    connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    with pytest.raises(UnhealthyError, match="does not answer"):
        database.probe(lost, TABLE)
    with pytest.raises(UnhealthyError):
        database.repair(lost, TABLE)
