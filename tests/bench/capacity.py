"""What Airflow carries on this machine: tasks a second, and connections to its database.

Each arrangement runs the same Dag, whose tasks do nothing: what is measured is Airflow's own
share of a task: queueing, a process of its own, its two calls of the execution API.
"""

import asyncio
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from threading import Thread

import httpx
import psutil

from include.lab import airflow
from include.lab.airflow_settings import airflow_environment
from include.lab.postgres import databases, postgres
from include.lab.service import Service
from include.lab.services import metrics, redis
from include.lab.settings import HOST, Lab
from include.lab.supervisor import Supervisor, read_state
from tests.labs import free_port_base
from tests.live.rest import ENDED, Rest

TASKS = 30
DAG_ID = "capacity"
DAG = """\
from airflow.sdk import dag, task


@dag(schedule=None, max_active_tasks={tasks})
def {dag_id}():
    @task
    def nothing():
        pass

    for _ in range({tasks}):
        nothing()


{dag_id}()
"""
LOOP = "airflow_scheduler_scheduler_loop_duration_seconds"
NOT_NEEDED = {
    *("azurite", "bigquery", "gcs", "inbox", "kafka", "mail", "mlflow", "model_server"),
    *("object_store", "shop_api", "vault"),
}


@dataclass(frozen=True)
class Arrangement:
    """An executor, and how many Celery workers it has; with none, the scheduler runs the tasks."""

    what: str
    executor: str
    slots: int
    workers: int = 0


ARRANGEMENTS = (
    Arrangement(
        "The lab, 4 slots",
        "plugins.executors.warm_local.WarmLocalExecutor",
        slots=4,
    ),
    Arrangement("Celery, a worker of 4 slots", "CeleryExecutor", slots=4, workers=1),
)


@dataclass(frozen=True)
class Capacity:
    """What one arrangement carried.

    `tasks_a_second` is from the first task's start to the last one's end, `work` the processor's
    seconds of each part for one task, `loop_seconds` the mean of the scheduler's turns meanwhile,
    `connections` the most that each part held open.
    """

    arrangement: Arrangement
    tasks_a_second: float
    work: dict[str, float]
    loop_seconds: float
    connections: dict[str, int]

    @property
    def seconds_a_task(self) -> float:
        """The processor's seconds of all parts for one task."""
        return sum(self.work.values())


PARTS = {
    "api-server": "api-server",
    "scheduler": "scheduler",
    "workers": "Celery workers",
    "dag-processor": "dag-processor",
    "triggerer": "triggerer",
    "postgres": "PostgreSQL",
}
"""What the page calls each part."""


def capacity_table(found: list[Capacity]) -> str:
    """The figures as tables of the page."""
    *clients, _ = PARTS
    work = [
        [*(f"{one.work.get(part, 0) * 1000:.0f}" for part in PARTS), f"{one.seconds_a_task:.2f} s"]
        for one in found
    ]
    clock = [
        [
            f"{one.tasks_a_second:.1f}",
            f"{one.loop_seconds * 1000:.0f}",
            *(str(one.connections.get(part, 0)) for part in clients),
        ]
        for one in found
    ]
    core = {part: 1 / found[-1].work[part] for part in ("workers", "api-server", "postgres")}
    return (
        f"What Airflow itself takes for a task: one run of {TASKS} tasks that do nothing. In the\n"
        "lab the scheduler's figure has the tasks in it, with Celery that of the workers.\n"
        "\nThe processor's milliseconds for each task:\n\n"
        f"{_table(found, [*PARTS.values(), 'together'], work)}\n"
        "\nBy the clock, on all cores of this machine; and the most connections to the database\n"
        "that each part held meanwhile:\n\n"
        f"{_table(found, ['tasks/s', 'scheduler turn, ms', *map(PARTS.get, clients)], clock)}\n"
        f"\nOne core carries {core['workers']:.1f} such tasks a second as a Celery worker's, "
        f"{core['api-server']:.0f} as an api-server's,\n{core['postgres']:.0f} as PostgreSQL's."
    )


