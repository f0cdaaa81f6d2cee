"""Replacing rows: all or nothing."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg2
import pytest

from include.data.replace import replace_rows
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from tests.lessons import query

FIRST, SECOND = "marts.test_replace_a", "marts.test_replace_b"


@pytest.fixture
def tables(lab: Lab) -> Iterator[None]:
    """Two empty tables."""
    with open_warehouse() as connection, connection.cursor() as cursor:
        for table in (FIRST, SECOND):
            cursor.execute(f"CREATE TABLE {table} (number integer PRIMARY KEY, name text NOT NULL)")
    connection.close()
    yield
    with open_warehouse() as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {FIRST}, {SECOND}")
    connection.close()


def rows(table: str) -> list[tuple[Any, ...]]:
    return query(f"SELECT * FROM {table} ORDER BY 1")


def test_tables_hold_exactly_the_new_rows(tables: None) -> None:
    """What was there is gone, also if nothing follows."""
    replace_rows(open_warehouse, {FIRST: [(1, "a"), (2, "b")], SECOND: [(7, "x")]})
    replace_rows(open_warehouse, {FIRST: [(2, "c")], SECOND: []})
    assert rows(FIRST) == [(2, "c")]
    assert rows(SECOND) == []


def test_one_bad_row_changes_nothing(tables: None) -> None:
    """A table that could be replaced stays as well, if another could not."""
    replace_rows(open_warehouse, {FIRST: [(1, "a")], SECOND: [(7, "x")]})
    with pytest.raises(psycopg2.errors.NotNullViolation):
        replace_rows(open_warehouse, {FIRST: [(2, "b")], SECOND: [(8, None)]})
    assert rows(FIRST) == [(1, "a")]
    assert rows(SECOND) == [(7, "x")]


def test_a_second_writer_waits_and_a_reader_does_not(tables: None) -> None:
    """Two runs at once end with the rows of one of them, and readers always see whole tables."""
    replace_rows(open_warehouse, {FIRST: [(1, "a")]})
    holder = open_warehouse()
    with holder.cursor() as cursor, ThreadPoolExecutor(1) as pool:
        cursor.execute(f"LOCK TABLE {FIRST} IN EXCLUSIVE MODE")
        waiting = pool.submit(replace_rows, open_warehouse, {FIRST: [(1, "b")]})
        time.sleep(0.5)
        assert not waiting.done()
        assert rows(FIRST) == [(1, "a")]
        holder.rollback()
        waiting.result(30)
    holder.close()
    assert rows(FIRST) == [(1, "b")]


def test_many_writers_do_not_meet(tables: None) -> None:
    """Eight writers of the same keys, the tables named in either order: none fails."""

    def write(number: int) -> None:
        batch = [(key, f"writer {number}") for key in range(50)]
        names = (FIRST, SECOND) if number % 2 else (SECOND, FIRST)
        replace_rows(open_warehouse, dict.fromkeys(names, batch))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert rows(FIRST) == rows(SECOND)
    assert len({name for _, name in rows(FIRST)}) == 1
