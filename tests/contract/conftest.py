"""The lessons that are ready, and what came of reading them in a process of their own."""

from pathlib import Path

import pytest

from include.curriculum import syllabus
from tests.bench.parsing import ROOT, Folders, Reading, read_all

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


Measured = tuple[dict[Path, Reading], Folders]


@pytest.fixture(scope="session")
def rule_breaker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that does everything that a lesson must not do while it is read."""
    file = tmp_path_factory.mktemp("dags") / "breaks_every_rule.py"
    file.write_text(BREAKS_EVERY_RULE)
    return file


@pytest.fixture(scope="session")
def measured(rule_breaker: Path) -> Measured:
    """All readings, in one process more: each start of Airflow costs seconds."""
    return read_all([rule_breaker])


@pytest.fixture
def reading(measured: Measured, lesson: syllabus.Lesson) -> Reading:
    """What came of reading this lesson alone."""
    return measured[0][ROOT / lesson.file]
