"""Where a collector keeps the events that it received."""

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

from include.lineage.accepted import Event

_TABLE = """
CREATE TABLE IF NOT EXISTS lineage_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, run TEXT NOT NULL, event TEXT NOT NULL
)
"""
_FORGET = "DELETE FROM lineage_event WHERE job = ? AND run NOT IN ({})"
_NEWEST = "SELECT run FROM lineage_event WHERE job = ? GROUP BY run ORDER BY max(id) DESC LIMIT ?"
RUNS = 20
"""How many runs of a job are kept."""


class Events:
    """Events in a file, in the order in which they came; of each job the newest runs."""

    def __init__(self, file: Path) -> None:
        """Open `file`, created if missing."""
        self._connection = sqlite3.connect(file, check_same_thread=False)
        self._turn = threading.Lock()
        with self._turn, self._connection:
            self._connection.execute(_TABLE)

    def keep(self, event: Event) -> None:
        """Store one event; it is on disk when this returns."""
        named = event.job or event.dataset
        assert named is not None
        job = f"{named.namespace}:{named.name}"
        run = event.run.runId if event.run else event.eventTime
        with self._turn, self._connection as connection:
            connection.execute(
                "INSERT INTO lineage_event (job, run, event) VALUES (?, ?, ?)",
                (job, run, json.dumps(event.plain())),
            )
            kept = [row for (row,) in connection.execute(_NEWEST, (job, RUNS))]
            places = ", ".join("?" * len(kept))
            connection.execute(_FORGET.format(places), (job, *kept))

    def all(self) -> list[dict[str, Any]]:
        """Every event that is kept, the oldest first."""
        with self._turn, closing(self._connection.cursor()) as cursor:
            rows = cursor.execute("SELECT event FROM lineage_event ORDER BY id").fetchall()
        return [json.loads(event) for (event,) in rows]

    def clear(self) -> None:
        """Forget every event."""
        with self._turn, self._connection as connection:
            connection.execute("DELETE FROM lineage_event")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
