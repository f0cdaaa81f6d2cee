"""The lessons, read once, ready to be run in this process."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from include.lab.settings import Lab
from tests.conftest import FOLDER
from tests.lessons import ROOT, Result, run_dag


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


Run = Callable[..., Result]


@pytest.fixture
def run(bag: Any, lab: Lab) -> Run:
    """Run a lesson against the lab: `run("phase1_01_hello_airflow", conf={...})`."""

    def run_lesson(
        dag_id: str, conf: dict[str, Any] | None = None, logical_date: datetime | None = None
    ) -> Result:
        return run_dag(bag.dags[dag_id], conf, logical_date)

    return run_lesson
