"""Starts a lab as a user does, in a place of its own, for the tests and for the benchmark."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from include.lab.airflow import COMPONENTS
from include.lab.settings import Lab
from include.lab.supervisor import hold, read_state, release

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
"""The environment of whoever runs this, without Airflow's own settings."""

READY = "Ctrl-C stops everything"


class LabDidNotStartError(RuntimeError):
    """The lab ended before it was ready; the message is what it said."""


def environment(place: dict[str, str]) -> dict[str, str]:
    """The environment of a lab in `place`: its `LAB_HOME`, `LAB_PORT_BASE` and `WITHOUT`."""
    return {**OUTSIDE, **place, "PYTHONPATH": str(ROOT)}


def start_lab(place: dict[str, str], output: Path) -> subprocess.Popen[bytes]:
    """Start a lab that ends with this process; return once it is ready.

    Raises:
        LabDidNotStartError: it ended instead.
    """
    with output.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "include.lab", "up", "--end-with-parent"],
            env=environment(place),
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    while READY not in output.read_text():
        if process.poll() is not None:
            raise LabDidNotStartError(output.read_text())
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    return process


@contextmanager
def stopped(lab: Lab, service: str) -> Iterator[None]:
    """Stop one service of a running lab; it and Airflow are ready again afterwards."""
    hold(lab, service)
    try:
        wait_for(lab, service, "held")
        yield
    finally:
        release(lab, service)
        for name in {service, *COMPONENTS} & read_state(lab).keys():
            wait_for(lab, name, "ready")


def wait_for(lab: Lab, service: str, state: str, but_not: int | None = None) -> None:
    """Wait until the service is in the state, in another process than ``but_not``.

    Raises:
        TimeoutError: it is not, after two minutes.
    """
    end = time.monotonic() + 120
    while (facts := read_state(lab)[service])["state"] != state or (
        but_not is not None and facts["pid"] in (None, but_not)
    ):
        if time.monotonic() > end:
            raise TimeoutError(f"{service} is not {state} after 120 s: {facts}")
        time.sleep(0.2)


def free_port_base(ports: int = 8) -> int:
    """The first of some free ports in a row; two runs that start together look elsewhere."""
    for attempt in range(250):
        base = 21000 + (os.getpid() + attempt) % 250 * 40
        if not any(_is_listening(port) for port in range(base, base + ports)):
            return base
    raise RuntimeError(f"no {ports} free ports in a row between 21000 and 31000")


def _is_listening(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0
