"""What kind of data a column holds, by its name and by a sample of its values.

A name alone is guessed wrong where a table calls everything `name`; a sample alone knows no birth
year from any other number. Both together are held to a stated precision and recall by the tests.
"""

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple


class Kind(IntEnum):
    """How carefully data has to be treated; the higher, the more."""

    PUBLIC = 0
    CONFIDENTIAL = 1
    PII = 2

    @property
    def tag(self) -> str:
        """The word by which a catalogue finds it."""
        return self.name.lower()


class Finding(NamedTuple):
    """What was found of a column, and by which of the two."""

    table: str
    column: str
    kind: Kind
    by: str


NAMES = re.compile(
    r"e?mail(_address)?|phone|mobile|iban|address|street|birth_(year|date)|(first|last|full)_name"
)
ABOUT_PEOPLE = re.compile(r"(customer|session|user)_id|comment")
EMAIL = re.compile(r"(?P<who>[^@\s]+)@[^@\s]+\.[a-z]{2,}")
ROLE = re.compile(r"(orders|info|sales|support|hello|office|contact)([.+-].*)?")
PERSON = re.compile(r"[^\W\d_][\w'’-]+( [^\W\d_a-zà-þ][\w'’-]+)+")
PHONE = re.compile(r"(\+|0)\d[\d /-]{6,}\d")
SHARE = 0.9
"""The share of a sample's values that have to look alike; real columns hold some noise."""


def classify(table: str, columns: Mapping[str, Sequence[Any]]) -> list[Finding]:
    """Classify each column of a table.

    Args:
        table: its name, as `schema.name`.
        columns: a sample of the values of each column.
    """
    return [Finding(table, name, *_kind(name, values)) for name, values in columns.items()]


def tags(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The tags of a table: all that its columns are, but public only if nothing else is."""
    kinds = {finding.kind for finding in findings} - {Kind.PUBLIC}
    if Kind.PII in kinds:
        kinds.add(Kind.CONFIDENTIAL)
    return tuple(sorted(kind.tag for kind in kinds or {Kind.PUBLIC}))


def precision_and_recall(
    found: set[tuple[str, str]], true: set[tuple[str, str]]
) -> tuple[float, float]:
    """How much of what was found is true, and how much of what is true was found.

    Raises:
        ValueError: nothing was found, or nothing is true; then there is no such share.
    """
    if not found or not true:
        raise ValueError("found, true: neither may be empty.")
    return len(found & true) / len(found), len(found & true) / len(true)


def _kind(name: str, values: Sequence[Any]) -> tuple[Kind, str]:
    words = [str(value) for value in values if value not in (None, "")]
    addresses = [found["who"] for word in words if (found := EMAIL.fullmatch(word))]
    if words and len(addresses) >= SHARE * len(words):
        # A firm's own mailbox points to no person.
        roles = sum(ROLE.fullmatch(who) is not None for who in addresses)
        return (Kind.CONFIDENTIAL if roles >= SHARE * len(addresses) else Kind.PII), "sample"
    if NAMES.fullmatch(name):
        return Kind.PII, "name"
    if _share(words, PHONE) >= SHARE:
        return Kind.PII, "sample"
    if name.endswith("name") and _share(words, PERSON) >= SHARE:
        return Kind.PII, "name and sample"
    return (Kind.CONFIDENTIAL, "name") if ABOUT_PEOPLE.fullmatch(name) else (Kind.PUBLIC, "")


def _share(words: Sequence[str], pattern: re.Pattern[str]) -> float:
    return sum(pattern.fullmatch(word) is not None for word in words) / len(words) if words else 0
