"""`phase4_01_xcom_basics`: values travel by return, key and template, large ones by object."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import attrgetter

import pytest
from airflow.exceptions import ParamValidationError

from include.data import seeds
from include.lab.airflow_settings import XCOM_THRESHOLD_BYTES
from include.retail.orders import Order, newest_orders
from tests.lessons import Run, bucket, query

DAG = "phase4_01_xcom_basics"
START = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = "SELECT orders, amount, sentence FROM marts.order_facts WHERE days = %s"


def orders_of(days: int) -> list[Order]:
    """The orders of the first days of the year, from the seeds."""
    end = START + timedelta(days=days)
    return [order for order in newest_orders(seeds.orders()) if START <= order.ordered_at < end]


def test_a_large_value_is_an_object_and_its_row_a_reference(run: Run) -> None:
    """The row holds an s3 address, the object the orders, and a pull gives them back."""
    result = run(DAG)
    expected = [{"order_id": o.order_id, "amount": str(o.amount)} for o in orders_of(31)]
    reference = result.stored("read_orders")
    prefix = "s3://object_store@xcom/"
    assert reference.startswith(f"{prefix}{DAG}/")
    (stored,) = bucket("xcom", reference.removeprefix(prefix)).values()
    assert len(stored) > XCOM_THRESHOLD_BYTES
    assert json.loads(stored) == expected
    assert result.returned("read_orders") == expected
    assert result.returned("locate_orders") == f"The orders are in {reference}"


def test_a_small_value_stays_in_its_row(run: Run) -> None:
    """Below the threshold the row is the value, and no object is written."""
    result = run(DAG, {"days": 1})
    assert result.stored("read_orders") == result.returned("read_orders")
    assert result.returned("locate_orders") == "The orders are in the row itself"
    assert bucket("xcom", f"{DAG}/{result.run.run_id}/") == {}


@pytest.mark.parametrize("days", [31, 1, 90])
def test_every_way_carries_the_same_facts(run: Run, days: int) -> None:
    """Keys, several tasks at once and a template bring what the seeds say; twice is one row."""
    orders = orders_of(days)
    amount = sum((order.amount for order in orders), Decimal(0))
    largest = max(orders, key=attrgetter("amount"))
    sentence = f"Order {largest.order_id} of {largest.amount} EUR is the largest of {amount} EUR."
    for _ in range(2):
        result = run(DAG, {"days": days})
        assert set(result.states.values()) == {"success"}
        assert result.returned("sum_orders", key="orders") == len(orders)
        assert result.returned("describe_orders") == sentence
        assert query(ROWS, days) == [(len(orders), amount, sentence)]


@pytest.mark.parametrize("days", [0, 91, 1.5, "all"])
def test_bad_input_is_refused_by_name(run: Run, days: object) -> None:
    """What is no number of days starts no run."""
    with pytest.raises(ParamValidationError, match="param days"):
        run(DAG, {"days": days})
