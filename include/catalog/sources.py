"""Where entries come from: the database's own list of columns, Airflow's list of Dags."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from include.catalog.entry import Column, Entry
from include.configuration.reader import Facts, read_toml

FILE = Path(__file__).resolve().parents[2] / "configs" / "catalogue.toml"

COLUMNS = """
SELECT table_schema || '.' || table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema || '.' || table_name = ANY(%s) ORDER BY 1, ordinal_position
"""


class TableFacts(Facts):
    """What people know of a table and no database does."""

    owner: str
    description: str
    tags: list[str] = Field(min_length=1)


class Curated(Facts):
    """The whole file."""

    default_owner: str
    table: dict[str, TableFacts]


def curated(file: Path = FILE) -> Curated:
    """Read what people have written down.

    Raises:
        ConfigurationError: names every mistake with its line.
    """
    return read_toml(file, Curated)


def tables(columns: Iterable[Sequence[str]], facts: Curated) -> list[Entry]:
    """Return an entry for each table.

    Args:
        columns: table, column and type, in the order of the columns; see `COLUMNS`.
        facts: what people know of the tables.
    """
    found: dict[str, list[Column]] = {}
    for table, name, kind in columns:
        found.setdefault(table, []).append(Column(name, kind))
    return [_table(name, tuple(of), facts) for name, of in found.items()]


def dags(answers: Iterable[Mapping[str, Any]]) -> list[Entry]:
    """Return an entry for each Dag that Airflow's REST API has answered with."""
    return [
        Entry(
            "dag",
            facts["dag_id"],
            (facts["owners"] or ["airflow"])[0],
            facts["description"] or "",
            tuple(sorted(tag["name"] for tag in facts["tags"])),
        )
        for facts in answers
    ]


def _table(name: str, columns: tuple[Column, ...], facts: Curated) -> Entry:
    known = facts.table.get(name)
    if known is None:
        return Entry("table", name, facts.default_owner, columns=columns)
    tags = tuple(sorted(known.tags))
    return Entry("table", name, known.owner, known.description, tags, columns)
