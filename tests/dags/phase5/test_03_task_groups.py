"""`phase5_03_task_groups`: ids, hierarchy, and one copy of a group for each country."""

from include.data import seeds
from include.retail.orders import newest_orders, revenue_by_country
from tests.lessons import Run, query

LESSON = "phase5_03_task_groups"


def test_groups_nest_and_name_their_tasks(bag) -> None:
    """A task's id names its groups, and the groups form the tree that the page shows."""
    dag = bag.dags[LESSON]

    assert {group for group in dag.task_group.get_task_group_dict() if group} == {
        "check",
        "check.orders",
        "report",
    }
    assert {task.task_id for task in dag.tasks} == {
        "check.count_customers",
        "check.orders.count_orders",
        "check.orders.has_sales",
        "create_table",
        "list_countries",
        "report.sum_revenue",
        "report.store_revenue",
        "publish",
    }


def test_defaults_hold_for_the_group_alone(bag) -> None:
    """Tasks of `check` do not retry, all others do."""
    for task in bag.dags[LESSON].tasks:
        assert task.retries == (0 if task.task_id.startswith("check.") else 2), task.task_id


def test_one_copy_of_the_group_for_each_country(run: Run) -> None:
    """Each known country has one row with the seeds' revenue."""
    wanted = revenue_by_country(newest_orders(seeds.orders()))
    del wanted["unknown"]

    result = run(LESSON)

    assert result.state == "success"
    rows = query("SELECT country, revenue FROM marts.country_revenue ORDER BY country")
    assert rows == sorted(wanted.items())
    copies = [name for name in result.states if name.startswith("report.store_revenue[")]
    assert len(copies) == len(wanted)
    assert result.returned("publish") == str(sum(wanted.values()))
