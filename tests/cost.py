"""A pytest plugin: what each test costs in core-seconds, its own and its services'.

`python -m tests` loads it into each of its processes and names the file in `TESTS_COST`. A test's
own cost is the processor time of pytest itself. The services' cost is that of everything below
pytest: the lab, its Airflow and their tasks, and what a test starts by itself. Where there is no
`/proc` (macOS), services count when they have ended.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Spent:
    """Processor time so far, in seconds: of pytest itself, and of the processes below it."""

    own: float
    ended: float
    alive: float

    @property
    def services(self) -> float:
        """Of all processes below it; those that have ended are no longer among the living."""
        return self.ended + self.alive


def spent(with_services: bool, before: Spent) -> Spent:
    """What this process and, if asked for, everything below it have used until now."""
    times = os.times()
    ended = times.children_user + times.children_system
    alive = of_descendants(os.getpid()) if with_services else before.alive
    return Spent(times.user + times.system, ended, alive)


def of_descendants(root: int) -> float:
    """Processor time of the living processes below `root`, and of those that they waited for."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for entry in PROC.glob("[0-9]*/stat"):
        try:
            # The name of a program stands in brackets and may hold anything.
            facts = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # It has ended since the folder was listed.
        pid = int(entry.parent.name)
        parents[pid] = int(facts[1])
        ticks[pid] = sum(map(int, facts[11:15]))
    below = {root}
    # A process that was started by another is listed after it but for reused numbers: look again.
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return sum(ticks[pid] for pid in below - {root}) / TICKS


class Costs:
    """Notes the cost of each test, and writes them when the run has ended."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.tests: dict[str, dict[str, list[float]]] = {}
        self.last = spent(with_services=False, before=Spent(0, 0, 0))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        """Count what comes before a test: its fixtures, and the lab that it starts."""
        try:
            return (yield)
        finally:
            self._note(item, "setup")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Iterator[None]:
        """Count the test itself and what it leaves to do."""
        try:
            return (yield)
        finally:
            self._note(item, "call", is_last=nextitem is None)

    def pytest_sessionfinish(self) -> None:
        """Write what was counted."""
        self.file.write_text(json.dumps(self.tests))

    def _note(self, item: pytest.Item, phase: str, is_last: bool = False) -> None:
        # Reading all of /proc takes milliseconds: only where a lab runs, and when it has ended.
        asks = is_last or item.get_closest_marker("lab") is not None
        now = spent(with_services=asks, before=self.last)
        cost = (now.own - self.last.own, now.services - self.last.services)
        self.tests.setdefault(item.nodeid, {})[phase] = [round(max(0.0, one), 3) for one in cost]
        self.last = now


def pytest_configure(config: pytest.Config) -> None:
    """Count where a file is named, and in the process that runs the tests alone."""
    if file := os.environ.get("TESTS_COST"):
        config.pluginmanager.register(Costs(Path(file)), "costs")
