"""The emulator of Google Cloud Storage survives a hard end amid a write."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from include.lab.gcs import META, put_broken_aside, write_meta_whole
from include.lab.services import gcs
from include.lab.settings import Lab
from include.lab.supervisor import Supervisor


class Store:
    """As the emulator's own: what it writes may be cut short."""

    _use_memory = False

    def __init__(self, root: Path) -> None:
        self.root = root

    def _disk_path(self, rel: str) -> Path:
        return self.root / rel

    def write_bytes(self, rel: str, content: bytes) -> None:
        self._disk_path(rel).write_bytes(content[:1])


@pytest.mark.faults
@pytest.mark.parametrize("broken", ["", "{", "[]"])
def test_facts_that_cannot_be_read_are_put_aside(tmp_path: Path, broken: str):
    """They stay, for who wants to look at them."""
    (tmp_path / META).write_text(broken)

    aside = put_broken_aside(tmp_path)

    assert aside is not None
    assert aside.read_text() == broken
    assert not (tmp_path / META).exists()


def test_facts_that_can_be_read_stay(tmp_path: Path):
    """And before the first start there are none."""
    assert put_broken_aside(tmp_path) is None
    (tmp_path / META).write_text("{}")
    assert put_broken_aside(tmp_path) is None
    assert (tmp_path / META).read_text() == "{}"


def test_the_facts_are_replaced_as_a_whole(tmp_path: Path):
    """Objects are written as ever."""
    kind: Any = type("PatchedStore", (Store,), {})
    write_meta_whole(kind)

    kind(tmp_path).write_bytes(META, b"{}")
    kind(tmp_path).write_bytes("object", b"content")

    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert written == {META: "{}", "object": "c"}


@pytest.mark.slow
def test_the_emulator_starts_with_facts_of_no_bytes(place: Lab):
    """It says so in its log, and is ready."""
    (place.home / "gcs").mkdir()
    (place.home / "gcs" / META).touch()
    supervisor = Supervisor(place, [gcs(place)], lambda line: None)

    asyncio.run(supervisor.run(supervisor.stop))

    assert "was broken and is now" in (place.logs / "gcs.log").read_text()
    assert supervisor.running["gcs"].restarts == 0
