"""Values that a writer with a schema may write: each limit, each choice, each field left out."""

from collections.abc import Mapping
from typing import Any

STEPS = 10**5
ALL = ["null", "boolean", "integer", "number", "string", "array", "object"]


def examples(schema: Mapping[str, Any]) -> list[Any]:
    """Values that fit the schema, so many that whoever reads them all reads any."""
    if "const" in schema:
        return [schema["const"]]
    if "enum" in schema:
        return list(schema["enum"])
    if "examples" in schema:
        return list(schema["examples"])
    kinds = schema.get("type", ALL)
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return [value for kind in kinds for value in MAKERS[kind](schema)]


def _numbers(schema: Mapping[str, Any], step: float) -> list[float]:
    step = schema.get("multipleOf", step)
    far = STEPS * step
    least = max(schema.get("minimum", -far), schema.get("exclusiveMinimum", -2 * far) + step)
    most = min(schema.get("maximum", far), schema.get("exclusiveMaximum", 2 * far) - step)
    return [least, least + step, most - step, most]


def _strings(schema: Mapping[str, Any]) -> list[str]:
    if "format" in schema:
        return ["2026-01-05T08:00:00Z"]
    return ["!" * schema.get("minLength", 0), "!" * schema.get("maxLength", 200)]


def _arrays(schema: Mapping[str, Any]) -> list[list[Any]]:
    items = examples(schema["items"]) if "items" in schema else [None, "x", 1]
    least, most = schema.get("minItems", 0), schema.get("maxItems", 60)
    if schema.get("uniqueItems"):
        return [items[:least]]
    sizes = {least, most}
    return [[item] * size for item in items for size in sizes]


def _objects(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    needed, fields = schema.get("required", []), schema.get("properties", {})
    fields = {**{name: {"type": "integer"} for name in needed}, **fields}
    choices = {name: examples(field) for name, field in fields.items()}
    whole = {name: values[0] for name, values in choices.items()}
    made = [whole, {name: whole[name] for name in needed}]
    made += [{**whole, name: value} for name, values in choices.items() for value in values]
    return made


MAKERS = {
    "null": lambda schema: [None],
    "boolean": lambda schema: [True, False],
    "integer": lambda schema: [int(value) for value in _numbers(schema, 1)],
    "number": lambda schema: _numbers(schema, 0.25),
    "string": _strings,
    "array": _arrays,
    "object": _objects,
}
