"""A lab in a folder of its own, described and not started."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from include.lab.service import Service
from include.lab.services import DESCRIBE
from include.lab.settings import ROOT, Lab
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


@contextmanager
def running(service: Service, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One service of the lab as its supervisor would run it, without the supervisor."""
    if not (ROOT / ".lab/venv/bin/python").exists():
        pytest.skip("the lab's environment is not installed: make install")
    with log.open("a") as output:
        process = subprocess.Popen(
            service.command,
            env={**os.environ, **service.environment},
            cwd=service.folder,
            stdout=output,
            stderr=output,
        )
    try:
        while not service.ready():
            assert process.poll() is None, log.read_text()
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def alone(place: Lab, tmp_path: Path) -> Iterator[Callable[..., Lab]]:
    """Start services of the lab without the others: `alone("gcs", "bigquery")`."""
    place.home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:

        def start(*names: str) -> Lab:
            for name in names:
                stack.enter_context(running(DESCRIBE[name](place), tmp_path / f"{name}.log"))
            return place

        yield start
