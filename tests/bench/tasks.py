"""What a task costs that does nothing: in the lab, and in the same Airflow with nothing of ours.

Both run on the same database, one after the other, and each is measured with all its services. What
they use while nothing runs is taken off, so what is left is the price of the tasks alone.
"""

import asyncio
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from threading import Thread

from include.lab import airflow
from include.lab.postgres import postgres
from include.lab.service import Service
from include.lab.services import services
from include.lab.settings import Lab
from include.lab.supervisor import Supervisor
from tests.cost import of_descendants
from tests.live.rest import Rest

TASKS, RUNS, IDLE_SECONDS = 60, 3, 15
DAG_ID = "idle_tasks"
DAG = f"""\
from airflow.sdk import dag, task


@dag(schedule=None, max_active_tasks={TASKS})
def {DAG_ID}():
    @task
    def nothing():
        return 1

    for _ in range({TASKS}):
        nothing()


{DAG_ID}()
"""
BARE = {
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    "AIRFLOW__METRICS__STATSD_ON": "False",
    "AIRFLOW__OPENLINEAGE__DISABLED": "True",
}
NOT_IN_BARE = (
    "AIRFLOW__CORE__XCOM_BACKEND",
    "AIRFLOW__WORKERS__SECRETS_BACKEND",
    "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS",
)
"""What the lab sets and Airflow by itself does not: nothing of ours is left."""


@dataclass(frozen=True)
class Cost:
    """Core-seconds of a task that does nothing."""

    lab: float
    bare: float

    @property
    def ratio(self) -> float:
        """The lab's against the bare Airflow's."""
        return self.lab / self.bare


def measure(lab: Lab) -> Cost:
    """Measure in a lab that was started before and is down now."""
    folder = lab.home.parent / "idle"
    (folder / "plugins").mkdir(parents=True, exist_ok=True)
    (folder / "dags").mkdir(exist_ok=True)
    (folder / "dags" / f"{DAG_ID}.py").write_text(DAG)
    bundle = [{"name": "dags-folder", "classpath": LOCAL, "kwargs": {"path": str(folder / "dags")}}]
    dags = {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundle)}
    plugins = {"AIRFLOW__CORE__PLUGINS_FOLDER": str(folder / "plugins")}

    ours = [_with(one, lab, dags) for one in services(lab)]
    components = [airflow.airflow(lab, name) for name in airflow.COMPONENTS]
    alone = [
        replace(_with(one, lab, dags | BARE | plugins, NOT_IN_BARE), after=("postgres",))
        for one in components
    ]
    return Cost(_cost(lab, ours), _cost(lab, [postgres(lab), *alone]))


LOCAL = "airflow.dag_processing.bundles.local.LocalDagBundle"


def _with(one: Service, lab: Lab, more: dict[str, str], less: tuple[str, ...] = ()) -> Service:
    """A component of Airflow with other settings; every other service as it is."""
    if one.name not in airflow.COMPONENTS:
        return one
    environment = {key: value for key, value in one.environment.items() if key not in less}
    ready = partial(airflow.is_healthy, lab, one.name)
    return replace(one, environment=environment | more, ready=ready)


def _cost(lab: Lab, described: list[Service]) -> float:
    """Start these services, run the tasks, and return what each has cost."""
    found: list[float] = []
    supervisor = Supervisor(lab, described, lambda line: None)

    async def run() -> None:
        loop = asyncio.get_running_loop()

        def work() -> None:
            try:
                found.append(_run_tasks(lab))
            finally:
                loop.call_soon_threadsafe(supervisor.stop)

        await supervisor.run(Thread(target=work).start)

    asyncio.run(run())
    return found[0]


def _run_tasks(lab: Lab) -> float:
    rest = Rest(lab)
    while rest.client.get(f"/api/v2/dags/{DAG_ID}").status_code != 200:
        time.sleep(0.5)
    _run(rest)  # The first run of all imports what the others find imported.
    time.sleep(IDLE_SECONDS)
    idle, seconds = _spent(lambda: time.sleep(IDLE_SECONDS))
    spent, took = _spent(lambda: [_run(rest) for _ in range(RUNS)])
    return (spent - idle / seconds * took) / (RUNS * TASKS)


def _run(rest: Rest) -> None:
    assert rest.wait(DAG_ID, rest.trigger(DAG_ID), pause=1) == "success"


def _spent(work: Callable[[], object]) -> tuple[float, float]:
    """Core-seconds of all that runs below this process, and seconds by the clock."""
    before, began = of_descendants(os.getpid()), time.monotonic()
    work()
    return of_descendants(os.getpid()) - before, time.monotonic() - began
