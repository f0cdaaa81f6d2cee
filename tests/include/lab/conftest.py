"""A lab in a folder of its own, described and not started."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from include.lab.service import Service
from include.lab.settings import Lab
from tests.labs import free_port_base

WAIT = "import time; time.sleep(600)"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab whose state lies in the test's folder; `make` would find it there too."""
    monkeypatch.setenv("LAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LAB_PORT_BASE", str(free_port_base()))
    monkeypatch.setenv("WITHOUT", "")
    return Lab.from_environment()


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., Service]:
    """Describe a service that runs a line of Python: `python("name", "code", after=...)`."""

    def describe(name: str, code: str = WAIT, **facts: object) -> Service:
        return Service(name, (sys.executable, "-S", "-c", code), f"the {name}", **facts)

    return describe
