"""What the supervisor needs to know of one service."""

import pwd
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Probe = Callable[[], bool]

direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""A proxy that the user's shell names has no way to this machine's own loopback."""


def always() -> bool:
    """Hold for a service that is ready as soon as it runs."""
    return True


@dataclass(frozen=True)
class Service:
    """One process of the lab, or, as a ``job``, one command that runs to its end."""

    name: str
    command: tuple[str, ...]
    what: str
    ready: Probe = always
    alive: Probe | None = None
    """What is asked while the service runs, where `ready` says too much or takes too long."""
    after: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[int, ...] = ()
    udp_ports: tuple[int, ...] = ()
    address: str = ""
    caution: str = ""
    """What a user has to know of this stand-in; `make status` says it."""
    optional: bool = False
    """The lab goes on without it when it does not start, and tries again and again."""
    job: bool = False
    prepare: Callable[[], None] | None = None
    """Done before each start of the process."""
    seed: Callable[[], None] | None = None
    """Done after each start, before the service counts as ready: it forgot what it was told."""
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 20
    user: str | None = None
    folder: Path | None = None
    fingerprint: str = ""
    """Of a job: what its work depends on. As long as that is the same, it is not done again."""


def account(user: str | None) -> dict[str, Any]:
    """What `subprocess` needs to run a command as ``user``, and in no other user's groups."""
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def listens(host: str, port: int) -> Probe:
    """A probe that holds once ``port`` accepts a connection."""

    def probe() -> bool:
        try:
            with socket.create_connection((host, port), timeout=1):
                return True
        except OSError:
            return False

    return probe


def speaks(host: str, port: int, question: bytes = b"") -> Probe:
    """A probe that holds once ``port`` says something: a frozen process still has its port open."""

    def probe() -> bool:
        try:
            with socket.create_connection((host, port), timeout=2) as connection:
                connection.sendall(question)
                return bool(connection.recv(1))
        except OSError:
            return False

    return probe


def answers(url: str) -> Probe:
    """A probe that holds once ``url`` answers without a server error."""

    def probe() -> bool:
        try:
            with direct.open(url, timeout=2):
                return True
        except urllib.error.HTTPError as error:
            return error.code < 500
        except OSError:
            return False

    return probe
