"""`phase3_02_python_operator`: the classic operator and TaskFlow return the same sum."""

from datetime import date
from decimal import Decimal

import pytest
from airflow.exceptions import ParamValidationError

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


@pytest.mark.parametrize(
    ("conf", "channel", "day"),
    [
        (None, "web", date(2026, 1, 5)),
        ({"channel": "marketplace", "day": "2026-03-31"}, "marketplace", date(2026, 3, 31)),
        ({"channel": "app", "day": "2026-12-01"}, "app", date(2026, 12, 1)),
    ],
)
def test_both_ways_return_the_seeds_sum(
    run: Run, conf: dict[str, str] | None, channel: str, day: date
) -> None:
    """Operator and TaskFlow find what the seeds hold; run twice, one row is stored."""
    orders, revenue = sales_of(channel, day)
    for _ in range(2):
        result = run(DAG, conf)
        classic, taskflow = (
            result.returned("sum_with_operator"),
            result.returned("sum_with_taskflow"),
        )
        assert result.state == "success"
        assert classic == taskflow
        assert (classic["orders"], Decimal(classic["revenue"])) == (orders, revenue)
        assert query(ROWS, day, channel) == [(orders, revenue)]


@pytest.mark.parametrize(("param", "value"), [("day", "monday"), ("channel", "fax"), ("day", 5)])
def test_bad_input_is_refused_by_name(run: Run, param: str, value: object) -> None:
    """What is no day or no channel starts no run."""
    with pytest.raises(ParamValidationError, match=f"param {param}"):
        run(DAG, {param: value})
