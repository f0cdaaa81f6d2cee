"""Versions of a JSON Schema in files, and messages read by them."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from include.configuration.reader import ConfigurationError
from include.retail.records import RecordError

if TYPE_CHECKING:
    from jsonschema import FormatChecker, ValidationError

Schema = Mapping[str, Any]

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "schemas"
NOTES = frozenset({"$schema", "$id", "title", "description", "examples", "default"})
KEYWORDS = NOTES | {
    *("type", "enum", "const", "properties", "required", "additionalProperties", "items"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems"),
}
"""The part of JSON Schema that the rules of compatibility understand."""


class InvalidMessageError(RecordError):
    """A message does not fit the schema; each problem is named with its path."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        path, reason = next(iter(problems.items()))
        super().__init__(path, "", reason)
        self.args = ("; ".join(f"{path}: {reason}" for path, reason in problems.items()),)


def load(name: str, folder: Path = FOLDER) -> dict[int, Schema]:
    """Read every version of a schema, `v1.json`, `v2.json` and so on; return them by number.

    Raises:
        ConfigurationError: a file is not JSON, or not a schema that the rules of compatibility
            understand; or a version is missing.
    """
    files = {int(path.stem[1:]): path for path in (folder / name).glob("v[0-9]*.json")}
    missing = set(range(1, max(files, default=1) + 1)) - files.keys()
    if missing:
        first = folder / name / f"v{min(missing)}.json"
        raise ConfigurationError(f"{first}: is missing; versions are numbered from 1 on")
    return {number: _read(files[number]) for number in sorted(files)}


def require_understood(schema: Any, where: str) -> None:
    """Do nothing if the schema is valid and holds nothing that the rules do not understand.

    Raises:
        ConfigurationError: it is not; the message begins with `where`, then names the path.
    """
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        place = "/".join(str(step) for step in error.absolute_path) or "the schema"
        raise ConfigurationError(f"{where}: {place}: {error.message}") from error
    _require_keywords(schema, where, "")


def fill_defaults(value: Any, schema: Schema) -> Any:
    """Return a copy of a value in which each absent field holds its default, at every depth."""
    if isinstance(value, Mapping):
        fields: Mapping[str, Schema] = schema.get("properties", {})
        filled = {name: field["default"] for name, field in fields.items() if "default" in field}
        return {
            name: fill_defaults(inner, fields.get(name, {}))
            for name, inner in {**filled, **value}.items()
        }
    if isinstance(value, list):
        return [fill_defaults(inner, schema.get("items", {})) for inner in value]
    return value


def problems(value: Any, schema: Schema) -> dict[str, str]:
    """Return by path what is wrong with a value: nothing if it fits the schema as it is."""
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(schema, format_checker=_formats())
    return {_path(error): error.message for error in validator.iter_errors(value)}


def read(message: Mapping[str, Any], versions: Mapping[int, Schema], reader: Schema) -> Any:
    """Return the message's `body` as the reader's schema sees it, its defaults filled in.

    A message names in `version` the schema that it was written with, and has to fit both.

    Raises:
        InvalidMessageError: it does not, or there is no such version.
    """
    version: Any = message.get("version")
    if version not in versions:
        known = ", ".join(map(str, versions))
        raise InvalidMessageError({"version": f"{version!r} is not one of {known}"})
    body = message.get("body")
    filled = fill_defaults(body, reader)
    if found := problems(body, versions[version]) or problems(filled, reader):
        raise InvalidMessageError(found)
    return filled


def merge_patch(target: Any, patch: Any) -> Any:
    """Return the target changed as the patch says (JSON Merge Patch, RFC 7396): None removes."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def _read(path: Path) -> Schema:
    try:
        schema: Schema = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{path}:{error.lineno}: not valid JSON: {error.msg}") from error
    require_understood(schema, str(path))
    return schema


def _require_keywords(schema: Any, where: str, path: str) -> None:
    if not isinstance(schema, Mapping):
        raise ConfigurationError(f"{where}: {path or 'the schema'}: write an object, not {schema}")
    unknown = sorted(schema.keys() - KEYWORDS)
    if unknown:
        raise ConfigurationError(
            f"{where}: {path}/{unknown[0]}: compatibility cannot be judged by this keyword; "
            f"use {', '.join(sorted(KEYWORDS - NOTES))}"
        )
    if not isinstance(schema.get("additionalProperties", True), bool):
        raise ConfigurationError(f"{where}: {path}/additionalProperties: write true or false")
    if "default" in schema and (
        found := problems(fill_defaults(schema["default"], schema), schema)
    ):
        reason = next(iter(found.values()))
        raise ConfigurationError(f"{where}: {path}/default: does not fit its schema: {reason}")
    for name, field in schema.get("properties", {}).items():
        _require_keywords(field, where, f"{path}/properties/{name}")
    if "items" in schema:
        _require_keywords(schema["items"], where, f"{path}/items")


def _path(error: "ValidationError") -> str:
    path = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path
    )
    if error.validator == "required" and (name := re.match(r"'(.+)' is", error.message)):
        path += f".{name[1]}"
    return path.removeprefix(".") or "the message"


@cache
def _formats() -> "FormatChecker":
    from jsonschema import FormatChecker

    checker = FormatChecker()
    # Without a further package, jsonschema takes any text for a time.
    checker.checks("date-time", raises=ValueError)(_is_moment)
    return checker


def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None
