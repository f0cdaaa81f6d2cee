"""A received message and where messages are kept."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from include.inbox.origin import in_order, lesson_of
from include.inbox.storable import storable

Kind = Literal["slack", "pager", "mail"]

_TABLE = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    received_at TEXT NOT NULL,
    path TEXT NOT NULL,
    content TEXT NOT NULL
)
"""
_MAIL_ONCE = """
CREATE UNIQUE INDEX IF NOT EXISTS mail_once ON message (path, json_extract(content, '$.message_id'))
WHERE kind = 'mail' AND json_extract(content, '$.message_id') <> ''
"""


@dataclass(frozen=True)
class Message:
    """One message: its `path` says which channel or address it was sent to.

    `dag_id` is the lesson that it comes from, as far as it says so.
    """

    id: int
    kind: Kind
    received_at: str
    path: str
    content: dict[str, Any]
    dag_id: str | None


class Messages:
    """Keeps messages in a file, in the order in which they came."""

    def __init__(self, file: Path) -> None:
        """Open `file`, created if missing."""
        self._connection = sqlite3.connect(file, check_same_thread=False)
        # Of each message it is found anew: a file that an older version wrote serves as well.
        self._connection.create_function("lesson_of", 1, lesson_of, deterministic=True)
        self._turn = threading.Lock()
        with self._cursor() as cursor:
            cursor.execute(_TABLE)
            cursor.execute(_MAIL_ONCE)

    def keep(self, kind: Kind, path: str, content: dict[str, Any]) -> None:
        """Store one message; it is on disk when this returns.

        A mail that bears the `Message-ID` of one that the same recipients have is dropped, as many
        mail servers do.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._cursor() as cursor:
            cursor.execute(
                "INSERT OR IGNORE INTO message (kind, received_at, path, content) "
                "VALUES (?, ?, ?, ?)",
                (kind, now, storable(path), json.dumps(storable(content))),
            )

    def newest(
        self, kind: Kind | None = None, limit: int = 200, dag_id: str | None = None
    ) -> list[Message]:
        """The newest messages, of all lessons or of the one that a Dag belongs to; newest first."""
        lesson = dag_id and dag_id.partition("__")[0]
        with self._cursor() as cursor:
            rows = cursor.execute(
                "SELECT id, kind, received_at, path, content FROM message "
                "WHERE (? IS NULL OR kind = ?) AND (? IS NULL OR lesson_of(content) = ?) "
                "ORDER BY id DESC LIMIT ?",
                (kind, kind, lesson, lesson, limit),
            ).fetchall()
        return [_message(row) for row in rows]

    def lessons(self) -> list[str]:
        """The lessons that messages come from, in the order of the course."""
        with self._cursor() as cursor:
            rows = cursor.execute("SELECT DISTINCT lesson_of(content) FROM message").fetchall()
        return in_order([lesson for (lesson,) in rows if lesson])

    def one(self, number: int) -> Message | None:
        """The message with this id; None where there is none."""
        with self._cursor() as cursor:
            cursor.execute(
                "SELECT id, kind, received_at, path, content FROM message WHERE id = ?", (number,)
            )
            return next((_message(row) for row in cursor), None)

    def clear(self) -> None:
        """Forget every message."""
        with self._cursor() as cursor:
            cursor.execute("DELETE FROM message")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def _cursor(self) -> Iterator[sqlite3.Cursor]:
        with self._turn, self._connection:
            yield self._connection.cursor()


def _message(row: tuple[int, Kind, str, str, str]) -> Message:
    number, kind, received_at, path, content = row
    return Message(number, kind, received_at, path, json.loads(content), lesson_of(content))
