"""`phase4_01_xcom_basics`: values travel by return, key and template, large ones by object."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

import pytest

from include.data import seeds
from include.lab.airflow_settings import XCOM_THRESHOLD_BYTES
from include.retail.orders import Order, newest_orders
from tests.lessons import Result, Run, bucket, query

DAG = "phase4_01_xcom_basics"
START = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = "SELECT orders, amount, sentence FROM marts.order_facts WHERE days = %s"


def orders_of(days: int) -> list[Order]:
    """The orders of the first days of the year, from the seeds."""
    end = START + timedelta(days=days)
    return [order for order in newest_orders(seeds.orders()) if START <= order.ordered_at < end]


def values_of(orders: list[Order]) -> list[dict[str, Any]]:
    """What `read_orders` returns for them."""
    return [{"order_id": order.order_id, "amount": str(order.amount)} for order in orders]


@pytest.fixture(scope="module")
def results(run: Run) -> dict[int, Result]:
    """A run of a month, whose list of orders is large, and one of a day."""
    # A run without a date would clear the tasks of all others, so it is the first.
    return {31: run(DAG), 1: run(DAG, {"days": 1}, START)}


def test_a_large_value_is_an_object_and_its_row_a_reference(results: dict[int, Result]) -> None:
    """The row holds an s3 address, the object the orders, and a pull gives them back."""
    result = results[31]
    expected = values_of(orders_of(31))
    reference = result.stored("read_orders")
    prefix = "s3://object_store@xcom/"
    assert reference.startswith(f"{prefix}{DAG}/")
    (stored,) = bucket("xcom", reference.removeprefix(prefix)).values()
    assert len(stored) > XCOM_THRESHOLD_BYTES
    assert json.loads(stored) == expected
    assert result.returned("read_orders") == expected
    assert result.returned("locate_orders") == f"The orders are in {reference}"


def test_a_small_value_stays_in_its_row(results: dict[int, Result]) -> None:
    """Below the threshold the row is the value, and no object is written."""
    result = results[1]
    assert result.stored("read_orders") == result.returned("read_orders")
    assert result.returned("locate_orders") == "The orders are in the row itself"
    assert bucket("xcom", f"{DAG}/{result.run.run_id}/") == {}


@pytest.mark.parametrize("days", [31, 1])
def test_every_way_carries_the_same_facts(results: dict[int, Result], days: int) -> None:
    """Keys, several tasks at once and a template bring what the seeds say; it is one row."""
    orders, result = orders_of(days), results[days]
    amount = sum((order.amount for order in orders), Decimal(0))
    largest = max(orders, key=attrgetter("amount"))
    sentence = f"Order {largest.order_id} of {largest.amount} EUR is the largest of {amount} EUR."
    assert set(result.states.values()) == {"success"}
    assert result.returned("sum_orders", key="orders") == len(orders)
    assert result.returned("describe_orders") == sentence
    assert query(ROWS, days) == [(len(orders), amount, sentence)]


@pytest.mark.usefixtures("known_connections")
def test_the_longest_period_ends_with_its_last_day(bag: Any) -> None:
    """Ninety days are read as the seeds have them, and the largest of their orders is found."""
    dag = bag.dags[DAG]

    read = dag.get_task("read_orders").python_callable(params={"days": 90})

    assert read == values_of(orders_of(90))
    largest = max(orders_of(90), key=attrgetter("amount"))
    assert dag.get_task("find_largest").python_callable(read) == largest.order_id
