"""`phase13_01_external_task_sensor`: the closing itself; waiting for it needs a live scheduler.

See `tests/live/test_orchestration.py`.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from include.data import seeds
from include.retail.orders import newest_orders
from tests.lessons import Run, query

LESSON = "phase13_01_external_task_sensor"
MORNING = datetime(2026, 3, 3, 5, tzinfo=UTC)
DAY = "2026-03-02"


@pytest.mark.parametrize(("error", "state"), [(0, "success"), (1, "failed")])
def test_the_books_close_if_the_till_agrees(run: Run, error: int, state: str) -> None:
    """They have the orders and amounts of the day before; a till that disagrees stops it."""
    day = [o for o in newest_orders(seeds.orders()) if f"{o.ordered_at:%Y-%m-%d}" == DAY]
    made = "CREATE TABLE IF NOT EXISTS marts.{} (day date PRIMARY KEY, orders integer NOT NULL"
    for table, more in (("tills", ")"), ("books", ", revenue numeric(12, 2) NOT NULL)")):
        query(
            f"{made.format(table)}{more}; DELETE FROM marts.{table} WHERE day = '{DAY}'; SELECT 1"
        )
    query(f"INSERT INTO marts.tills VALUES ('{DAY}', {len(day) + error}) RETURNING 1")

    result = run(f"{LESSON}__closing", logical_date=MORNING)

    assert result.state == state
    books = query(f"SELECT orders, revenue FROM marts.books WHERE day = '{DAY}'")
    assert books == ([] if error else [(len(day), sum(o.amount for o in day))])
    query(f"DELETE FROM marts.tills WHERE day = '{DAY}' RETURNING 1")
    query(f"DELETE FROM marts.books WHERE day = '{DAY}' RETURNING 1")


def test_each_sensor_has_a_timeout_and_holds_no_worker(bag: Any) -> None:
    """None waits without end, nor in a worker."""
    sensors = [task for task in bag.dags[LESSON].tasks if task.task_id.startswith("wait_")]

    assert {task.timeout for task in sensors} == {240}
    assert {task.deferrable for task in sensors} == {True}
