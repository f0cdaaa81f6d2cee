"""COPY: how PostgreSQL takes in many rows at once."""

from collections.abc import Sequence
from typing import Any

PIECE = 1 << 16


def copy_csv(cursor: Any, table: str, columns: Sequence[str], content: str) -> int:
    """Copy the rows of a CSV file into a table, in the cursor's transaction; return how many.

    An empty field becomes NULL. The names of table and columns come from the program, never from
    outside.

    Args:
        cursor: of psycopg 3.
        table: the table to fill.
        columns: what the first line of the file has to name, in this order.
        content: the file.

    Raises:
        psycopg.DataError: a value does not fit its column, or the first line names others; the
            message says which line and column.
    """
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN WITH (FORMAT csv, HEADER match)"
    with cursor.copy(statement) as copy:
        for start in range(0, len(content), PIECE):
            copy.write(content[start : start + PIECE])
    rows: int = cursor.rowcount
    return rows
