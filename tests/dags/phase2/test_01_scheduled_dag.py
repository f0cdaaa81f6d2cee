"""`phase2_01_scheduled_dag`: one row of sales for each day."""

from datetime import date

import pendulum
import pytest

from include.data import seeds
from include.retail.orders import newest_orders, sales_of_day
from tests.lessons import Run, query


@pytest.mark.parametrize("day", [date(2026, 1, 5), date(2026, 3, 31), date(2026, 11, 1)])
def test_row_holds_exactly_the_intervals_orders(run: Run, day: date) -> None:
    """A day's row equals the seeds' sales of that day, also when the day is run twice."""
    wanted = sales_of_day(newest_orders(seeds.orders()), day)
    # Started at this moment by hand, the run is given the day that has just ended.
    end_of_day = pendulum.datetime(day.year, day.month, day.day).add(days=1)

    for _ in range(2):
        result = run("phase2_01_scheduled_dag", logical_date=end_of_day)

        assert result.state == "success"
        assert query("SELECT * FROM marts.daily_sales WHERE day = %s", day) == [tuple(wanted)]


def test_run_without_a_date_takes_the_day_before(run: Run) -> None:
    """Triggered without a logical date, the run has no interval and stores yesterday's sales."""
    result = run("phase2_01_scheduled_dag")

    assert result.state == "success"
    ((day, orders, revenue),) = result.returned("store_sales")
    assert (
        day
        == result.run.run_after.date()
        .fromordinal(result.run.run_after.date().toordinal() - 1)
        .isoformat()
    )
    assert (orders, revenue) == (0, "0.00")
