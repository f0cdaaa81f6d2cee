"""Loading the warehouse, against a real PostgreSQL."""

from collections.abc import Iterator

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from include.data import seeds, warehouse
from include.retail.customers import Customer
from include.retail.orders import Order, newest_orders

TABLES = [
    "suppliers",
    "products",
    "customers",
    "orders",
    "order_versions",
    "reviews",
    "clickstream",
]


@pytest.fixture
def connection(postgres_server: str) -> Iterator[Connection]:
    """A connection to a fresh, empty database."""
    server = psycopg2.connect(postgres_server)
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS warehouse WITH (FORCE)")
        cursor.execute("CREATE DATABASE warehouse")
    server.close()
    connection = psycopg2.connect(postgres_server, dbname="warehouse")
    yield connection
    connection.close()


def rows(connection: Connection, query: str) -> list[tuple]:
    with connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def run(connection: Connection, statement: str) -> None:
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)


def everything(connection: Connection) -> dict[str, list[tuple]]:
    return {
        table: rows(connection, f"SELECT xmin::text, * FROM shop.{table} ORDER BY 2")
        for table in TABLES
    }


def test_the_tables_hold_the_seeds(connection: Connection):
    """Rows read back from the warehouse are the typed rows of the seeds."""
    counts = warehouse.load(connection)

    orders = rows(connection, f"SELECT {', '.join(Order._fields)} FROM shop.orders ORDER BY 1")
    versions = rows(
        connection, f"SELECT {', '.join(Order._fields)} FROM shop.order_versions ORDER BY line"
    )
    customers = rows(
        connection, f"SELECT {', '.join(Customer._fields)} FROM shop.customers ORDER BY 1"
    )
    assert [Order(*row) for row in orders] == newest_orders(seeds.orders())
    assert [Order(*row) for row in versions] == seeds.orders()
    assert [Customer(*row) for row in customers] == seeds.customers()
    assert counts == {
        "suppliers": 8,
        "products": 80,
        "customers": 600,
        "orders": 3420,
        "order_versions": len(seeds.orders()),
        "reviews": 500,
        "clickstream": len(seeds.clickstream()),
    }


def test_loading_again_writes_nothing(connection: Connection):
    """The second load leaves every row as it is, not even rewritten."""
    warehouse.load(connection)
    before = everything(connection)
    warehouse.load(connection)
    assert everything(connection) == before


def test_loading_again_sets_the_shop_back(connection: Connection):
    """Rows that were changed, added or deleted in `shop` are as in the seeds again."""
    warehouse.load(connection)
    before = everything(connection)
    run(
        connection,
        """
        UPDATE shop.orders SET amount = 0, country = 'XX' WHERE order_id = 10001;
        DELETE FROM shop.reviews WHERE review_id = 1;
        INSERT INTO shop.suppliers VALUES ('new', 'New', 'DE', 'new@example.com');
        INSERT INTO shop.products VALUES (999, 'SKU-999', 'New', 'new', 1, 'new', 0);
        """,
    )
    warehouse.load(connection)
    after = everything(connection)
    assert {table: [row[1:] for row in found] for table, found in after.items()} == {
        table: [row[1:] for row in found] for table, found in before.items()
    }


def test_marts_are_left_alone(connection: Connection):
    """A lesson's own table keeps its rows, even if it refers to the shop's."""
    warehouse.load(connection)
    run(
        connection,
        """
        CREATE TABLE marts.favourites (
            customer_id integer PRIMARY KEY REFERENCES shop.customers ON DELETE CASCADE
        );
        INSERT INTO marts.favourites VALUES (1), (600);
        """,
    )
    warehouse.load(connection)
    assert rows(connection, "SELECT * FROM marts.favourites ORDER BY 1") == [(1,), (600,)]


def test_a_load_that_fails_changes_nothing(connection: Connection, monkeypatch: pytest.MonkeyPatch):
    """One bad row undoes the whole load, schemas included."""
    bad = seeds.reviews()
    bad[-1] = bad[-1]._replace(rating=6)
    monkeypatch.setattr(seeds, "reviews", lambda: bad)
    with pytest.raises(psycopg2.errors.CheckViolation):
        warehouse.load(connection)
    assert rows(connection, "SELECT 1 FROM pg_namespace WHERE nspname IN ('shop', 'marts')") == []


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_a_primary_key(connection: Connection, table: str):
    """A row can be found by its key in each table."""
    warehouse.load(connection)
    query = f"SELECT 1 FROM pg_index WHERE indrelid = 'shop.{table}'::regclass AND indisprimary"
    assert rows(connection, query) == [(1,)]


def test_an_order_needs_its_customer(connection: Connection):
    """Foreign keys hold: an order of an unknown customer is refused."""
    warehouse.load(connection)
    with pytest.raises(psycopg2.errors.ForeignKeyViolation):
        run(connection, "UPDATE shop.orders SET customer_id = 9999 WHERE order_id = 10001")
