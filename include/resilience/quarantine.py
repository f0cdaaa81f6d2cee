"""Sorts records into good ones and those to put aside, each with its reason; none is lost."""

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

from include.retail.records import Record, RecordError

Good = TypeVar("Good")


class Refused(NamedTuple):
    """A record as it came, and what is wrong with it."""

    record: Record
    reason: str


class Sorted(NamedTuple, Generic[Good]):
    """What became of a batch: each record is in one of the two lists."""

    good: list[Good]
    refused: list[Refused]


def sort_out(records: Iterable[Record], parse: Callable[[Record], Good]) -> Sorted[Good]:
    """Read each record; put it aside with the reason if `parse` raises a RecordError."""
    result: Sorted[Good] = Sorted([], [])
    for record in records:
        try:
            result.good.append(parse(record))
        except RecordError as error:
            result.refused.append(Refused(record, str(error)))
    return result
