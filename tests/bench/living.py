"""How the lab lives: seconds until it is there, its memory, and every lesson run once.

It runs beside a lab that is up: in a folder of its own, on other ports.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from include.curriculum import syllabus
from include.lab import airflow
from include.lab.__main__ import memory_bytes
from include.lab.postgres import postgres
from include.lab.settings import Lab
from include.lab.supervisor import Supervisor, read_state
from tests.bench import tasks
from tests.bench.tasks import Cost
from tests.labs import free_port_base, start_lab
from tests.live.rest import Rest

IDLE_SECONDS = 20


@dataclass(frozen=True)
class Life:
    """What was measured on one lab, its database already there.

    `airflow_seconds` is until Airflow's four components alone are healthy, `lessons` the seconds of
    each lesson's run, `lessons_seconds` until all of them, triggered at once, had ended. Memory is
    in bytes: `memory` that of each service while the lab is idle, `memory_after` that of all when
    the lessons have run.
    """

    seconds: float
    airflow_seconds: float
    memory: dict[str, int]
    memory_after: int
    lessons: dict[str, float]
    lessons_seconds: float
    failed: list[str]
    task: Cost

    @property
    def gibibytes(self) -> float:
        """The memory of the whole lab."""
        return sum(self.memory.values()) / 2**30


def live(tell: Callable[[str], None]) -> Life:
    """Start a new lab, start it again, run every lesson, then start Airflow alone."""
    with tempfile.TemporaryDirectory() as folder:
        # PostgreSQL runs as another user where root measures.
        Path(folder).chmod(0o711)
        place = {
            "LAB_HOME": f"{folder}/lab",
            "LAB_PORT_BASE": str(free_port_base(40)),
            "WITHOUT": "",
        }
        lab = Lab.from_environment(place)
        tell("starting a new lab, which creates its data ...")
        with _running(place):
            tell("starting it again ...")
        with _running(place) as seconds:
            tell("waiting until it is idle ...")
            time.sleep(IDLE_SECONDS)
            memory = _memory(lab)
            tell("running every lesson once ...")
            lessons, together, failed = _run_lessons(lab)
            time.sleep(IDLE_SECONDS)
            after = sum(_memory(lab).values())
        tell("starting Airflow's components alone ...")
        airflow_seconds = min(_airflow_alone(lab) for _ in range(2))
        with _running(place) as again:
            seconds = min(seconds, again)
        tell("running tasks that do nothing, in the lab and in a bare Airflow ...")
        task = tasks.measure(lab)
    return Life(seconds, airflow_seconds, memory, after, lessons, together, failed, task)


def _memory(lab: Lab) -> dict[str, int]:
    return {name: memory_bytes(one["pid"]) for name, one in read_state(lab).items()}


@contextmanager
def _running(place: dict[str, str]) -> Iterator[float]:
    """A running lab, and the seconds until all of it was healthy."""
    began = time.monotonic()
    process = start_lab(place, Path(place["LAB_HOME"]).with_name("lab.log"))
    try:
        yield time.monotonic() - began
    finally:
        process.terminate()
        process.wait(120)


def _run_lessons(lab: Lab) -> tuple[dict[str, float], float, list[str]]:
    """Trigger every lesson at once, untouched, and wait for all."""
    rest = Rest(lab)
    ids = [lesson.id for lesson in syllabus.load().lessons if lesson.built()]
    began = time.monotonic()
    runs = {dag_id: rest.trigger(dag_id) for dag_id in ids}
    states = {dag_id: rest.wait(dag_id, run, 900) for dag_id, run in runs.items()}
    together = time.monotonic() - began
    facts = {dag_id: rest.get(f"dags/{dag_id}/dagRuns/{run}") for dag_id, run in runs.items()}
    seconds = {dag_id: _seconds(one) for dag_id, one in facts.items()}
    return seconds, together, [dag_id for dag_id, state in states.items() if state != "success"]


def _seconds(run: dict[str, Any]) -> float:
    start, end = (datetime.fromisoformat(run[key]) for key in ("queued_at", "end_date"))
    return (end - start).total_seconds()


def _airflow_alone(lab: Lab) -> float:
    """Seconds until the four components are healthy, on a database that is there before."""
    components = [
        replace(airflow.airflow(lab, component), after=("postgres",))
        for component in airflow.COMPONENTS
    ]
    supervisor = Supervisor(lab, [postgres(lab), *components], lambda line: None)
    began = time.monotonic()
    ended: list[float] = []

    def note() -> None:
        ended.append(time.monotonic())
        supervisor.stop()

    asyncio.run(supervisor.run(note))
    return ended[0] - began - supervisor.running["postgres"].seconds


def usual(seconds: dict[str, float]) -> float:
    """The seconds of half of the lessons."""
    return median(seconds.values())
