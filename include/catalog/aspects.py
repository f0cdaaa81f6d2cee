"""Where the lab's small catalogue keeps what DataHub's client sends, and how it is asked for it."""

import json
import sqlite3
import threading
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

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
            urn, name = str(proposal["entityUrn"]), str(proposal["aspectName"])
            value = json.loads(proposal["aspect"]["value"])
        except (KeyError, TypeError, ValueError) as error:
            raise NotAProposalError(f"no proposal: {error}") from error
        if not urn.startswith("urn:li:") or name not in RECORDS:
            raise NotAProposalError(f"unknown: {urn} {name}; known are {', '.join(RECORDS)}")
        with self._turn, self._connection as connection:
            connection.execute(
                "INSERT INTO aspect VALUES (?, ?, ?)"
                " ON CONFLICT (urn, name) DO UPDATE SET value = excluded.value",
                (urn, name, json.dumps(value)),
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
