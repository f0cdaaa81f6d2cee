"""The lessons that are ready, and what came of reading them in a process of their own."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from include.alerting import routes
from include.catalog import sources
from include.configuration import metadata
from include.curriculum import syllabus
from tests.bench.parsing import ROOT, Reading, read_alone
from tests.conftest import FOLDER

BUILT = [lesson for lesson in syllabus.load().lessons if lesson.built()]
BREAKS_EVERY_RULE = """\
import socket
from pathlib import Path

import pandas
from airflow.decorators import dag
from airflow.sdk import BaseHook, Connection, Variable


def reach(function, *arguments):
    try:
        function(*arguments)
    except PermissionError:
        return


reach(Variable.get, "x")
reach(Connection.get, "x")
reach(BaseHook.get_connection, "x")
reach(socket.create_connection, ("127.0.0.1", 9))
Path(__file__).with_suffix(".txt").write_text("x")


@dag(schedule=None)
def breaks_every_rule():
    raise RuntimeError("not even this is a Dag")


breaks_every_rule()
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask every test that takes a `lesson` once for each that is ready."""
    if "lesson" in metafunc.fixturenames:
        metafunc.parametrize("lesson", BUILT, ids=lambda lesson: lesson.id)


Measured = dict[Path, Reading]
READINGS = pytest.StashKey[Future[Measured]]()
RULE_BREAKER = FOLDER / "breaks_every_rule.py"


@pytest.hookimpl(trylast=True)  # When what was not asked for is gone.
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Read the lessons beside the other tests, and look at what came of it at the end."""
    asking = [item for item in items if "measured" in getattr(item, "fixturenames", ())]
    if asking:
        items.sort(key=lambda item: item in asking)
        RULE_BREAKER.write_text(BREAKS_EVERY_RULE)
        asking[0].config.stash[READINGS] = ThreadPoolExecutor(1).submit(read_alone, [RULE_BREAKER])


@pytest.fixture(scope="session")
def measured(pytestconfig: pytest.Config) -> Measured:
    """What came of reading all lessons, and the file that breaks every rule."""
    return pytestconfig.stash[READINGS].result()


@pytest.fixture
def reading(measured: Measured, lesson: syllabus.Lesson) -> Reading:
    """What came of reading this lesson alone."""
    return measured[ROOT / lesson.file]


@pytest.fixture(scope="session")
def teams() -> set[str]:
    """The teams of the shop: those that have an alert route, a table or a role."""
    curated = sources.curated()
    return {
        *routes.load().teams,
        *(curated.default_owner, *(table.owner for table in curated.table.values())),
        *(name.removesuffix("_team") for name in metadata.roles() if name.endswith("_team")),
    }
