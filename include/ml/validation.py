"""Says what is wrong with records before a model is trained on them."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from include.ml.datasets import Column, Dataset, Record

FEWEST_ROWS = 200
SMALLEST_CLASS = 0.1
"""The share of rows that each of the two answers has at least."""

SHOWN = 5


class InvalidRecordsError(ValueError):
    """The records are not fit to train on; the message says where and why."""


def require_valid(dataset: Dataset, records: Sequence[Record]) -> int:
    """Return how many records there are, if a model may be trained on them.

    Raises:
        InvalidRecordsError: they are too few, their ids are not unique, one answer is too rare, a
            value is missing or out of its limits. The first problems are named, column and row.
    """
    found = [*_problems_of_table(dataset, records), *_problems_of_values(dataset, records)]
    if found:
        more = f" And {len(found) - SHOWN} more." if len(found) > SHOWN else ""
        raise InvalidRecordsError(f"{dataset.name}: {' '.join(found[:SHOWN])}{more}")
    return len(records)


def _problems_of_table(dataset: Dataset, records: Sequence[Record]) -> list[str]:
    found = []
    if len(records) < FEWEST_ROWS:
        found.append(f"There are {len(records)} rows, at least {FEWEST_ROWS} are needed.")
    ids = Counter(record.get(dataset.row_id) for record in records)
    found += [f"{dataset.row_id} {key} is there {n} times." for key, n in ids.items() if n > 1]
    answers = Counter(record.get(dataset.label) for record in records)
    for answer in answers.keys() - {True, False}:
        found.append(f"{dataset.label} is {answer!r} in {answers[answer]} rows.")
    for answer in (True, False):
        if answers[answer] < SMALLEST_CLASS * len(records):
            found.append(f"{dataset.label} is {answer} in only {answers[answer]} rows.")
    return found


def _problems_of_values(dataset: Dataset, records: Sequence[Record]) -> list[str]:
    found = []
    for name, column in dataset.columns.items():
        missing = sum(record.get(name) is None for record in records)
        if missing > column.missing * len(records):
            found.append(f"{name} is missing in {missing} rows, {column.missing:.0%} may be.")
        found += [
            f"{name} is {record[name]!r} in row {record.get(dataset.row_id)},"
            f" not between {column.low} and {column.high}."
            for record in records
            if record.get(name) is not None and not _is_within(record[name], column)
        ]
    return found


def _is_within(value: Any, column: Column) -> bool:
    if isinstance(column.low, date):
        try:
            value = date.fromisoformat(value)
        except (TypeError, ValueError):
            return False
    # Written as a comparison that NaN does not pass.
    return isinstance(value, int | float | date) and bool(column.low <= value <= column.high)  # type: ignore[operator]
