"""Puts the suppliers' files into the landing folder, each whole or not at all."""

import os
from pathlib import Path

from include.data import seeds


def load(folder: Path) -> list[Path]:
    """Make `folder` hold every day's deliveries and checksums; return the files written.

    A file that already has the right content is not touched, and other files stay.
    """
    written = []
    for source in sorted(seeds.DELIVERIES.rglob("*")):
        target = folder / source.relative_to(seeds.DELIVERIES)
        if source.is_file() and not _same(source, target):
            deliver(source, target)
            written.append(target)
    return written


def deliver(source: Path, target: Path) -> None:
    """Copy one file so that whoever waits for `target` never sees half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    arriving = target.with_name(f".{target.name}.{os.getpid()}.arriving")
    arriving.write_bytes(source.read_bytes())
    arriving.replace(target)


def _same(source: Path, target: Path) -> bool:
    return target.is_file() and target.read_bytes() == source.read_bytes()
