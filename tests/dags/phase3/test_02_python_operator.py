"""`phase3_02_python_operator`: the classic operator and TaskFlow return the same sum."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from include.data import seeds
from include.retail.orders import newest_orders, sales_of_day
from tests.lessons import Run, query

DAG = "phase3_02_python_operator"
ROWS = "SELECT orders, revenue FROM marts.channel_sales WHERE day = %s AND channel = %s"


def sales_of(channel: str, day: date) -> tuple[int, Decimal]:
    """What the seeds say that a channel sold."""
    orders = [order for order in newest_orders(seeds.orders()) if order.channel == channel]
    sales = sales_of_day(orders, day)
    return sales.orders, sales.revenue


def test_both_ways_return_the_seeds_sum(run: Run) -> None:
    """Operator and TaskFlow find what the seeds hold of the form's day, and one row is stored."""
    day = date(2026, 3, 31)
    orders, revenue = sales_of("marketplace", day)

    result = run(DAG, {"channel": "marketplace", "day": day.isoformat()})

    assert result.state == "success"
    classic, taskflow = result.returned("sum_with_operator"), result.returned("sum_with_taskflow")
    assert classic == taskflow
    assert (classic["orders"], Decimal(classic["revenue"])) == (orders, revenue)
    assert query(ROWS, day, "marketplace") == [(orders, revenue)]


@pytest.mark.usefixtures("known_connections")
@pytest.mark.parametrize(
    ("channel", "day"),
    [("web", date(2026, 1, 5)), ("marketplace", date(2026, 3, 31)), ("app", date(2026, 12, 1))],
)
def test_every_channel_and_day_is_added_up(bag: Any, channel: str, day: date) -> None:
    """Both ways are the same function; a day without orders has the sum 0."""
    dag = bag.dags[DAG]

    classic = dag.get_task("sum_with_operator").python_callable(channel, day.isoformat(), None)
    taskflow = dag.get_task("sum_with_taskflow").python_callable(channel, day.isoformat())

    orders, revenue = sales_of(channel, day)
    assert classic == taskflow
    assert classic["day"] == day.isoformat()
    assert classic["channel"] == channel
    assert (classic["orders"], Decimal(classic["revenue"])) == (orders, revenue)


@pytest.mark.usefixtures("known_connections")
def test_sums_that_differ_are_not_stored(bag: Any) -> None:
    """The error shows both, and the table keeps its rows."""
    store_sales = bag.dags[DAG].get_task("store_sales").python_callable
    one = {"day": "2026-12-31", "channel": "web", "orders": 1, "revenue": "1.00"}

    with pytest.raises(ValueError, match="they must be equal"):
        store_sales(one, {**one, "orders": 2})

    assert store_sales(one, one) == 1
    assert store_sales(one, one) == 1
    assert query(ROWS, date(2026, 12, 31), "web") == [(1, Decimal("1.00"))]
    assert query("DELETE FROM marts.channel_sales WHERE day = '2026-12-31' RETURNING 1") == [(1,)]
