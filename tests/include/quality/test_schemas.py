"""Versions of a schema are read from files, and messages by them."""

import json
from pathlib import Path
from typing import Any

import pytest

from include.configuration.reader import ConfigurationError
from include.quality import schemas
from include.quality.schemas import InvalidMessageError, fill_defaults, merge_patch, read
from include.retail.records import RecordError

OLD: dict[str, Any] = {
    "type": "object",
    "required": ["id", "lines", "at"],
    "properties": {
        "id": {"type": "integer"},
        "at": {"type": "string", "format": "date-time"},
        "lines": {"type": "array", "items": {"type": "object", "properties": {}}},
    },
}
NEW = merge_patch(
    OLD,
    {
        "required": ["id", "lines", "at", "currency"],
        "properties": {
            "currency": {"enum": ["EUR", "PLN"], "default": "EUR"},
            "lines": {"items": {"properties": {"discount": {"type": "number", "default": 0}}}},
        },
    },
)
VERSIONS = {1: OLD, 2: NEW}
BODY = {"id": 1, "at": "2026-01-05T08:00:00Z", "lines": [{}]}


def test_an_old_message_gets_the_new_defaults():
    """At every depth; what is there stays as it is, and the message itself is not changed."""
    message = {"version": 1, "body": BODY}

    assert read(message, VERSIONS, NEW) == {**BODY, "currency": "EUR", "lines": [{"discount": 0}]}
    new = {**BODY, "currency": "PLN", "lines": [{"discount": 0.5}]}
    assert read({"version": 2, "body": new}, VERSIONS, NEW) == new
    assert BODY["lines"] == [{}]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"version": 1, "body": {**BODY, "id": "x"}}, "id: 'x' is not of type 'integer'"),
        ({"version": 1, "body": {"id": 1, "lines": []}}, "at: 'at' is a required property"),
        ({"version": 1, "body": {**BODY, "at": "soon"}}, "at: 'soon' is not a 'date-time'"),
        ({"version": 1, "body": {**BODY, "at": "2026-01-05T08:00:00"}}, "is not a 'date-time'"),
        ({"version": 1, "body": {**BODY, "lines": [{}, 1]}}, "lines[1]: 1 is not of type"),
        ({"version": 2, "body": BODY}, "currency: 'currency' is a required property"),
        ({"version": 1, "body": {**BODY, "currency": "USD"}}, "currency: 'USD' is not one of"),
        ({"version": 3, "body": BODY}, "version: 3 is not one of 1, 2"),
        ({"body": BODY}, "version: None is not one of 1, 2"),
        ({"version": 1}, "the message: None is not of type 'object'"),
        ({"version": 1, "body": {**BODY, "id": None, "at": 5}}, "; "),
    ],
)
def test_what_does_not_fit_is_named_with_its_path(message: dict[str, Any], said: str):
    """By the schema that it was written with, or the reader's; every problem is told."""
    with pytest.raises(InvalidMessageError) as error:
        read(message, VERSIONS, NEW)

    assert said in str(error.value)
    assert isinstance(error.value, RecordError)


def test_defaults_fill_objects_that_are_defaults():
    """A default may have defaults of its own."""
    inner = {"type": "object", "properties": {"a": {"default": 1}}, "default": {}}

    assert fill_defaults({}, {"properties": {"inner": inner}}) == {"inner": {"a": 1}}


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        ({"type": "text"}, "type: 'text' is not valid"),
        ({"anyOf": [{}]}, "/anyOf: compatibility cannot be judged by this keyword"),
        ({"properties": {"a": {"$ref": "#"}}}, r"/properties/a/\$ref: compatibility"),
        ({"items": True}, "/items: write an object, not True"),
        ({"additionalProperties": {}}, "/additionalProperties: write true or false"),
        ({"properties": {"a": {"type": "integer", "default": "x"}}}, "/properties/a/default: does"),
    ],
)
def test_a_schema_that_cannot_be_judged_is_refused(tmp_path: Path, patch: Any, said: str):
    """With its file, the place in it, and what to write instead."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "v1.json").write_text(json.dumps(patch))

    with pytest.raises(ConfigurationError, match=rf"v1\.json: {said}"):
        schemas.load("a", tmp_path)


def test_files_that_are_missing_or_no_json_are_named(tmp_path: Path):
    """No version, a gap between versions, and a typing error with its line."""
    (tmp_path / "a").mkdir()
    with pytest.raises(ConfigurationError, match=r"a/v1\.json: is missing"):
        schemas.load("a", tmp_path)
    (tmp_path / "a" / "v2.json").write_text("{\n]")
    with pytest.raises(ConfigurationError, match=r"a/v1\.json: is missing"):
        schemas.load("a", tmp_path)
    (tmp_path / "a" / "v1.json").write_text("{\n]")
    with pytest.raises(ConfigurationError, match=r"a/v1\.json:2: not valid JSON"):
        schemas.load("a", tmp_path)


def test_a_patch_sets_adds_and_removes():
    """As RFC 7396 has it."""
    target = {"a": {"b": 1, "c": 2}, "d": [1]}

    assert merge_patch(target, {"a": {"b": None, "e": 3}, "d": [2]}) == {
        "a": {"c": 2, "e": 3},
        "d": [2],
    }
    assert merge_patch("x", {"a": {"b": None}}) == {"a": {}}
    assert target == {"a": {"b": 1, "c": 2}, "d": [1]}
