"""Orders as messages of two schema versions, as they come in and as they are kept."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from include.data.replace import Rows, replace_rows
from include.quality.schemas import Schema, read
from include.resilience.quarantine import sort_out
from include.retail.orders import Order

TABLES = [
    """
    CREATE TABLE IF NOT EXISTS marts.order_messages (
        line integer PRIMARY KEY, message jsonb NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS marts.versioned_orders (
        order_id integer PRIMARY KEY, version integer NOT NULL, customer_id integer NOT NULL,
        country text, newsletter boolean NOT NULL, pieces integer NOT NULL,
        discount numeric NOT NULL, amount numeric(10, 2) NOT NULL, currency text NOT NULL,
        status text NOT NULL, ordered_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS marts.message_quarantine (
        line integer PRIMARY KEY, reason text NOT NULL, message jsonb NOT NULL
    )
    """,
]
EVERY_SPOILED = 100
"""Of so many messages one is not as it should be, each of the faults in turn."""

FAULTS: tuple[dict[str, Any], ...] = (
    {"lines": [{"product_id": 1, "quantity": "two", "discount": 0}]},
    {"customer": {}},
    {"status": "lost"},
    {"ordered_at": "yesterday"},
    {"version": 7},
)


def write(orders: Iterable[tuple[Order, bool]]) -> Iterator[dict[str, Any]]:
    """Write each order, and whether its customer has the newsletter, as the shop's apps do.

    Those of the channel `app` are of version 2, all others of version 1.
    """
    for number, (order, newsletter) in enumerate(orders, start=1):
        version = 2 if order.channel == "app" else 1
        body: dict[str, Any] = {
            "order_id": order.order_id,
            "customer": {"id": order.customer_id, "country": order.country},
            "lines": [{"product_id": order.product_id, "quantity": order.quantity}],
            "amount": float(order.amount),
            "status": order.status,
            "ordered_at": order.ordered_at.isoformat(),
        }
        if version == 2:
            body["customer"]["newsletter"] = newsletter
            body["currency"] = "EUR"
            body["lines"][0]["discount"] = 0
        if number % EVERY_SPOILED == 0:
            body |= FAULTS[number // EVERY_SPOILED % len(FAULTS)]
        yield {"line": number, "version": body.pop("version", version), "body": body}


def load(
    connect: Callable[[], Any],
    messages: Iterable[Mapping[str, Any]],
    versions: Mapping[int, Schema],
    reader: Schema,
) -> dict[str, int]:
    """Replace orders and quarantine by these messages; return how many of each version, and more.

    A message that does not fit goes to the quarantine whole, with the path and the reason.
    """

    def parse(message: Mapping[str, Any]) -> tuple[Any, ...]:
        return _row(message["version"], read(message, versions, reader))

    good, refused = sort_out(messages, parse)
    tables: dict[str, Rows] = {
        "marts.versioned_orders": good,
        "marts.message_quarantine": [
            (one.record["line"], one.reason, json.dumps(one.record)) for one in refused
        ],
    }
    replace_rows(connect, tables)
    counted = {f"version {number}": sum(row[1] == number for row in good) for number in versions}
    return {**counted, "quarantined": len(refused)}


def _row(version: int, order: Mapping[str, Any]) -> tuple[Any, ...]:
    customer, lines = order["customer"], order["lines"]
    return (
        *(order["order_id"], version, customer["id"], customer["country"], customer["newsletter"]),
        sum(line["quantity"] for line in lines),
        sum(line["discount"] for line in lines),
        *(order["amount"], order["currency"], order["status"], order["ordered_at"]),
    )
