"""Customers as a model meets them month by month, and what they did later.

Drawn from a seed: the shop's own customers, asked about again and again. In March they leave for
the reasons that the seeds know. Then the shop sells subscriptions: orders come by plan, so a long
time without one says nothing any more, while each call to the support weighs twice.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from include.data import seeds
from include.data.dice import Dice
from include.ml.datasets import DATASETS
from include.ml.examples import Example

DATASET = DATASETS["customers"]


class World(NamedTuple):
    """How customers behave: what makes them leave, and how far apart their orders are.

    Each weight is added to the log odds of leaving, for one unit of its feature.
    """

    name: str
    intercept: float
    idle: float
    tickets: float
    orders: float
    newsletter: float
    stretch: float


SALES = World("sales", -1.2, 0.018, 0.5, -0.1, -0.5, 1.0)
SUBSCRIPTIONS = World("subscriptions", -1.6, -0.01, 1.4, -0.05, -1.2, 2.2)


class Request(NamedTuple):
    """Somebody about whom a model is asked; the label is known weeks later."""

    request_id: int
    country: str
    features: dict[str, float | None]
    label: bool

    def example(self) -> Example:
        """The same as a model learns from it."""
        return Example(self.request_id, self.features, self.label)


def draw(world: World, batch: str, number: int, first_id: int = 1) -> list[Request]:
    """Return so many requests of a world; the same for the same batch."""
    dice, customers = Dice(f"{world.name} {batch}"), seeds.customers()
    drawn = []
    for request_id in range(first_id, first_id + number):
        customer = dice.pick(customers)
        record = {**customer._asdict(), "signed_up": customer.signed_up.isoformat()}
        features = DATASET.features(record)
        idle = (features["days_since_last_order"] or 0) * world.stretch
        features |= {"days_since_last_order": idle, "support_tickets": float(_tickets(dice))}
        left = dice.share() < 1 / (1 + math.exp(-_leaning(world, features)))
        drawn.append(Request(request_id, customer.country, features, left))
    return drawn


def columns(requests: Sequence[Request]) -> dict[str, list[float | None]]:
    """Return the values of each feature."""
    return {name: [one.features[name] for one in requests] for name in requests[0].features}


def _tickets(dice: Dice) -> int:
    return dice.weighted({0: 45, 1: 25, 2: 15, 3: 9, 4: 4, 5: 2})


def _leaning(world: World, features: dict[str, float | None]) -> float:
    known = {name: value or 0.0 for name, value in features.items()}
    return (
        world.intercept
        + world.idle * min(known["days_since_last_order"], 120)
        + world.tickets * known["support_tickets"]
        + world.orders * min(known["orders_last_90d"], 12)
        + world.newsletter * known["newsletter"]
    )
