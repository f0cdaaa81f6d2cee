"""The whole Dag, run in this process by `dag.test()`, against a real database."""

import os
from pathlib import Path

import pytest

DAGS = Path(__file__).parents[2] / "dags"


@pytest.mark.skipif(
    "AIRFLOW_CONN_WAREHOUSE" not in os.environ,
    reason="set AIRFLOW_CONN_WAREHOUSE to the address of a warehouse",
)
def test_the_report_runs_from_its_first_task_to_its_last():
    """Every task succeeds, and the groups' totals add up to the revenue."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db
    from airflow.utils.db import initdb

    initdb()
    DagBundlesManager().sync_bundles_to_db()
    bag = BundleDagBag(DAGS, bundle_path=DAGS, bundle_name="dags-folder")
    sync_bag_to_db(bag, "dags-folder", None)

    run = bag.dags["phase11_02_cicd_patterns__development"].test()

    assert {ti.task_id: str(ti.state) for ti in run.get_task_instances()} == {
        "add_up": "success",
        "check": "success",
    }
