"""A file of facts is either wholly right, or every mistake in it is named with its line.

One call reads a TOML or YAML file into a pydantic model. Whatever is wrong with it (its syntax, an
unknown key, a missing one, a value of the wrong type) ends in one `ConfigurationError`, with one
line for each mistake: `<file>:<line>: <key>: <what is wrong and what to write instead>`.
"""

import difflib
import re
import tomllib
from bisect import bisect_left
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

M = TypeVar("M", bound=BaseModel)

KeyPath = tuple[str | int, ...]
"""Where a value stands: `("phase", 2, "title")` is the title of the third `[[phase]]`."""

_CLOSERS = ("", "]", "]]", '"""', "'''")
"""What can end a value that goes on over several lines, so that its first lines parse too."""


class ConfigurationError(ValueError):
    """A file of facts cannot be used; the message holds one line for each mistake."""


class Facts(BaseModel):
    """Base of every model of a configuration file: unknown keys are refused, values stay fixed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_toml(path: Path, model: type[M]) -> M:
    """Read the TOML file at `path` as a `model`.

    Raises:
        ConfigurationError: the file cannot be read, is not TOML, or does not fit the model.
    """
    text = _read(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(path, text, error) from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        details = _without_echoes(error.errors())
        raise mistakes(path, [(d["loc"], _explain(d, model)) for d in details]) from error


def read_yaml(path: Path, model: type[M]) -> M:
    """Read the YAML file at `path` as a `model`.

    Raises:
        ConfigurationError: the file cannot be read, is not YAML, names a key twice, or does not
            fit the model.
    """
    data, lines, problems = _composed(_read(path), str(path))
    details: list[ErrorDetails] = []
    if not problems:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            details = _without_echoes(error.errors())
    problems += [(detail["loc"], _explain(detail, model, "`{}: ...`")) for detail in details]
    raise ConfigurationError("\n".join(_told(str(path), lines, problems)))


class Entries(NamedTuple):
    """What a file holds at its top: the right entries, and of each wrong one its mistakes."""

    good: dict[str, BaseModel]
    bad: dict[str, list[str]]
    lines: dict[str, int]


Check = Callable[[BaseModel], Iterable[tuple[KeyPath, str]]]
"""What a model cannot say by itself: keys, as seen from the entry, each with a sentence."""


def read_yaml_entries(
    text: str, source: str, model_of: Callable[[str], type[BaseModel]], check: Check = lambda _: ()
) -> Entries:
    """Read each entry of a YAML table by itself: a wrong one takes none of the others with it.

    Args:
        text: the file's text.
        source: what the mistakes call the file.
        model_of: the model of an entry, by its name.
        check: what else has to hold for an entry.

    Raises:
        ConfigurationError: the text is not YAML, or no table.
    """
    data, lines, twice = _composed(text, source)
    if not isinstance(data, dict) or not all(isinstance(name, str) for name in data):
        raise ConfigurationError(f"{source}:1: the file: should be a table of named entries")
    found = Entries({}, {}, {name: lines[(name,)] for name in data})
    for name, facts in data.items():
        problems = [(key, why) for key, why in twice if key[0] == name]
        model = model_of(name)
        try:
            entry = model.model_validate(facts)
            problems += [((name, *key), why) for key, why in check(entry)]
        except ValidationError as error:
            problems += [
                ((name, *one["loc"]), _explain(one, model, "`{}: ...`"))
                for one in _without_echoes(error.errors())
            ]
        if problems:
            found.bad[name] = _told(source, lines, problems)
        else:
            found.good[name] = entry
    return found


def _composed(text: str, source: str) -> tuple[Any, dict[KeyPath, int], list[tuple[KeyPath, str]]]:
    """What a YAML text says, the line of each of its keys, and those that it has twice."""
    import yaml

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        node = loader.get_single_node()
        data = None if node is None else loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        number = mark.line + 1 if mark else 1
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigurationError(f"{source}:{number}: not valid YAML: {reason}") from error
    lines: dict[KeyPath, int] = {(): 1}
    twice = [(key, "stands here a second time; remove one") for key in _index(node, (), lines)]
    return data, lines, twice


def _told(
    source: str, lines: dict[KeyPath, int], problems: Iterable[tuple[KeyPath, str]]
) -> list[str]:
    found = [(_line_in(key, lines), _dotted(key), text) for key, text in problems]
    return [f"{source}:{line}: {key}: {text}" for line, key, text in sorted(found)]


def _index(node: Any, path: KeyPath, lines: dict[KeyPath, int]) -> list[KeyPath]:
    """Note in `lines` where each key of a YAML node stands; return the keys that it has twice."""
    twice: list[KeyPath] = []
    if node is not None and node.id == "mapping":
        for key, value in node.value:
            at = (*path, key.value)
            twice += [at] if at in lines else []
            lines[at] = key.start_mark.line + 1
            twice += _index(value, at, lines)
    elif node is not None and node.id == "sequence":
        for number, value in enumerate(node.value):
            lines[(*path, number)] = value.start_mark.line + 1
            twice += _index(value, (*path, number), lines)
    return twice


def _line_in(path: KeyPath, lines: dict[KeyPath, int]) -> int:
    """The line of `path`, or of the nearest parent that stands in the file."""
    while path not in lines:
        path = path[:-1]
    return lines[path]


def mistakes(path: Path, problems: Iterable[tuple[KeyPath, str]]) -> ConfigurationError:
    """Return one error for all `problems`, each a key and a sentence; the file must be valid TOML.

    For checks that a model cannot make alone, such as a name that must be defined elsewhere.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [(_line_of(key, lines), _dotted(key), text) for key, text in problems]
    return ConfigurationError(
        "\n".join(f"{path}:{line}: {key}: {text}" for line, key, text in sorted(found))
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(f"{path}: cannot be read: {reason}; check the path") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{path}:{line}: is not UTF-8 text; save it as UTF-8") from error


def _syntax_error(path: Path, text: str, error: tomllib.TOMLDecodeError) -> ConfigurationError:
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", str(error))
    reason = str(error)[: place.start()] if place else str(error)
    lines = text.splitlines()
    number = int(place[1]) if place and place[1] else len(lines)
    given = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    return ConfigurationError(f"{path}:{number}: not valid TOML: {reason}, in {given!r}")


def _without_echoes(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out the arrays that are too short only because an element of theirs is wrong."""
    parents = {d["loc"][:depth] for d in details for depth in range(len(d["loc"]))}
    return [d for d in details if d["type"] != "too_short" or d["loc"] not in parents]


def _explain(detail: ErrorDetails, model: type[BaseModel], written: str = "`{} = ...`") -> str:
    loc = detail["loc"]
    if detail["type"] == "missing":
        return f"is missing; add {written.format(loc[-1])} to this table"
    if detail["type"] == "extra_forbidden":
        known = _keys_known_at(model, loc[:-1])
        near = difflib.get_close_matches(str(loc[-1]), known, n=1)
        way_out = f"write `{near[0]}`" if near else "remove it"
        return f"is not a known key; {way_out} (known here: {', '.join(known)})"
    if detail["type"] == "too_short":
        return f"has too few entries; give at least {detail['ctx']['min_length']}"
    reason = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{reason}, but {_shown(detail['input'])} was given"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:76]}...{text[-1]}"


def _keys_known_at(model: type[BaseModel], path: KeyPath) -> list[str]:
    """Return the keys that a table at `path` may have."""
    annotation: Any = model
    for step in path:
        if get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        elif isinstance(step, str) and (table := _model_in(annotation)):
            fields = {field.alias or name: field for name, field in table.model_fields.items()}
            annotation = fields[step].annotation if step in fields else annotation
    table = _model_in(annotation)
    return [f.alias or name for name, f in table.model_fields.items()] if table else []


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _model_in(arg))), None)


def _line_of(path: KeyPath, lines: list[str]) -> int:
    """Return the number of the first line that holds `path`, or the nearest parent that exists."""
    whole = _parsed(lines)
    while path and not _holds(whole, path):
        path = path[:-1]
    ends = range(1, len(lines) + 1)
    return 1 + bisect_left(ends, True, key=lambda end: _holds(_parsed(lines[:end]), path))


def _parsed(lines: list[str]) -> dict[str, Any]:
    """Return what the longest readable beginning of `lines` says."""
    for end in range(len(lines), 0, -1):
        for closer in _CLOSERS:
            try:
                return tomllib.loads("\n".join([*lines[:end], closer]))
            except tomllib.TOMLDecodeError:
                continue
    return {}


def _holds(data: dict[str, Any], path: KeyPath) -> bool:
    value: Any = data
    try:
        for step in path:
            value = value[step]
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _dotted(path: KeyPath) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".") or "the file"
