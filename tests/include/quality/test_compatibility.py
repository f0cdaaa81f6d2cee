"""Whether a schema breaks another: the rules, and real messages that say the same."""

from typing import Any

import pytest

from include.quality import schemas
from include.quality.compatibility import Mode, Rule, check
from include.quality.schemas import fill_defaults, problems, require_understood
from tests.include.quality.examples import examples

Schema = dict[str, Any]


def has(field: Schema | None = None, required: bool = False, **more: Any) -> Schema:
    """An object with the field `id`, and a field `a` if one is given."""
    fields = {"id": {"type": "integer"}} | ({"a": field} if field is not None else {})
    names = ["id", "a"] if required else ["id"]
    return {"type": "object", "properties": fields, "required": names, **more}


TEXT: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
CLOSED = {"additionalProperties": False}
CODE = {"type": "string", "pattern": "^[A-Z]{2}$", "examples": ["DE", "FR"]}
NO, REQUIRED = None, Rule.FIELD_REQUIRED
NARROW, REMOVED = Rule.TYPE_NARROWED, Rule.VALUE_REMOVED
BOUND, TIGHT_TEXT = Rule.BOUNDS_TIGHTENED, Rule.TEXT_RESTRICTED


def array(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


CASES: dict[str, tuple[Schema, Schema, Rule | None, Rule | None]] = {
    # what: old, new, what breaks BACKWARD, what breaks FORWARD
    "nothing changes": (has(TEXT), has(TEXT), NO, NO),
    "an optional field comes": (has(), has(TEXT), NO, NO),
    "an optional field goes": (has(TEXT), has(), NO, NO),
    "a required field comes": (has(), has(TEXT, True), REQUIRED, NO),
    "a required field comes with a default": (has(), has({**TEXT, "default": ""}, True), NO, NO),
    "a required field goes": (has(TEXT, True), has(), NO, REQUIRED),
    "a required field with a default goes": (has({**TEXT, "default": ""}, True), has(), NO, NO),
    "a field becomes required": (has(TEXT), has(TEXT, True), REQUIRED, NO),
    "a field becomes optional": (has(TEXT, True), has(TEXT), NO, REQUIRED),
    "a field is renamed": (
        has(TEXT),
        {"type": "object", "properties": {**has()["properties"], "b": TEXT}, "required": ["id"]},
        NO,
        NO,
    ),
    "a field comes where readers are closed": (
        has(**CLOSED),
        has(TEXT, **CLOSED),
        NO,
        Rule.FIELD_UNKNOWN,
    ),
    "a field goes where readers are closed": (
        has(TEXT, **CLOSED),
        has(**CLOSED),
        Rule.FIELD_UNKNOWN,
        NO,
    ),
    "a reader is closed and knows every field": (has(TEXT), has(TEXT, **CLOSED), NO, NO),
    "a type is widened": (has(INTEGER), has(NUMBER), NO, NARROW),
    "a type is narrowed": (has(NUMBER), has(INTEGER), NARROW, NO),
    "a type is another": (has(TEXT), has(INTEGER), NARROW, NARROW),
    "null is allowed": (has(TEXT), has({"type": ["string", "null"]}), NO, NARROW),
    "any type is allowed": (has(TEXT), has({}), NO, NARROW),
    "an enum grows": (has({"enum": ["x"]}), has({"enum": ["x", "y"]}), NO, REMOVED),
    "an enum shrinks": (has({"enum": ["x", "y"]}), has({"enum": ["x"]}), REMOVED, NO),
    "an enum becomes any text": (has({"enum": ["x"]}), has(TEXT), NO, REMOVED),
    "an enum becomes a number": (has({"enum": ["x"]}), has(INTEGER), REMOVED, REMOVED),
    "an enum of numbers within bounds": (
        has({"enum": [1, 2]}),
        has({**INTEGER, "maximum": 1}),
        REMOVED,
        REMOVED,
    ),
    "a constant is another": (has({"const": 1}), has({"const": 2}), REMOVED, REMOVED),
    "a minimum comes": (has(INTEGER), has({**INTEGER, "minimum": 1}), BOUND, NO),
    "a minimum is lower": (
        has({**INTEGER, "minimum": 1}),
        has({**INTEGER, "minimum": 0}),
        NO,
        BOUND,
    ),
    "a minimum is left out": (
        has({**NUMBER, "minimum": 1}),
        has({**NUMBER, "exclusiveMinimum": 1}),
        BOUND,
        NO,
    ),
    "a whole minimum is written in another way": (
        has({**INTEGER, "minimum": 1}),
        has({**INTEGER, "exclusiveMinimum": 0}),
        NO,
        NO,
    ),
    "a whole maximum is written in another way": (
        has({**INTEGER, "maximum": 9}),
        has({**INTEGER, "exclusiveMaximum": 10}),
        NO,
        NO,
    ),
    "a maximum is lower": (
        has({**NUMBER, "maximum": 9}),
        has({**NUMBER, "maximum": 8.5}),
        BOUND,
        NO,
    ),
    "a maximum is left out": (
        has({**NUMBER, "maximum": 9}),
        has({**NUMBER, "exclusiveMaximum": 9}),
        BOUND,
        NO,
    ),
    "only even numbers": (has(INTEGER), has({**INTEGER, "multipleOf": 2}), BOUND, NO),
    "multiples of a multiple": (
        has({**INTEGER, "multipleOf": 6}),
        has({**INTEGER, "multipleOf": 2}),
        NO,
        BOUND,
    ),
    "cents": (has({**NUMBER, "multipleOf": 0.25}), has({**NUMBER, "multipleOf": 0.125}), NO, BOUND),
    "a text is shorter": (has(TEXT), has({**TEXT, "maxLength": 5}), BOUND, NO),
    "a text is longer": (has(TEXT), has({**TEXT, "minLength": 5}), BOUND, NO),
    "a pattern comes": (has(TEXT), has(CODE), TIGHT_TEXT, NO),
    "a pattern stays": (has(CODE), has(CODE), NO, NO),
    "a format comes": (has(TEXT), has({**TEXT, "format": "date-time"}), TIGHT_TEXT, NO),
    "an array has more": (
        has(array(INTEGER, maxItems=2)),
        has(array(INTEGER, maxItems=3)),
        NO,
        BOUND,
    ),
    "an array needs one": (has(array(INTEGER)), has(array(INTEGER, minItems=1)), BOUND, NO),
    "an array's items differ": (
        has(array(INTEGER)),
        has(array(INTEGER, uniqueItems=True)),
        Rule.ITEMS_RESTRICTED,
        NO,
    ),
    "an array's items are narrowed": (has(array(NUMBER)), has(array(INTEGER)), NARROW, NO),
    "an array's items come": (has({"type": "array"}), has(array(INTEGER)), NARROW, NO),
    "a field of an array's objects is required": (
        has(array(has())),
        has(array(has(TEXT, True))),
        REQUIRED,
        NO,
    ),
    "a field of an object comes with a default": (
        has(has()),
        has(has({**TEXT, "default": ""}, True)),
        NO,
        NO,
    ),
    "a field of an object is narrowed": (has(has(NUMBER)), has(has(INTEGER)), NARROW, NO),
}


def is_read(reader: Schema, writer: Schema) -> bool:
    """Whether jsonschema accepts, by the reader's schema, all that the writer may write."""
    written = examples(writer)
    assert all(not problems(value, writer) for value in written), "no example of the writer"
    return all(not problems(fill_defaults(value, reader), reader) for value in written)


@pytest.mark.parametrize("name", CASES)
def test_rules_and_messages_agree(name: str):
    """In each mode the rule is the expected one, and real messages are read or refused alike."""
    old, new, backward, forward = CASES[name]
    for schema in (old, new):
        require_understood(schema, name)

    found = {mode: {problem.rule for problem in check(new, old, mode)} for mode in Mode}

    assert found[Mode.BACKWARD] == ({backward} if backward else set())
    assert found[Mode.FORWARD] == ({forward} if forward else set())
    assert found[Mode.FULL] == {rule for rule in (backward, forward) if rule}
    assert is_read(new, old) is (backward is None)
    assert is_read(old, new) is (forward is None)


def test_a_problem_says_where_and_for_whom():
    """The rule's name, the path and which schema reads."""
    old, new = has(array(has(NUMBER))), has(array(has(INTEGER)))

    (problem,) = check(new, old, Mode.FULL)

    assert str(problem) == "TYPE_NARROWED at a[].a: number (the new schema reads)"


def test_a_field_that_only_has_to_be_there_may_be_anything():
    """A writer that does not say what a field is may write any value."""
    old: Schema = {"type": "object", "required": ["a"]}

    found = check({**old, "properties": {"a": TEXT}}, old, Mode.BACKWARD)

    assert {problem.path for problem in found} == {"a"}
    assert {problem.rule for problem in found} == {Rule.TYPE_NARROWED}


def test_the_shops_versions_are_fully_compatible():
    """By the rules, and by every message that either version may write."""
    first, second = schemas.load("order").values()

    assert check(second, first, Mode.FULL) == []
    for schema in (first, second):
        schema["properties"]["customer"]["properties"]["country"]["examples"] = ["DE", None]
    assert is_read(second, first)
    assert is_read(first, second)
