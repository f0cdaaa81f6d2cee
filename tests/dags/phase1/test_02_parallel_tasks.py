"""`phase1_02_parallel_tasks`: three counts, one report."""

import json

import pytest

from include.data import seeds
from include.retail.orders import newest_orders
from tests.lessons import Result, Run, lake


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The lesson, run untouched."""
    return run("phase1_02_parallel_tasks")


def test_report_holds_the_seeds_counts(result: Result) -> None:
    """The report counts what the seeds hold, and no other file is there."""
    assert result.state == "success"
    assert set(lake("phase1/02_parallel_tasks/")) == {"inventory.json"}
    assert json.loads(lake("phase1/02_parallel_tasks/")["inventory.json"]) == {
        "customers": len(seeds.customers()),
        "products": len(seeds.products()),
        "orders": len(newest_orders(seeds.orders())),
    }


def test_report_waits_for_all_counts(result: Result) -> None:
    """The report begins after the last of the counts has ended."""
    *counts, report = result.task_instances

    assert report.task_id == "write_report"
    assert max(count.end_date for count in counts) <= report.start_date


@pytest.mark.parametrize("task_id", ["count_customers", "count_products", "count_orders"])
def test_counts_do_not_wait_for_each_other(bag, task_id: str) -> None:
    """No count depends on another task, so a scheduler may run all at once."""
    assert not bag.dags["phase1_02_parallel_tasks"].get_task(task_id).upstream_task_ids
