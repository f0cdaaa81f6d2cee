"""`phase13_02_trigger_dag_run`: the child alone; starting it needs a live scheduler.

See `tests/live/test_orchestration.py`.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from include.data import seeds
from include.retail.orders import newest_orders
from tests.lessons import Run, query

LESSON = "phase13_02_trigger_dag_run"
CHILD = f"{LESSON}__child"
DAY = datetime(2026, 3, 5, tzinfo=UTC)


def test_the_child_works_on_its_day_with_its_conf(run: Run) -> None:
    """It leaves the day's report; a conf that is not true is found out and changes nothing."""
    day = [o for o in newest_orders(seeds.orders()) if o.ordered_at.date() == DAY.date()]
    report = "SELECT promised, orders, revenue FROM marts.child_reports WHERE day = %s"

    assert run(CHILD, {"orders": len(day)}, DAY).state == "success"
    assert query(report, DAY) == [(len(day), len(day), sum(o.amount for o in day))]

    wrong = run(CHILD, {"orders": len(day) + 1}, DAY)
    assert wrong.states == {"check_conf": "failed", "write_report": "upstream_failed"}
    assert query(report, DAY)[0][0] == len(day)
    query("DELETE FROM marts.child_reports WHERE day = %s RETURNING 1", DAY)


def test_a_day_that_is_not_worth_it_starts_nothing(run: Run) -> None:
    """A day without orders; what follows is skipped."""
    result = run(LESSON, conf={"day": "2020-01-01"})

    assert result.state == "success"
    assert result.returned("count_orders") == 0
    assert result.states["start_child"] == "skipped"


@pytest.mark.parametrize(("orders", "least", "worth_it"), [(10, 10, True), (9, 10, False)])
def test_a_day_is_worth_it_from_so_many_orders_on(
    bag: Any, orders: int, least: int, worth_it: bool
) -> None:
    """Fewer than asked for are not enough."""
    judge = bag.dags[LESSON].get_task("is_worth_it").python_callable

    assert judge(orders, {"least": least}) is worth_it
