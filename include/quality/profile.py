"""What a column of data looks like: how much is there, how much is missing, what is usual."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from statistics import fmean
from typing import NamedTuple

COMMON = 3

TABLE = """
CREATE TABLE IF NOT EXISTS marts.data_profiles (
    month text, "column" text, rows integer, missing integer, distinct_values integer,
    least double precision, mean double precision, most double precision, common text,
    PRIMARY KEY (month, "column")
)
"""


class Profile(NamedTuple):
    """A column of a month: `least`, `mean` and `most` are None where it holds no numbers."""

    month: str
    column: str
    rows: int
    missing: int
    distinct_values: int
    least: float | None
    mean: float | None
    most: float | None
    common: str


def profile(month: str, columns: Mapping[str, Sequence[Hashable]]) -> list[Profile]:
    """Describe each column by its values; None is a missing one."""
    return [_column(month, name, values) for name, values in columns.items()]


def _column(month: str, name: str, values: Sequence[Hashable]) -> Profile:
    known = [value for value in values if value is not None]
    numbers = [float(value) for value in known if isinstance(value, int | float | Decimal)]
    measured: tuple[float | None, ...] = (None, None, None)
    if numbers and len(numbers) == len(known):
        measured = (min(numbers), round(fmean(numbers), 4), max(numbers))
    often = sorted(Counter(known).items(), key=lambda one: (-one[1], str(one[0])))[:COMMON]
    common = ", ".join(f"{value} ({count / len(known):.0%})" for value, count in often)
    facts = len(values), len(values) - len(known), len(set(known))
    return Profile._make((month, name, *facts, *measured, common))
