"""One Airflow for all tests of lessons, and one lab for those that need its services.

Airflow reads its settings when it is first imported, so they are made here, at the top. Its
metadata is a SQLite file of this test run: `dag.test()` needs no scheduler, and a scheduler on the
same database would take the run over. The live tests use the lab's own Airflow instead.
"""

import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

OUTSIDE = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(tempfile.mkdtemp(prefix="curriculum-tests-"))
# PostgreSQL runs as another user where root runs the tests, and has to get to its data.
FOLDER.chmod(0o711)
EMPTY = FOLDER / "empty"
EMPTY.mkdir()


def _free_port_base() -> int:
    """The first of forty free ports; two test runs that start together look in other places."""
    for attempt in range(250):
        base = 21000 + (os.getpid() + attempt) % 250 * 40
        if all(_is_free(port) for port in range(base, base + 40)):
            return base
    raise RuntimeError("no forty consecutive free ports between 21000 and 31000")


def _is_free(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) != 0


PLACE = {"LAB_HOME": str(FOLDER / "lab"), "LAB_PORT_BASE": str(_free_port_base()), "WITHOUT": ""}
os.environ.update(PLACE)

from include.lab.airflow_settings import airflow_environment  # noqa: E402
from include.lab.postgres import data_folder  # noqa: E402
from include.lab.services import addresses  # noqa: E402
from include.lab.settings import Lab  # noqa: E402
from tests.lessons import Result, Run, run_dag  # noqa: E402

LAB = Lab.from_environment()
BUNDLE = {
    "name": "curriculum",
    "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
    # dag.test() reads its whole bundle anew at every call: an empty one costs nothing.
    "kwargs": {"path": str(EMPTY)},
}
os.environ.update(airflow_environment(LAB))
os.environ.update(addresses(LAB))
os.environ.update(
    {
        "AIRFLOW_HOME": str(FOLDER / "airflow"),
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{FOLDER}/airflow.db",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([BUNDLE]),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(FOLDER / "logs"),
    }
)


def pytest_sessionfinish() -> None:
    """Leave nothing behind; what a failed start of the lab left is shown before."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    if data_folder(LAB).is_relative_to("/var/tmp"):
        shutil.rmtree(data_folder(LAB).parent, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the running lab, so that `-m "not lab"` leaves it out."""
    for item in items:
        if "lab" in getattr(item, "fixturenames", ()):
            item.add_marker("lab")


@pytest.fixture(scope="session")
def bag() -> Any:
    """All lessons, and a metadata database that knows them, seeded as the lab's is."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
    from airflow.utils.db import initdb

    from plugins.setup import metadata

    initdb()
    metadata.seed(metadata.objects(), FOLDER / "seeded.json")
    DagBundlesManager().sync_bundles_to_db()
    dags = ROOT / "dags"
    bag = BundleDagBag(dag_folder=dags, bundle_path=dags, bundle_name="curriculum")
    sync_bag_to_db(bag, "curriculum", None)
    return bag


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The whole lab, running: started once, on free ports, with its state in a temporary folder."""
    output = FOLDER / "lab.log"
    command = [sys.executable, "-m", "include.lab", "up", "--end-with-parent"]
    environment = {**OUTSIDE, **PLACE, "PYTHONPATH": str(ROOT)}
    with output.open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=environment)
    try:
        while "Ctrl-C stops everything" not in output.read_text():
            if process.poll() is not None:
                pytest.fail(f"The lab did not start:\n{output.read_text()}", pytrace=False)
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
        yield LAB
    finally:
        process.terminate()
        process.wait(90)


@pytest.fixture
def run(bag: Any, lab: Lab) -> Run:
    """Run a lesson in this process, against the lab."""

    def run_lesson(
        dag_id: str, conf: dict[str, Any] | None = None, logical_date: datetime | None = None
    ) -> Result:
        return run_dag(bag.dags[dag_id], conf, logical_date)

    return run_lesson


@pytest.fixture
def hints() -> Iterator[list[str]]:
    """What is said of services that do not answer, line by line."""
    from plugins.listeners import service_hint

    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    service_hint.log.addHandler(handler)
    yield lines
    service_hint.log.removeHandler(handler)
