"""`python -m include.lab.gcs`: the emulator of Google Cloud Storage, which survives a hard end.

The emulator writes what it knows of its objects in place at each change: ended amid that, it left a
file that it cannot read at its next start.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from include.lab.settings import write_whole

META = ".meta"


def main() -> None:
    """Repair what a former version may have left, and run the emulator's own command."""
    from gcp_storage_emulator import __main__ as emulator
    from gcp_storage_emulator import storage

    store = Path(os.environ["STORAGE_BASE"]) / os.environ["STORAGE_DIR"]
    if aside := put_broken_aside(store):
        sys.stdout.write(f"{store / META} was broken and is now {aside}: no object is known.\n")
    write_meta_whole(storage._FileStore)
    sys.exit(emulator.main())


def put_broken_aside(store: Path) -> Path | None:
    """Rename what the emulator could not read; return its new name."""
    meta = store / META
    if not meta.exists():
        return None
    try:
        whole = isinstance(json.loads(meta.read_bytes()), dict)
    except ValueError:
        whole = False
    return None if whole else meta.rename(meta.with_name("meta.broken"))


def write_meta_whole(store: Any) -> None:
    """Let the emulator's store replace its file of facts, instead of writing into it."""
    write = store.write_bytes

    def write_bytes(self: Any, rel: str, content: bytes) -> None:
        if rel == META and not self._use_memory:
            write_whole(self._disk_path(rel), content.decode())
        else:
            write(self, rel, content)

    store.write_bytes = write_bytes


if __name__ == "__main__":
    main()
