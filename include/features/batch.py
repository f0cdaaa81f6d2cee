"""Features computed in the warehouse, each week's from what was known at its moment.

A row of `shop.orders` is what is known today. What was known on a Monday are the versions that had
been recorded by then: an order that was cancelled later counted, one that was recorded late did
not. Whoever computes the past from today's rows gives a model a look into the future.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

Connect = Callable[[], Any]
"""Opens a connection to PostgreSQL."""

FIRST = datetime(2026, 1, 12, tzinfo=UTC)
"""The first Monday that has features."""

HORIZON = timedelta(days=14)
"""In this time a customer buys again, or does not: what a model shall foresee."""

TABLES = """
CREATE SCHEMA IF NOT EXISTS feast;
CREATE TABLE IF NOT EXISTS marts.customer_activity (
    customer_id integer, at timestamptz, orders_30d integer NOT NULL,
    revenue_30d double precision NOT NULL, days_idle double precision NOT NULL,
    computed_for bigint NOT NULL, PRIMARY KEY (customer_id, at)
);
CREATE TABLE IF NOT EXISTS marts.repurchase_training (
    order_id integer PRIMARY KEY, customer_id integer NOT NULL, ordered_at timestamptz NOT NULL,
    buys_again boolean NOT NULL, orders_30d integer NOT NULL,
    revenue_30d double precision NOT NULL, days_idle double precision NOT NULL,
    computed_for bigint NOT NULL
)
"""
COMPUTE = """
WITH mondays AS (
    SELECT at FROM generate_series(%(first)s::timestamptz, %(last)s, interval '7 days') AS days(at)
), known AS (
    SELECT DISTINCT ON (at, order_id) at, order_id, customer_id, ordered_at, amount, status
    FROM mondays JOIN shop.order_versions ON updated_at < at
    ORDER BY at, order_id, updated_at DESC
), active AS (
    SELECT *, ordered_at >= at - interval '30 days' AND status <> 'cancelled' AS counts FROM known
)
INSERT INTO marts.customer_activity
SELECT c.customer_id, m.at, count(*) FILTER (WHERE counts),
    coalesce(sum(amount) FILTER (WHERE counts), 0)::double precision,
    extract(epoch FROM m.at - coalesce(max(ordered_at), c.signed_up)) / 86400,
    extract(epoch FROM m.at)
FROM mondays m JOIN shop.customers c ON c.signed_up < m.at
LEFT JOIN active a ON a.customer_id = c.customer_id AND a.at = m.at
GROUP BY c.customer_id, m.at
ON CONFLICT (customer_id, at) DO UPDATE SET (orders_30d, revenue_30d, days_idle, computed_for)
    = (excluded.orders_30d, excluded.revenue_30d, excluded.days_idle, excluded.computed_for)
"""
DECISIONS = """
SELECT order_id, customer_id, ordered_at, EXISTS (
    SELECT FROM shop.orders later WHERE later.customer_id = o.customer_id
    AND later.ordered_at > o.ordered_at AND later.ordered_at <= o.ordered_at + %(horizon)s)
FROM shop.orders o WHERE ordered_at >= %(first)s AND ordered_at + %(horizon)s < %(last)s
ORDER BY order_id
"""
DECISION_COLUMNS = ("order_id", "customer_id", "event_timestamp", "buys_again")


def monday(week: int) -> datetime:
    """Return the Monday on which the shop's week `week` ends; the first is 12 January 2026."""
    return FIRST + timedelta(weeks=week - 1)


def compute(connect: Connect, last: datetime) -> int:
    """Compute the features of every Monday up to `last`; return how many rows there are then.

    Rows of later Mondays stay: the table only grows, and a repeated run changes nothing.
    """
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(COMPUTE, {"first": FIRST, "last": last})
        cursor.execute("SELECT count(*) FROM marts.customer_activity")
        rows: int = cursor.fetchone()[0]
        connection.commit()
    return rows


def read_batch(connect: Connect) -> list[tuple[Any, ...]]:
    """Return every row of the batch, in the order of its columns."""
    return _select(connect, "SELECT * FROM marts.customer_activity ORDER BY at, customer_id")


def newest(rows: Sequence[Sequence[Any]]) -> datetime:
    """Return the moment of the last batch.

    Raises:
        ValueError: there was none.
    """
    if not rows:
        raise ValueError("No features have been computed yet.")
    moment: datetime = max(row[1] for row in rows)
    return moment


def read_newest(connect: Connect) -> list[tuple[Any, ...]]:
    """Return the newest row of each customer."""
    sql = "SELECT DISTINCT ON (customer_id) * FROM marts.customer_activity"
    return _select(connect, f"{sql} ORDER BY customer_id, at DESC")


def read_decisions(connect: Connect, last: datetime) -> list[tuple[Any, ...]]:
    """Return the orders of which is known, by `last`, whether the customer bought again.

    Each with its customer, its moment and the answer: what a model shall learn to foresee.
    """
    parameters = {"first": FIRST, "last": last, "horizon": HORIZON}
    return _select(connect, DECISIONS, parameters)


def write_training_set(connect: Connect, rows: Sequence[Sequence[Any]]) -> None:
    """Let the training set be exactly these rows."""
    from include.data.replace import replace_rows

    replace_rows(connect, {"marts.repurchase_training": rows})


def _select(
    connect: Connect, sql: str, parameters: dict[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
