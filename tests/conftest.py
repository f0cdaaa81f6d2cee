"""One Airflow for all tests of lessons, and one lab for those that need its services.

Airflow reads its settings when it is first imported, so they are made here, at the top. Its
metadata is a SQLite file of this test run: `dag.test()` needs no scheduler, and a scheduler on the
same database would take the run over. The live tests use the lab's own Airflow instead.
"""

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.live.rounds import Round

from tests.labs import ROOT, LabDidNotStartError, free_port_base, start_lab

FOLDER = Path(tempfile.mkdtemp(prefix="curriculum-tests-"))
# PostgreSQL runs as another user where root runs the tests, and has to get to its data.
FOLDER.chmod(0o711)
EMPTY = FOLDER / "empty"
EMPTY.mkdir()


IN_CONTAINERS = "LAB_SECRETS" in os.environ
"""Whether this is a container of `docker_compose/`, whose stack is tested as it runs."""

PLACE = {
    "LAB_HOME": str(FOLDER / "lab"),
    "LAB_PORT_BASE": str(free_port_base(40)),
    "WITHOUT": os.environ.get("TESTS_WITHOUT", ""),
}
if not IN_CONTAINERS:
    os.environ.update(PLACE)

from include.configuration.metadata import connections  # noqa: E402
from include.lab.addresses import addresses  # noqa: E402
from include.lab.airflow_settings import airflow_environment  # noqa: E402
from include.lab.postgres import data_folder  # noqa: E402
from include.lab.settings import Lab  # noqa: E402
from tests.lessons import Result, Run, run_dag  # noqa: E402
from tests.live.rest import Rest  # noqa: E402

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
    if not IN_CONTAINERS and data_folder(LAB).is_relative_to("/var/tmp"):
        shutil.rmtree(data_folder(LAB).parent, ignore_errors=True)


FIRST = ("test_every_lesson.py", "test_secrets.py")
"""The first of them runs every lesson, and the second looks at what that has left."""

LAST = ("test_service_stopped.py", "test_recovery.py", "test_lab.py")
"""They stop and kill what all others need."""


OF_THE_SUPERVISOR = {"read_state", "start_lab", "stopped", "wait_for"}
"""What starts, stops and watches the lab's processes; containers are Docker's."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the running lab, and what needs the lab's own Airflow too."""
    items.sort(key=lambda item: (item.path.name in LAST) - (item.path.name in FIRST))
    for item in items:
        if "lab" in getattr(item, "fixturenames", ()):
            item.add_marker("lab")
        if any(item.path.is_relative_to(ROOT / "tests" / room) for room in ("face", "live")):
            item.add_marker("airflow")
        if IN_CONTAINERS and OF_THE_SUPERVISOR & set(item.function.__code__.co_names):
            item.add_marker(pytest.mark.skip("the lab's own supervisor is asked: make test does"))


@pytest.fixture(scope="session")
def bag() -> Any:
    """All lessons, as they are read from their files."""
    from airflow.dag_processing.dagbag import BundleDagBag

    dags = ROOT / "dags"
    return BundleDagBag(dag_folder=dags, bundle_path=dags, bundle_name="curriculum")


@pytest.fixture(scope="session")
def database(bag: Any) -> None:
    """A metadata database that knows the lessons, seeded as the lab's is."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import sync_bag_to_db
    from airflow.utils.db import initdb

    from plugins.setup import metadata

    initdb()
    metadata.seed(metadata.objects(), FOLDER / "seeded.json")
    DagBundlesManager().sync_bundles_to_db()
    sync_bag_to_db(bag, "curriculum", None)


@pytest.fixture(scope="session")
def lab(database: None) -> Iterator[Lab]:
    """The whole lab, running: started once, on free ports, with its state in a temporary folder.

    Whatever speaks to its services looks for their connections in the tests' own database.
    """
    if IN_CONTAINERS:
        yield LAB
        return
    try:
        process = start_lab(PLACE, FOLDER / "lab.log")
    except LabDidNotStartError as error:
        pytest.fail(f"The lab did not start:\n{error}", pytrace=False)
    try:
        yield LAB
    finally:
        process.terminate()
        process.wait(90)


@pytest.fixture(scope="session")
def run(bag: Any, lab: Lab) -> Run:
    """Run a lesson in this process, against the lab; a module keeps the result that it shares."""

    def run_lesson(
        dag_id: str, conf: dict[str, Any] | None = None, logical_date: datetime | None = None
    ) -> Result:
        return run_dag(bag.dags[dag_id], conf, logical_date)

    return run_lesson


@pytest.fixture(scope="session")
def rest(lab: Lab) -> Rest:
    """The admin, logged in to the lab's own Airflow."""
    return Rest(lab)


@pytest.fixture(scope="session")
def rounds(lab: Lab, rest: Rest) -> "list[Round]":
    """Every lesson untouched on the live scheduler, twice: played once for all tests."""
    from tests.live.rounds import play

    return [play(lab, rest) for _ in range(2)]


@pytest.fixture(scope="session")
def untouched(rounds: "list[Round]") -> Callable[[str], str]:
    """The id of the run of a lesson that was triggered untouched last, and ended success."""

    def last_run(lesson: str) -> str:
        assert rounds[-1].states[lesson] == "success", rounds[-1].why
        return rounds[-1].runs[lesson]

    return last_run


@pytest.fixture
def known_connections(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """All connections, for hooks outside of a task: those look in the environment alone."""
    for conn_id, facts in connections().items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(facts))


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
