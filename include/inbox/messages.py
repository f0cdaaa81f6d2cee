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
    """One message: its `path` says which channel or address it was sent to."""

    id: int
    kind: Kind
    received_at: str
    path: str
    content: dict[str, Any]


class Messages:
    """Keeps messages in a file, in the order in which they came."""

    def __init__(self, file: Path) -> None:
        """Open `file`, created if missing."""
        self._connection = sqlite3.connect(file, check_same_thread=False)
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
                (kind, now, path, json.dumps(content)),
            )

    def newest(self, kind: Kind | None = None, limit: int = 200) -> list[Message]:
        """The newest messages, newest first."""
        with self._cursor() as cursor:
            rows = cursor.execute(
                "SELECT id, kind, received_at, path, content FROM message "
                "WHERE ? IS NULL OR kind = ? ORDER BY id DESC LIMIT ?",
                (kind, kind, limit),
            ).fetchall()
        return [_message(row) for row in rows]

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
    return Message(number, kind, received_at, path, json.loads(content))
