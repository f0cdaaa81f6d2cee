"""Tells whether two places hold the same rows, whatever order they give them back in."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from include.retail.records import csv_text


class Fingerprint(NamedTuple):
    """How many rows there are, and the SHA-256 (hexadecimal) of all of them."""

    rows: int
    sha256: str


class DifferentRowsError(ValueError):
    """Places that should hold the same rows do not."""


def fingerprint(rows: Iterable[Iterable[object]]) -> Fingerprint:
    """Return the fingerprint of typed rows.

    Each row is written as a line of CSV and the lines are sorted first: a table has no order, and a
    row that is there twice counts twice.
    """
    lines = sorted(csv_text((), [row]) for row in rows)
    return Fingerprint(len(lines), hashlib.sha256("".join(lines).encode()).hexdigest())


def require_equal(places: Mapping[str, Fingerprint]) -> Fingerprint:
    """Return the one fingerprint that all places have.

    Raises:
        DifferentRowsError: they differ; the message names each place with what it has.
    """
    if len(set(places.values())) != 1:
        each = ", ".join(f"{name}: {of.rows} rows {of.sha256[:12]}" for name, of in places.items())
        raise DifferentRowsError(f"The rows are not the same everywhere: {each}.")
    return next(iter(places.values()))
