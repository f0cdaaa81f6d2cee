"""What a classifier learns from: examples, cut into a part for training and a part for testing."""

import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pandas import DataFrame

TEST_PERCENT = 30
PARTS = ("train", "test")


class Example(NamedTuple):
    """One row: numbers that are known beforehand (None: not known), and what then happened."""

    row_id: int
    features: dict[str, float | None]
    label: bool


def part_of(row_id: int) -> str:
    """Return `train` or `test`.

    A hash decides and not a shuffle, so a row stays in its part when others come or go: no model
    is ever tested on a row that an older one was trained on.
    """
    digest = hashlib.sha256(f"row {row_id}".encode()).digest()
    return "test" if int.from_bytes(digest[:4]) % 100 < TEST_PERCENT else "train"


def part(examples: Iterable[Example], name: str) -> list[Example]:
    """Return the examples of one part.

    Raises:
        ValueError: there is no such part.
    """
    if name not in PARTS:
        raise ValueError(f"There is no part '{name}': take one of {', '.join(PARTS)}.")
    return [example for example in examples if part_of(example.row_id) == name]


def fingerprint(examples: Iterable[Example]) -> str:
    """Return twelve hexadecimal digits that differ as soon as one value does, in any order."""
    lines = sorted(json.dumps(example, sort_keys=True) for example in examples)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def frame(examples: Iterable[Example]) -> "DataFrame":
    """Return the features as a table, a column of numbers for each; what is not known is NaN."""
    from pandas import DataFrame

    examples = list(examples)
    rows = [example.row_id for example in examples]
    table = DataFrame([example.features for example in examples], index=rows, dtype="float64")
    # A model asks for its columns in their order; JSON and SQL keep an order of their own.
    return table.sort_index(axis="columns")


def labels(examples: Iterable[Example]) -> list[bool]:
    """Return what happened, example by example."""
    return [example.label for example in examples]
