"""An entry of a catalogue, what has changed between two of them, and what a catalogue can do."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

Kind = Literal["table", "dag"]


@dataclass(frozen=True)
class Column:
    """A column of a table, with the database's own word for its type."""

    name: str
    type: str


@dataclass(frozen=True)
class Entry:
    """One thing that people may look for.

    `owner` is the team that answers for it; `tags` are words that it is found by. A Dag has no
    columns.
    """

    kind: Kind
    name: str
    owner: str
    description: str = ""
    tags: tuple[str, ...] = ()
    columns: tuple[Column, ...] = field(default=())

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return f"{self.kind}:{self.name}"

    def plain(self) -> dict[str, Any]:
        """The entry as JSON takes it."""
        return asdict(self)

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> "Entry":
        """Read what `plain` wrote.

        Raises:
            TypeError: a fact is missing, or is none of an entry.
        """
        columns = tuple(Column(**one) for one in facts.get("columns", ()))
        return cls(**{**facts, "tags": tuple(facts.get("tags", ())), "columns": columns})


class Catalogue(Protocol):
    """What a catalogue has to be able to do: DataHub is one, a folder of files is another."""

    def publish(self, entry: Entry) -> None:
        """Add the entry, or let it take the place of the one of the same key."""

    def read(self, key: str) -> Entry | None:
        """The entry of this key; None if there is none."""

    def find(self, tag: str | None = None, kind: Kind | None = None) -> list[str]:
        """The keys of all entries with this tag and of this kind, in alphabetical order."""

    def remove(self, key: str) -> None:
        """Let the entry be found no more; nothing happens if there is none."""


def changes(before: Entry | None, after: Entry | None) -> list[str]:
    """Say what has changed from one version of an entry to the next; nothing if it is new."""
    if before is None:
        return []
    if after is None:
        return [f"{before.key} is gone"]
    old = {column.name: column.type for column in before.columns}
    new = {column.name: column.type for column in after.columns}
    said = [f"column {name} is gone" for name in old if name not in new]
    said += [f"column {name} is new ({new[name]})" for name in new if name not in old]
    said += [
        f"column {name} was {old[name]} and is {new[name]}"
        for name in old
        if name in new and old[name] != new[name]
    ]
    if before.owner != after.owner:
        said.append(f"owner was {before.owner} and is {after.owner}")
    if set(before.tags) != set(after.tags):
        said.append(f"tags were {_list(before.tags)} and are {_list(after.tags)}")
    return [f"{after.key}: {one}" for one in said]


def synchronise(catalogue: Catalogue, kind: Kind, entries: Iterable[Entry]) -> list[str]:
    """Let the catalogue hold exactly these entries of a kind; return what has changed.

    Raises:
        ValueError: an entry is of another kind.
    """
    wanted = {entry.key: entry for entry in entries}
    if wrong := [key for key in wanted if not key.startswith(f"{kind}:")]:
        raise ValueError(f"entries: {wrong[0]} is no {kind}.")
    said: list[str] = []
    for key in catalogue.find(kind=kind):
        if key not in wanted:
            said += changes(catalogue.read(key), None)
            catalogue.remove(key)
    for key, entry in wanted.items():
        there = catalogue.read(key)
        said += changes(there, entry)
        if there != entry:
            catalogue.publish(entry)
    return said


def _list(tags: Iterable[str]) -> str:
    return ", ".join(sorted(tags)) or "none"
