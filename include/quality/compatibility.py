"""Whether a new version of a schema breaks those who read or write the old one.

The question behind all modes: can a *reader* with one schema read whatever a *writer* with another
may write? BACKWARD: the new schema reads what the old one wrote, so readers are upgraded first.
FORWARD: the old schema reads what the new one writes, so writers are. FULL: both. The names are
those of Confluent's schema registry.

Two things are agreed on. A writer writes only fields that its schema names. A reader fills in its
defaults before it looks at a message.
"""

from decimal import Decimal
from enum import StrEnum
from math import floor, inf
from typing import Any, NamedTuple

from include.quality.schemas import NOTES, Schema, fill_defaults, problems


class Mode(StrEnum):
    """Who has to understand whom."""

    BACKWARD = "BACKWARD"
    FORWARD = "FORWARD"
    FULL = "FULL"


class Rule(StrEnum):
    """What a reader's schema must not do to a writer's."""

    FIELD_REQUIRED = "a field without default is required that a writer may leave out"
    FIELD_UNKNOWN = "a field is refused that a writer may write"
    TYPE_NARROWED = "a type is refused that a writer may write"
    VALUE_REMOVED = "a value is refused that a writer may write"
    BOUNDS_TIGHTENED = "a bound is tighter than the writer's"
    TEXT_RESTRICTED = "a pattern or format is asked for that a writer does not keep"
    ITEMS_RESTRICTED = "items have to differ that a writer may repeat"


class Problem(NamedTuple):
    """A rule that is broken: where, by what, and for which reader."""

    rule: Rule
    path: str
    detail: str
    reader: str

    def __str__(self) -> str:
        return f"{self.rule.name} at {self.path}: {self.detail} (the {self.reader} schema reads)"


KINDS = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
SIZES = {"Length": "string", "Items": "array"}


def check(new: Schema, old: Schema, mode: Mode) -> list[Problem]:
    """Return every way in which the new schema breaks the old one, in this mode: none if it may.

    Both have to be understood: see `include.quality.schemas.require_understood`.
    """
    found = []
    if mode is not Mode.FORWARD:
        found += _unreadable(new, old, "", "new")
    if mode is not Mode.BACKWARD:
        found += _unreadable(old, new, "", "old")
    return found


def _unreadable(reader: Schema, writer: Schema, path: str, who: str) -> list[Problem]:
    """What a reader cannot read of what a writer may write, at this path and below."""
    if not reader.keys() - NOTES:
        return []
    where = path.removeprefix(".") or "the message"

    def problem(rule: Rule, detail: str) -> Problem:
        return Problem(rule, where, detail, who)

    if (values := _values(writer)) is not None:
        lost = [value for value in values if problems(fill_defaults(value, reader), reader)]
        return [problem(Rule.VALUE_REMOVED, f"{value!r}") for value in lost]
    if _values(reader) is not None:
        return [problem(Rule.VALUE_REMOVED, f"only {_values(reader)} are read")]
    kinds = _kinds(writer)
    found = [problem(Rule.TYPE_NARROWED, kind) for kind in sorted(kinds - _kinds(reader))]
    found += [problem(Rule.BOUNDS_TIGHTENED, text) for text in _tighter(reader, writer, kinds)]
    if "string" in kinds:
        found += [
            problem(Rule.TEXT_RESTRICTED, f"{keyword} {reader[keyword]!r}")
            for keyword in ("pattern", "format")
            if keyword in reader and reader[keyword] != writer.get(keyword)
        ]
    if "array" in kinds:
        if reader.get("uniqueItems") and not writer.get("uniqueItems"):
            found.append(problem(Rule.ITEMS_RESTRICTED, "uniqueItems"))
        items = reader.get("items", {}), writer.get("items", {})
        found += _unreadable(*items, f"{path}[]", who)
    return found + (_fields(reader, writer, path, who) if "object" in kinds else [])


def _fields(reader: Schema, writer: Schema, path: str, who: str) -> list[Problem]:
    read, written = reader.get("properties", {}), _written(writer)
    found = []
    for name in reader.get("required", []):
        if name not in writer.get("required", []) and "default" not in read.get(name, {}):
            detail = "it may be left out" if name in written else "it is never written"
            found.append(Problem(Rule.FIELD_REQUIRED, f"{path}.{name}"[1:], detail, who))
    for name, field in written.items():
        if name in read:
            found += _unreadable(read[name], field, f"{path}.{name}", who)
        elif not reader.get("additionalProperties", True):
            detail = "additionalProperties is false"
            found.append(Problem(Rule.FIELD_UNKNOWN, f"{path}.{name}"[1:], detail, who))
    return found


def _written(writer: Schema) -> dict[str, Schema]:
    return {**{name: {} for name in writer.get("required", [])}, **writer.get("properties", {})}


def _values(schema: Schema) -> list[Any] | None:
    """The only values that there are; None if they are not listed."""
    if "const" in schema:
        return [schema["const"]]
    values: list[Any] | None = schema.get("enum")
    return values


def _kinds(schema: Schema) -> frozenset[str]:
    given = schema.get("type", KINDS)
    kinds = frozenset({given} if isinstance(given, str) else given)
    # A whole number is a number too.
    return kinds | {"integer"} if "number" in kinds else kinds


def _tighter(reader: Schema, writer: Schema, kinds: frozenset[str]) -> list[str]:
    """Each bound of the reader that a writer's value may lie outside of."""
    found = []
    if kinds & {"integer", "number"}:
        whole = "number" not in kinds
        read, written = _range(reader, whole), _range(writer, whole)
        if read[0] > written[0]:
            found.append(f"the least is {read[0][0]}, a writer's {written[0][0]}")
        if read[1] < written[1]:
            found.append(f"the most is {read[1][0]}, a writer's {written[1][0]}")
        if "multipleOf" in reader and not _is_multiple(reader, writer, whole):
            found.append(f"multipleOf {reader['multipleOf']}")
    for word, kind in SIZES.items():
        if kind in kinds:
            least, most = f"min{word}", f"max{word}"
            if reader.get(least, 0) > writer.get(least, 0):
                found.append(f"{least} {reader[least]}, a writer's {writer.get(least, 0)}")
            if reader.get(most, inf) < writer.get(most, inf):
                found.append(f"{most} {reader[most]}, a writer's {writer.get(most, 'any')}")
    return found


Bound = tuple[float, bool]


def _range(schema: Schema, whole: bool) -> tuple[Bound, Bound]:
    """Least and most: the number, and for the least whether it is left out, for the most if not.

    So that of two bounds the tighter least is the greater, the tighter most the smaller.
    """
    above, below = schema.get("exclusiveMinimum", -inf), schema.get("exclusiveMaximum", inf)
    least: list[Bound] = [(schema.get("minimum", -inf), False), (above, True)]
    most: list[Bound] = [(schema.get("maximum", inf), True), (below, False)]
    if whole:
        least = [(_next(number, open_), False) for number, open_ in least]
        most = [(-_next(-number, not closed), True) for number, closed in most]
    return max(least), min(most)


def _next(number: float, open_: bool) -> float:
    """The smallest whole number from here on, or above here."""
    if number in (inf, -inf):
        return number
    return floor(number) + 1 if open_ else -floor(-number)


def _is_multiple(reader: Schema, writer: Schema, whole: bool) -> bool:
    step = writer.get("multipleOf", 1 if whole else None)
    return step is not None and Decimal(str(step)) % Decimal(str(reader["multipleOf"])) == 0
