"""Runs a lesson in this process, against the lab."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from include.lab.settings import Lab
from tests.lessons import Result, run_dag

Run = Callable[..., Result]


@pytest.fixture
def run(bag: Any, lab: Lab) -> Run:
    """Run a lesson against the lab: `run("phase1_01_hello_airflow", conf={...})`."""

    def run_lesson(
        dag_id: str, conf: dict[str, Any] | None = None, logical_date: datetime | None = None
    ) -> Result:
        return run_dag(bag.dags[dag_id], conf, logical_date)

    return run_lesson
