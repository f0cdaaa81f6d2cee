"""A database table: it is there, and nobody keeps others out of it."""

from typing import Any

from psycopg import Error, OperationalError, errors, sql

from include.health.check import UnhealthyError

_WAIT = "SET lock_timeout = '1s'"
_HOLDERS = """
SELECT pid FROM pg_locks
WHERE relation = to_regclass(%s) AND mode = 'AccessExclusiveLock' AND granted
AND pid <> pg_backend_pid()
"""


def probe(connection: Any, table: str) -> None:
    """Write to the table and read it, and take both back.

    Raises:
        UnhealthyError: it is missing, or locked for more than a second, or the database is gone.
    """
    name = _identifier(table)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_WAIT)
            cursor.execute(sql.SQL("INSERT INTO {} DEFAULT VALUES").format(name))
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(name))
    except errors.UndefinedTable as error:
        raise UnhealthyError(f"table {table} is missing") from error
    except errors.LockNotAvailable as error:
        raise UnhealthyError(f"table {table} is locked by another session") from error
    except Error as error:
        raise UnhealthyError(f"the database does not answer: {type(error).__name__}") from error
    finally:
        if not connection.closed:
            connection.rollback()


def make(connection: Any, table: str) -> str:
    """Make the table if it is missing.

    Raises:
        UnhealthyError: the database does not let us.
    """
    create = sql.SQL("CREATE TABLE IF NOT EXISTS {} (note text)").format(_identifier(table))
    _run(connection, create)
    return "made it anew"


def repair(connection: Any, table: str) -> str:
    """End the sessions that keep others out of the table, make it if it is missing.

    Only for a table that nobody else works with: elsewhere a lock has a reason.

    Raises:
        UnhealthyError: the database does not let us.
    """
    holders = [pid for (pid,) in _run(connection, _HOLDERS, (table,))]
    for pid in holders:
        _run(connection, "SELECT pg_terminate_backend(%s, 5000)", (pid,))
    made = make(connection, table)
    return f"ended {len(holders)} session(s) that held it" if holders else made


def hold(connection: Any, table: str, seconds: float) -> bool:
    """Keep everybody out of the table for so long; return whether the session was ended before."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("LOCK TABLE {}").format(_identifier(table)))
            cursor.execute("SELECT pg_sleep(%s)", (seconds,))
    except OperationalError:
        return True
    connection.rollback()
    return False


def _run(connection: Any, statement: Any, parameters: tuple[Any, ...] = ()) -> list[Any]:
    """Do one thing, in a transaction of its own; return the rows, if any."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            rows = cursor.fetchall() if cursor.description else []
        connection.commit()
    except Error as error:
        if not connection.closed:
            connection.rollback()
        raise UnhealthyError(f"{type(error).__name__}: {error}") from error
    return rows


def _identifier(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))
