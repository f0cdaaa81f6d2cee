"""A file of order versions goes in whole, or not at all."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from include.configuration.metadata import connections
from include.data import seeds
from include.lab.settings import Lab
from include.loading import order_file
from include.loading.bulk import copy_csv
from include.loading.order_file import HISTORY, ORDERS, RefusedRowError
from include.retail.orders import Order
from include.retail.records import csv_text
from tests.lessons import query

Connect = Callable[[], Any]
FIRST, *_ = seeds.orders()
LATER = FIRST._replace(amount=Decimal("9.99"), updated_at=FIRST.updated_at.replace(year=2027))


@pytest.fixture
def connect(lab: Lab) -> Connect:
    """Opens connections of psycopg 3, as Airflow's hook does; both tables are empty."""
    where = connections()["warehouse"]

    def open_connection() -> Any:
        return psycopg.connect(
            host=where["host"],
            port=where["port"],
            dbname=where["schema"],
            user=where["login"],
            password=where["password"],
        )

    with open_connection() as connection:
        for statement in (f"DROP TABLE IF EXISTS {ORDERS}, {HISTORY}", *order_file.TABLES):
            connection.execute(statement)
    return open_connection


def file_of(*orders: Order) -> str:
    return csv_text(Order._fields, orders)


def kept(table: str) -> list[Order]:
    return [Order._make(row) for row in query(f"SELECT * FROM {table} ORDER BY updated_at")]


def test_the_newest_version_wins_wherever_it_stands(connect: Connect) -> None:
    """In one file, and when an older file comes after a newer."""
    written = order_file.load(connect, file_of(LATER, FIRST, FIRST))

    assert written == {"staged": 3, "orders": 1, "history": 2}
    assert kept(ORDERS) == [LATER]
    assert kept(HISTORY) == [FIRST, LATER]
    again = order_file.load(connect, file_of(FIRST))
    assert again == {"staged": 1, "orders": 0, "history": 0}
    assert kept(ORDERS) == [LATER]


def test_of_two_lines_with_one_time_the_later_counts(connect: Connect) -> None:
    """As everywhere in the shop; and it replaces what an earlier file said."""
    other = FIRST._replace(status="shipped")
    for lines, wanted in (((other, FIRST), FIRST), ((FIRST, other), other)):
        order_file.load(connect, file_of(*lines))
        assert (kept(ORDERS), kept(HISTORY)) == ([wanted], [wanted])


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ("quantity=many", 'line 3, column quantity: "many"'),
        ("quantity=0", "Failing row contains .10008"),
        ("customer_id=", 'null value in column "customer_id"'),
        ("updated_at=soon", 'line 3, column updated_at: "soon"'),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_kept(connect: Connect, bad: str, named: str) -> None:
    """Whether COPY finds it, or a rule of the table."""
    field, _, value = bad.partition("=")
    good, spoiled = seeds.orders()[:2]
    row = {**spoiled._asdict(), field: value}
    with pytest.raises(RefusedRowError, match=named) as error:
        order_file.load(connect, csv_text(Order._fields, [good, row.values()]))

    assert "load the whole file again" in str(error.value)
    assert kept(ORDERS) == kept(HISTORY) == []


def test_a_file_with_other_columns_is_refused(connect: Connect) -> None:
    """Columns in another order would be taken for each other."""
    columns = ("customer_id", "order_id", *Order._fields[2:])
    with pytest.raises(RefusedRowError, match="column name mismatch"):
        order_file.load(connect, csv_text(columns, [FIRST]))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first word of each statement that the database gets."""
    sent: list[str] = []
    for name in ("execute", "executemany", "copy"):
        usual = getattr(psycopg.Cursor, name)

        def note(self: Any, statement: str, *rest: Any, usual: Any = usual, **more: Any) -> Any:
            sent.append(statement.split()[0])
            return usual(self, statement, *rest, **more)

        monkeypatch.setattr(psycopg.Cursor, name, note)
    return sent


def test_rows_go_in_by_copy(connect: Connect, sent: list[str]) -> None:
    """However many they are, the database gets four statements, and one of them is COPY."""
    order_file.load(connect, seeds.ORDERS.read_text())

    assert sent == ["CREATE", "COPY", "INSERT", "INSERT"]


def test_copy_takes_a_large_file_and_says_how_many_rows(connect: Connect) -> None:
    """Larger than what is sent at once; an empty field becomes NULL."""
    content = seeds.ORDERS.read_text()
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE many (LIKE shop.orders)")
        assert copy_csv(cursor, "many", Order._fields, content) == len(seeds.orders())
        cursor.execute("SELECT count(*) FROM many WHERE country IS NULL")
        nowhere = sum(order.country is None for order in seeds.orders())
        assert cursor.fetchone() == (nowhere,)


def test_one_row_is_spoiled_and_no_other() -> None:
    """It is the older version of an order, so that the table of orders takes the file."""
    content = seeds.ORDERS.read_text()
    changed = [
        (before.split(","), after.split(","))
        for before, after in zip(
            content.splitlines(), order_file.spoil(content).splitlines(), strict=True
        )
        if before != after
    ]

    ((before, after),) = changed
    assert [*before[:3], "0", *before[4:]] == after
    assert any(
        str(order.order_id) == after[0] and order.updated_at.isoformat()[:19] + "Z" > after[-1]
        for order in seeds.orders()
    )
    with pytest.raises(ValueError, match="no order with an older version"):
        order_file.spoil(file_of(FIRST))


def test_the_race_leaves_nothing(connect: Connect, sent: list[str]) -> None:
    """One COPY against an INSERT for each row, in a table of its own: only the seconds are left."""
    seconds = order_file.race(connect, file_of(*seeds.orders()[:50]))

    assert set(seconds) == {"copy", "insert"}
    assert sent == ["CREATE", "COPY", "CREATE", *["INSERT"] * 50]
    assert query("SELECT count(*) FROM pg_class WHERE relname = 'staged'") == [(0,)]
    assert kept(ORDERS) == []
