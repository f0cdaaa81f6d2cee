"""`phase2_01_scheduled_dag`: one row of sales for each day."""

from datetime import date, timedelta
from typing import Any

import pendulum
import pytest

from include.data import seeds
from include.lab.seeding import open_warehouse
from include.retail.orders import newest_orders, sales_of_day
from tests.lessons import Run, query

DAG = "phase2_01_scheduled_dag"
ROW = "SELECT * FROM marts.daily_sales WHERE day = %s"


def test_row_holds_exactly_the_intervals_orders(run: Run) -> None:
    """A day's row equals the seeds' sales of that day."""
    day = date(2026, 1, 5)
    # Started at this moment by hand, the run is given the day that has just ended.
    end_of_day = pendulum.datetime(day.year, day.month, day.day).add(days=1)

    result = run(DAG, logical_date=end_of_day)

    assert result.state == "success"
    assert query(ROW, day) == [tuple(sales_of_day(newest_orders(seeds.orders()), day))]


def test_run_without_a_date_takes_the_day_before(run: Run) -> None:
    """Triggered without a logical date, the run has no interval and stores yesterday's sales."""
    result = run(DAG)

    assert result.state == "success"
    ((day, orders, revenue),) = result.returned("store_sales")
    assert day == (result.run.run_after.date() - timedelta(days=1)).isoformat()
    assert (orders, revenue) == (0, "0.00")


@pytest.mark.parametrize("day", [date(2026, 1, 5), date(2026, 3, 31), date(2026, 11, 1)])
def test_any_day_is_added_up_once(bag: Any, lab: Any, day: date) -> None:
    """Days with orders, and one without: stored twice, it is one row."""
    dag = bag.dags[DAG]
    wanted = sales_of_day(newest_orders(seeds.orders()), day)

    with open_warehouse() as connection, connection.cursor() as cursor:
        cursor.execute(dag.get_task("create_table").sql)
        for _ in range(2):
            cursor.execute(dag.get_task("store_sales").sql, {"day": day.isoformat()})
            assert cursor.fetchall() == [(str(day), wanted.orders, str(wanted.revenue))]
    connection.close()

    assert query(ROW, day) == [tuple(wanted)]
