"""A catalogue that is a folder: one JSON file for each entry, to be reviewed in git."""

import json
from pathlib import Path
from urllib.parse import quote

from include.catalog.entry import Entry, Kind


class FolderCatalogue:
    """Keeps entries as files."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, created if missing."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    def publish(self, entry: Entry) -> None:
        """Write the entry's file."""
        self._file(entry.key).write_text(json.dumps(entry.plain(), indent=1) + "\n")

    def read(self, key: str) -> Entry | None:
        """The entry of this key; None if there is none."""
        file = self._file(key)
        return Entry.read(json.loads(file.read_text())) if file.exists() else None

    def find(self, tag: str | None = None, kind: Kind | None = None) -> list[str]:
        """The keys of all entries with this tag and of this kind, in alphabetical order."""
        entries = [Entry.read(json.loads(f.read_text())) for f in self.folder.glob("*.json")]
        return sorted(
            entry.key
            for entry in entries
            if tag in (None, *entry.tags) and kind in (None, entry.kind)
        )

    def remove(self, key: str) -> None:
        """Delete the entry's file."""
        self._file(key).unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self.folder / f"{quote(key, safe='')}.json"
