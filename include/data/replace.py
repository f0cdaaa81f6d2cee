"""Replaces the rows of tables, of all or of none."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

Rows = Sequence[Sequence[Any]]


def replace_rows(connect: Callable[[], Any], rows_by_table: Mapping[str, Rows]) -> None:
    """Let each table hold exactly these rows, in one transaction.

    Readers see the former rows until the end; a second writer waits for the first.

    Args:
        connect: opens a connection to PostgreSQL, which is closed again.
        rows_by_table: the rows of each table, values in the order of its columns. The names of
            the tables come from the program, never from outside.
    """
    with closing(connect()) as connection, connection.cursor() as cursor:
        # Always in the same order, so that two writers cannot wait for each other.
        for table in sorted(rows_by_table):
            cursor.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        for table, rows in rows_by_table.items():
            cursor.execute(f"DELETE FROM {table}")
            if rows:
                places = ", ".join(["%s"] * len(rows[0]))
                cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
        connection.commit()
