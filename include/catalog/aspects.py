"""Where the lab's small catalogue keeps what DataHub's client sends, and how it is asked for it."""

import json
import sqlite3
import threading
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, ValidationError

_TABLE = """
CREATE TABLE IF NOT EXISTS aspect (
    urn TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (urn, name)
)
"""

RECORDS = {
    "schemaMetadata": "com.linkedin.schema.SchemaMetadata",
    "datasetProperties": "com.linkedin.dataset.DatasetProperties",
    "dataFlowInfo": "com.linkedin.datajob.DataFlowInfo",
    "ownership": "com.linkedin.common.Ownership",
    "globalTags": "com.linkedin.common.GlobalTags",
    "status": "com.linkedin.common.Status",
}
"""The aspects that are kept, with the name of the record that each is an instance of."""


class _Status(BaseModel):
    removed: bool = False


class _Described(BaseModel):
    name: str | None = None
    description: str | None = None


class _Owner(BaseModel):
    owner: str


class _Owners(BaseModel):
    owners: list[_Owner]


class _Tag(BaseModel):
    tag: str


class _Tags(BaseModel):
    tags: list[_Tag]


class _Column(BaseModel):
    fieldPath: str
    nativeDataType: str


class _Columns(BaseModel):
    fields: list[_Column]


_NEEDED: dict[str, type[BaseModel]] = {
    "schemaMetadata": _Columns,
    "datasetProperties": _Described,
    "dataFlowInfo": _Described,
    "ownership": _Owners,
    "globalTags": _Tags,
    "status": _Status,
}
"""Of each aspect, what the page and the search make use of; the rest is kept as it came."""


def _known(name: str) -> str:
    if name not in RECORDS:
        raise ValueError(f"known are {', '.join(RECORDS)}")
    return name


class _Value(BaseModel):
    value: str


class _Proposal(BaseModel):
    entityUrn: Annotated[str, Field(pattern="^urn:li:", max_length=500)]
    aspectName: Annotated[str, AfterValidator(_known)]
    aspect: _Value


class Rule(BaseModel):
    """A field that has one of these values."""

    field: str
    values: list[str] = []


class Rules(BaseModel):
    """Rules that hold together."""

    all_of: list[Rule] = Field(alias="and")


class Filter(BaseModel):
    """What is searched for."""

    any_of: list[Rules] = Field(default=[], alias="or")


class Search(BaseModel):
    """A question for the entities of a type."""

    entity: str
    filter: Filter | None = None


class Ingest(BaseModel):
    """What comes with the action `ingestProposal`."""

    proposal: dict[str, Any]


class NotAProposalError(ValueError):
    """What was received is no proposal of an aspect that is known here."""


class Aspects:
    """The newest version of each aspect of each entity, in a file."""

    def __init__(self, file: Path) -> None:
        """Open `file`, created if missing."""
        self._connection = sqlite3.connect(file, check_same_thread=False)
        self._turn = threading.Lock()
        with self._turn, self._connection:
            self._connection.execute(_TABLE)

    def ingest(self, proposal: Mapping[str, Any]) -> str:
        """Store what a proposal says of an entity; return the entity.

        Raises:
            NotAProposalError: it names no entity, no known aspect, or has no JSON value.
        """
        try:
            given = _Proposal.model_validate(proposal)
            urn, name, text = given.entityUrn, given.aspectName, given.aspect.value
            _NEEDED[name].model_validate_json(text)
            value = json.dumps(json.loads(text), allow_nan=False)
        except ValidationError as error:
            wrong = [(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
            told = "; ".join(f"{place or 'aspect.value'}: {what}" for place, what in wrong)
            raise NotAProposalError(told) from error
        except ValueError as error:
            raise NotAProposalError(f"aspect.value: {error}") from error
        with self._turn, self._connection as connection:
            connection.execute(
                "INSERT INTO aspect VALUES (?, ?, ?)"
                " ON CONFLICT (urn, name) DO UPDATE SET value = excluded.value",
                (urn, name, value),
            )
        return urn

    def read(self, urn: str, name: str) -> dict[str, Any] | None:
        """An aspect as GMS answers with it; None if there is none."""
        found = self._all().get(urn, {}).get(name)
        return None if found is None else {"version": 0, "aspect": {RECORDS[name]: found}}

    def search(self, entity: str, tags: set[str] | None = None) -> list[str]:
        """The entities of a type that are not removed and, if asked for, have all of the tags."""
        return [urn for urn, _ in self.entities(tags) if urn.startswith(f"urn:li:{entity}:")]

    def entities(self, tags: set[str] | None = None) -> list[tuple[str, dict[str, Any]]]:
        """Every entity that is not removed, with its aspects, in alphabetical order."""
        return [
            (urn, aspects)
            for urn, aspects in sorted(self._all().items())
            if not aspects.get("status", {}).get("removed")
            and (tags or set())
            <= {one["tag"] for one in aspects.get("globalTags", {}).get("tags", ())}
        ]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _all(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        with self._turn, closing(self._connection.cursor()) as cursor:
            for urn, name, value in cursor.execute("SELECT urn, name, value FROM aspect"):
                found.setdefault(urn, {})[name] = json.loads(value)
        return found
