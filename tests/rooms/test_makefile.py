"""What `make help` says: what a learner needs, then what keeps the curriculum going."""

import re
import subprocess

from tests.rooms.sources import ROOT

LEARN = ["install", "up", "down", "status", "stop", "start", "logs", "reset", "test", "test-fast"]


def test_help_is_in_two_parts():
    """Every target that can be called, but `help` itself, stands in one of them with a sentence."""
    done = subprocess.run(["make", "help"], capture_output=True, text=True, check=True, cwd=ROOT)
    learn, maintain = done.stdout.split("\n\n")
    shown = [re.findall(r"^  make (\S+) +\S", part, re.MULTILINE) for part in (learn, maintain)]
    (callable_,) = re.findall(r"^.PHONY: help (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert shown[0] == LEARN
    assert sorted(shown[0] + shown[1]) == sorted(callable_.split())
