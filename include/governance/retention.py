"""How long data stays: what has expired goes, what a court or a dispute holds stays."""

from datetime import date, timedelta
from typing import NamedTuple

TABLE = "marts.governance_orders"
KEEP_DAYS = 60
"""How long the shop keeps an order in this table after it was placed."""

HOLDS = {17: "dispute about a delivery", 42: "tax audit"}
"""Customers whose orders may not be deleted, with the reason."""

MAKE = [
    f"""
    CREATE TABLE IF NOT EXISTS {TABLE} (
        order_id integer PRIMARY KEY, customer_id integer, country text, amount numeric(10, 2),
        ordered_at timestamptz
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS marts.governance_holds (customer_id integer PRIMARY KEY, why text)
    """,
    f"DELETE FROM {TABLE}",
    f"""
    INSERT INTO {TABLE} (order_id, customer_id, country, amount, ordered_at)
    SELECT o.order_id AS order_id, o.customer_id AS customer_id, o.country AS country,
           o.amount AS amount, o.ordered_at AS ordered_at
    FROM shop.orders o
    WHERE o.ordered_at < DATE '{{{{ params.today }}}}' - {{{{ 3 * (params.event == "late_data") }}}}
    """,
]
"""The table anew, as a template of Airflow: if `event` is `late_data`, three days are missing."""

HOLD = "INSERT INTO marts.governance_holds VALUES (%s, %s) ON CONFLICT (customer_id) DO NOTHING"

ENFORCE = f"""
WITH expired AS (
    SELECT order_id, customer_id IN (SELECT customer_id FROM marts.governance_holds) AS held
    FROM {TABLE} WHERE ordered_at < %(before)s
), gone AS (
    DELETE FROM {TABLE} WHERE order_id IN (SELECT order_id FROM expired WHERE NOT held)
    RETURNING order_id
)
SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM expired WHERE held)
"""


class Enforced(NamedTuple):
    """What was done: rows that went, and rows that have expired and are held."""

    before: str
    deleted: int
    held: int


def expired_before(today: date, keep_days: int = KEEP_DAYS) -> date:
    """The first day that is still kept.

    Raises:
        ValueError: `keep_days` is negative, and would delete what is yet to come.
    """
    if keep_days < 0:
        raise ValueError(f"keep_days: {keep_days} is negative.")
    return today - timedelta(days=keep_days)
