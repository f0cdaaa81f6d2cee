"""Which route a batch of paid orders takes out of the warehouse: express, standard or review.

A batch with an order that a person should look at goes to review. What is left goes by size: a
small batch is packed by hand at once (express), a larger one waits for the next lorry (standard).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from include.retail.orders import Order

EXPRESS_UP_TO = 10
"""So many orders are packed by hand within the hour."""


def reasons_for_review(batch: Sequence[Order], large_from: Decimal) -> list[str]:
    """Say why a person should look at the batch, one sentence per order; none if nobody has to.

    `large_from` is the amount in EUR from which an order is checked for fraud.
    """
    reasons = []
    for order in batch:
        if order.country is None:
            reasons.append(f"Order {order.order_id} has no country to send it to.")
        if order.amount >= large_from:
            reasons.append(f"Order {order.order_id} of {order.amount} EUR is a large one.")
    return reasons


def speed_of(orders: int) -> Literal["express", "standard"]:
    """Return how fast a batch of so many orders leaves."""
    return "express" if orders <= EXPRESS_UP_TO else "standard"
