"""The command that writes the seeds."""

import runpy
from pathlib import Path

import pytest

from include.data import seeds


def test_the_command_writes_the_seeds_and_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """`python -m include.data` writes every file and prints one line."""
    monkeypatch.setattr(seeds, "SEEDS", tmp_path)
    runpy.run_module("include.data", run_name="__main__")
    assert capsys.readouterr().out == f"Wrote 37 files to {tmp_path}.\n"
    assert (tmp_path / "orders.csv").exists()
