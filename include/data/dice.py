"""Chance that falls the same on every platform and Python version.

Only `random.Random.random()` is used, whose sequence Python promises to keep for a seed; all else
is integer arithmetic on it.
"""

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A seeded source of choices; each seed has its own, independent sequence."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def share(self) -> float:
        """Return a number from 0 up to, not including, 1."""
        return self._random.random()

    def between(self, low: int, high: int) -> int:
        """Return an integer from `low` to `high`, both included."""
        return low + int(self.share() * (high - low + 1))

    def chance(self, percent: int) -> bool:
        """Return True in `percent` of 100 cases."""
        return self.between(1, 100) <= percent

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items, each as likely as the others."""
        return items[self.between(0, len(items) - 1)]

    def weighted(self, weights: Mapping[T, int]) -> T:
        """Return one of the keys, as likely as its weight says."""
        rest = self.between(1, sum(weights.values()))
        for item, weight in weights.items():
            rest -= weight
            if rest <= 0:
                return item
        raise ValueError("Give at least one weight above zero.")

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """Return `count` different items in random order."""
        left = list(items)
        return [left.pop(self.between(0, len(left) - 1)) for _ in range(count)]
