"""A chain of records that shows whether one of them was changed.

Each record carries a SHA-256 over its own facts and the hash of the record before it, the way that
RFC 6962 and Haber and Stornetta ("How to time-stamp a digital document", 1991) link documents: who
changes one record has to compute all later ones anew, and still misses a head that is kept
elsewhere.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

BEGINNING = "0" * 64
"""What stands for the hash before the first record."""


class Entry(NamedTuple):
    """What is to be recorded: who did what with which subject, and when (ISO 8601)."""

    at: str
    who: str
    what: str
    subject: str
    details: str


class Record(NamedTuple):
    """An entry at its place in the chain, counted from 1."""

    number: int
    entry: Entry
    hash: str


class ChainBrokenError(Exception):
    """A record is not what it was when it was written; the message names it."""


def digest(previous: str, number: int, entry: Entry) -> str:
    """Return the hash of an entry at its place, 64 hexadecimal digits."""
    facts = json.dumps([previous, number, *entry], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(facts.encode()).hexdigest()


def extend(head: Record | None, entries: Iterable[Entry]) -> Iterator[Record]:
    """Chain entries to the last record there is; None if there is none yet."""
    number, last = (head.number, head.hash) if head else (0, BEGINNING)
    for entry in entries:
        number += 1
        last = digest(last, number, entry)
        yield Record(number, entry, last)


def verify(records: Iterable[Record], head: tuple[int, str] | None = None) -> int:
    """Return how many records there are, from the first on, each as it was written.

    Args:
        records: the whole chain, in the order of its numbers.
        head: number and hash of a record, kept elsewhere; the chain has to hold it still.

    Raises:
        ChainBrokenError: a record was changed, is missing, or the chain ends before `head`.
    """
    number, last = 0, BEGINNING
    for record in records:
        number += 1
        if record.number != number:
            raise ChainBrokenError(f"Record {number} is missing: after it comes {record.number}.")
        last = digest(last, number, record.entry)
        if record.hash != last:
            raise ChainBrokenError(f"Record {number} is not as it was written: {record.entry}.")
        if head and number == head[0] and record.hash != head[1]:
            raise ChainBrokenError(f"The chain was written anew up to its record {number}.")
    if head and number < head[0]:
        raise ChainBrokenError(f"Records {number + 1} to {head[0]} are missing at the end.")
    return number
