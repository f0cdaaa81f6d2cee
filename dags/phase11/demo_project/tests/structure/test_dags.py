"""The Dags as Airflow reads them; none of them runs."""

from pathlib import Path
from typing import Any

import pytest

DAGS = Path(__file__).parents[2] / "dags"


@pytest.fixture(scope="session")
def bag() -> Any:
    """Every Dag of the project."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(DAGS)


def test_every_file_loads(bag: Any):
    """No import error: the first thing that Airflow itself would complain of."""
    errors = {file: text for file, text in bag.import_errors.items() if "Cycle" not in text}
    assert errors == {}


def test_no_dag_has_a_cycle(bag: Any):
    """A task that waits for itself would never start."""
    assert [text for text in bag.import_errors.values() if "Cycle" in text] == []


def test_every_dag_has_an_owner(bag: Any):
    """Somebody answers for it: the name that Airflow gives by default is nobody."""
    assert bag.dags
    assert [dag_id for dag_id, dag in bag.dags.items() if dag.owner == "airflow"] == []


def test_the_report_is_checked_before_it_ends(bag: Any):
    """What adds up comes first, what looks at the result is last."""
    dag = bag.dags["phase11_02_cicd_patterns__development"]
    assert [task.task_id for task in dag.topological_sort()] == ["add_up", "check"]
