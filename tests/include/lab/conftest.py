"""A lab in a folder of its own, described and not started."""

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from include.lab.service import Service
from include.lab.settings import Lab

WAIT = "import time; time.sleep(600)"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab whose state lies in the test's folder; `make` would find it there too."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LAB_PORT_BASE", str(free_port_base()))
    monkeypatch.setenv("WITHOUT", "")
    return Lab.from_environment()


def free_port_base(ports: int = 8) -> int:
    """The first of some free ports in a row; two test runs look in other places."""
    for attempt in range(200):
        base = 31000 + (os.getpid() + attempt) % 200 * 8
        if not any(is_listening(port) for port in range(base, base + ports)):
            return base
    raise RuntimeError("no free ports between 31000 and 32600")


def is_listening(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., Service]:
    """Describe a service that runs a line of Python: `python("name", "code", after=...)`."""

    def describe(name: str, code: str = WAIT, **facts: object) -> Service:
        return Service(name, (sys.executable, "-S", "-c", code), f"the {name}", **facts)

    return describe
