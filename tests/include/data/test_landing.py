"""Files arriving in the landing folder."""

from pathlib import Path

import pytest

from include.data import landing, seeds


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_all_deliveries_land(tmp_path: Path):
    """Each day's folder holds the suppliers' files and their checksums, and nothing else."""
    written = landing.load(tmp_path / "landing")
    assert tree(tmp_path / "landing") == tree(seeds.DELIVERIES)
    assert len(written) == 5 * 6


def test_landing_again_writes_only_what_differs(tmp_path: Path):
    """Right files keep their time stamp, a spoiled one is replaced, a lesson's own file stays."""
    landing.load(tmp_path)
    spoiled = tmp_path / "2026-01-05" / "lumen.csv"
    spoiled.write_text("spoiled")
    (tmp_path / "mine.txt").write_text("kept")
    untouched = tmp_path / "2026-01-05" / "wiesel.csv"
    before = untouched.stat().st_mtime_ns

    assert landing.load(tmp_path) == [spoiled]
    assert landing.load(tmp_path) == []
    assert untouched.stat().st_mtime_ns == before
    assert (tmp_path / "mine.txt").read_text() == "kept"


def test_a_file_appears_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A copy that breaks off leaves no file under the awaited name."""

    def breaks_off(path: Path, target: Path) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "replace", breaks_off)
    target = tmp_path / "2026-01-05" / "lumen.csv"
    with pytest.raises(OSError, match="disk is full"):
        landing.deliver(seeds.DELIVERIES / "2026-01-05" / "lumen.csv", target)
    assert not target.exists()