def _table(found: list[Capacity], heads: list[str | None], rows: list[list[str]]) -> str:
    lines = [["Arrangement", *map(str, heads)], ["---"] * (len(heads) + 1)]
    lines += [[one.arrangement.what, *row] for one, row in zip(found, rows, strict=True)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def measure(tell: Callable[[str], None]) -> list[Capacity]:
    """Run the Dag once in each arrangement, after one run that nobody measures."""
    with tempfile.TemporaryDirectory() as folder:
        # PostgreSQL runs as another user where root measures.
        Path(folder).chmod(0o711)
        lab = Lab.from_environment(
            {
                "LAB_HOME": f"{folder}/lab",
                "LAB_PORT_BASE": str(free_port_base(40)),
                "WITHOUT": ",".join(NOT_NEEDED),
            }
        )
        dags = lab.home / "capacity"
        dags.mkdir(parents=True)
        (dags / "capacity.py").write_text(DAG.format(dag_id=DAG_ID, tasks=TASKS))
        found = []
        for arrangement in ARRANGEMENTS:
            tell(f"running {TASKS} tasks: {arrangement.what} ...")
            with _running(lab, _services(lab, dags, arrangement)):
                found.append(_measured(lab, arrangement))
        return found


def _services(lab: Lab, dags: Path, arrangement: Arrangement) -> list[Service]:
    """Airflow as the lab runs it, with another folder of Dags and another executor."""
    environment = _environment(lab, dags, arrangement)
    components = [
        replace(airflow.airflow(lab, name), after=("metadata",), environment=environment)
        for name in airflow.COMPONENTS
    ]
    components = [
        replace(one, ready=lambda: DAG_ID in (airflow.listed_lessons(lab) or ()))
        if one.name == "dag-processor"
        else one
        for one in components
    ]
    workers = [
        Service(
            f"worker-{number}",
            (
                *(str(lab.root / ".venv/bin/airflow"), "celery", "worker", "--skip-serve-logs"),
                *("--concurrency", str(arrangement.slots)),
                *("--celery-hostname", f"worker-{number}@%h"),
            ),
            "runs tasks",
            after=("metadata", "redis"),
            environment=environment,
            folder=lab.root,
        )
        for number in range(1, arrangement.workers + 1)
    ]
    before = [postgres(lab), databases(lab), redis(lab), metrics(lab), airflow.metadata(lab)]
    return [*before, *components, *workers]


def _environment(lab: Lab, dags: Path, arrangement: Arrangement) -> dict[str, str]:
    bundle = (
        '[{"name": "capacity", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",'
        f' "kwargs": {{"path": "{dags}"}}}}]'
    )
    password, port = lab.secrets["airflow_password"], lab.port("postgres")
    return {
        **airflow_environment(lab),
        "AIRFLOW__CORE__EXECUTOR": arrangement.executor,
        "AIRFLOW__CORE__PARALLELISM": str(arrangement.slots * max(arrangement.workers, 1)),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": bundle,
        "AIRFLOW__CELERY__BROKER_URL": (
            f"redis://:{lab.secrets['redis_password']}@{HOST}:{lab.port('redis')}/1"
        ),
        "AIRFLOW__CELERY__RESULT_BACKEND": (
            f"db+postgresql://airflow:{password}@{HOST}:{port}/airflow"
        ),
    }


@contextmanager
def _running(lab: Lab, services: list[Service]) -> Iterator[None]:
    """These services, healthy; stopped again at the end."""
    supervisor = Supervisor(lab, services, lambda line: None)
    ready: list[bool] = []
    loop = asyncio.new_event_loop()
    failed: list[BaseException] = []

    def keep() -> None:
        try:
            loop.run_until_complete(supervisor.run(lambda: ready.append(True)))
        except Exception as error:  # noqa: BLE001 - told in the other thread
            failed.append(error)

    thread = Thread(target=keep)
    thread.start()
    try:
        while not ready and thread.is_alive():
            time.sleep(0.1)
        if failed:
            raise failed[0]
        yield
    finally:
        loop.call_soon_threadsafe(supervisor.stop) if thread.is_alive() else None
        thread.join()
        loop.close()


def _measured(lab: Lab, arrangement: Arrangement) -> Capacity:
    rest = Rest(lab)
    rest.wait(DAG_ID, rest.trigger(DAG_ID), 300)
    loops, work = _loops(lab), _work(lab)
    run = rest.trigger(DAG_ID)
    most: dict[str, int] = defaultdict(int)
    while rest.get(f"dags/{DAG_ID}/dagRuns/{run}")["state"] not in ENDED:
        for name, number in _connections(lab).items():
            most[name] = max(most[name], number)
        time.sleep(1)
    spent = {name: (after - work[name]) / TASKS for name, after in _work(lab).items()}
    turns = [after - before for before, after in zip(loops, _loops(lab), strict=True)]
    tasks = rest.tasks(DAG_ID, run)
    wrong = [one for one in tasks if one["state"] != "success"]
    if wrong or len(tasks) != TASKS:
        raise RuntimeError(f"{len(tasks) - len(wrong)} of {TASKS} tasks succeeded: {wrong[:1]}")
    began, ended = (
        one(datetime.fromisoformat(task[key]) for task in tasks)
        for one, key in ((min, "start_date"), (max, "end_date"))
    )
    speed = TASKS / (ended - began).total_seconds()
    return Capacity(arrangement, speed, spent, turns[0] / turns[1], dict(most))


def _loops(lab: Lab) -> tuple[float, float]:
    """The seconds of all turns of the scheduler so far, and their number."""
    page = httpx.get(f"{lab.url('metrics')}/metrics", trust_env=False).text
    lines = [line for line in page.splitlines() if line.startswith(LOOP)]
    seconds, turns = (
        sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{LOOP}_{what}"))
        for what in ("sum", "count")
    )
    return seconds, turns


def _work(lab: Lab) -> dict[str, float]:
    """The processor's seconds of each part so far, those of its ended children included."""
    return {name: sum(map(_seconds, processes)) for name, processes in _parts(lab).items()}


def _connections(lab: Lab) -> dict[str, int]:
    """How many connections to PostgreSQL each part holds open."""
    port = lab.port("postgres")
    return {
        name: sum(_to(port, process) for process in processes)
        for name, processes in _parts(lab).items()
        if name != "postgres"
    }


def _parts(lab: Lab) -> dict[str, list[psutil.Process]]:
    """The processes of each service; all workers are one part."""
    parts: dict[str, list[psutil.Process]] = defaultdict(list)
    for name, facts in read_state(lab).items():
        if facts["pid"] and name not in {"redis", "metrics"}:
            leader = psutil.Process(facts["pid"])
            part = "workers" if name.startswith("worker-") else name
            parts[part] += [leader, *leader.children(recursive=True)]
    return parts


def _seconds(process: psutil.Process) -> float:
    try:
        return sum(process.cpu_times()[:4])
    except psutil.NoSuchProcess:
        return 0


def _to(port: int, process: psutil.Process) -> int:
    try:
        ends = [one.raddr for one in process.net_connections("tcp") if one.status == "ESTABLISHED"]
    except psutil.NoSuchProcess:
        return 0
    return sum(bool(end) and end.port == port for end in ends)
