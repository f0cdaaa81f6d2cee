"""Each room has a sign: who breaks its rule is told what the room is for."""

import subprocess
import sys
from functools import cache

import pytest

from tests.rooms.sources import ROOT

PUBLIC = "dags/ is for wiring with Airflow's public interface"
ALONE = "dags/ is for lessons that stand alone"
LESSON = "dags/phase1/x.py"
SIGNS = [
    ("include/x.py", "import airflow", "include/ is for what the shop knows"),
    ("include/x.py", "from airflow.sdk import dag", "include/ is for what the shop knows"),
    ("include/x.py", "from plugins.hooks import x", "include/ is below plugins/"),
    ("include/x.py", "from dags import phase1", "include/ is below dags/"),
    ("include/x.py", "from . import y", "Prefer absolute imports"),
    ("plugins/hooks/x.py", "from dags import phase1", "plugins/ is for what lessons share"),
    ("tests/test_x.py", "import dags.phase1", "tests/ is for proofs"),
    (LESSON, "from airflow.models import DagRun", PUBLIC),
    (LESSON, "from airflow.utils.session import create_session", PUBLIC),
    (LESSON, "from airflow import settings", PUBLIC),
    (LESSON, "from airflow.jobs.job import Job", PUBLIC),
    (LESSON, "from airflow.decorators import dag", PUBLIC),
    (LESSON, "from airflow.exceptions import AirflowSkipException", PUBLIC),
    (LESSON, "from dags.phase1 import y", ALONE),
    (LESSON, "from . import y", "Prefer absolute imports"),
    (LESSON, "print(1)", "`print` found"),
    (LESSON, "import time; time.sleep(1)", "dags/ is for wiring that works"),
    (LESSON, "from time import sleep", "dags/ is for wiring that works"),
    (LESSON, "import random", "dags/ is for wiring that does the same twice"),
    *(
        (LESSON, f"import {library}", f"`{library}` is banned at the module level")
        for library in (
            *("pandas", "numpy", "sklearn", "mlflow", "feast"),
            *("great_expectations", "scipy", "boto3", "pyarrow"),
        )
    ),
]


@cache
def everything_wrong_in(path: str) -> str:
    """What ruff says of the file `path` in which all of its lines break a rule."""
    return ruff(path, "\n".join(code for where, code, _ in SIGNS if where == path))


def ruff(path: str, code: str) -> str:
    """What ruff says of `code`, if it stood in the file `path`."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise"]
    done = subprocess.run(
        [*command, "--stdin-filename", path, "-"],
        input=code,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize(("path", "code", "sign"), SIGNS, ids=[f"{p}: {c}" for p, c, _ in SIGNS])
def test_who_breaks_a_rule_reads_the_sign(path: str, code: str, sign: str):
    """The linter's message names the purpose of the room, or the way to write it instead."""
    line = [code for where, code, _ in SIGNS if where == path].index(code) + 1
    said = everything_wrong_in(path).splitlines()

    assert [one for one in said if one.startswith(f"{path}:{line}:") and sign in one]


def test_a_heavy_library_may_be_imported_inside_a_task():
    """Only the top of a lesson has to be light."""
    task = 'def task() -> None:\n    """Do."""\n    import pandas\n\n    pandas.DataFrame()\n'
    assert ruff(LESSON, f'"""A lesson."""\n\n\n{task}') == "All checks passed!\n"
