"""Products that run out: which they are, and the message that says so in Slack."""

from typing import NamedTuple

from include.notifications.slack import (
    FIELDS,
    Block,
    buttons,
    context,
    divider,
    escape,
    header,
    section,
)


class Shortage(NamedTuple):
    """A product with few units left, and who supplies it."""

    name: str
    stock: int
    supplier: str


def shortage_message(shortages: list[Shortage], limit: int, link: str) -> list[Block]:
    """Say in blocks which products have at most `limit` units; `link` leads to the run."""
    if not shortages:
        return [
            section(f"No product has {limit} units or fewer."),
            buttons({"Open in Airflow": link}),
        ]
    sold_out = sum(one.stock == 0 for one in shortages)
    shown, more = shortages[:FIELDS], len(shortages) - FIELDS
    left = {one.name: f"{one.stock or 'none'} left · {one.supplier}" for one in shown}
    rest = f"and {more} more: {', '.join(one.name for one in shortages[FIELDS:])}"
    return [
        header(f"{len(shortages)} products run out"),
        section(f"*{sold_out}* are sold out, the others have {limit} units or fewer.", left),
        *([context(escape(rest))] if more > 0 else []),
        divider(),
        buttons({"Open in Airflow": link}),
    ]
