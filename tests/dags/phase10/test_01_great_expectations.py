"""`phase10_01_great_expectations`: the gate lets a good batch pass and names why it stops one."""

import re
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from include.data import seeds
from include.retail.orders import Order, newest_orders
from tests.lessons import Result, Run, lake, query

LESSON = "phase10_01_great_expectations"
PLACE = "phase10/01_great_expectations/"
Check = Callable[[str], dict[str, Any]]
CUSTOMER = "expect_column_values_to_not_be_null(customer_id)"
STOPS = {
    "quantity is impossible": "expect_column_values_to_be_between(quantity)",
    "column is lost": "expect_column_to_exist(amount)",
    "file is cut off": "expect_table_row_count_to_be_between",
}


def checked() -> list[Order]:
    rows = query("SELECT * FROM marts.checked_orders ORDER BY order_id")
    return [Order._make(row) for row in rows]


def of_month(month: str) -> list[Order]:
    return [o for o in newest_orders(seeds.orders()) if f"{o.ordered_at:%Y-%m}" == month]


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The lesson, untouched."""
    return run(LESSON)


@pytest.fixture
def check(bag: Any, known_connections: None) -> Check:
    """Spoil the orders of March and check them, as the lesson's tasks do."""
    tasks = bag.dags[LESSON].task_dict

    def check_march(spoil: str) -> dict[str, Any]:
        for sql in tasks["take_batch"].sql:
            query(sql.replace("{{ params.month }}", "2026-03") + "; SELECT 1")
        conf = {"month": "2026-03", "spoil": spoil}
        tasks["spoil_batch"].python_callable(conf)
        found: dict[str, Any] = tasks["check_batch"].python_callable(conf)
        return found

    return check_march


@pytest.fixture
def open_gate(bag: Any) -> Callable[[dict[str, Any]], str]:
    """The gate, as a function."""
    gate: Callable[[dict[str, Any]], str] = bag.dags[LESSON].get_task("open_gate").python_callable
    return gate


def test_a_good_batch_passes(result: Result) -> None:
    """Exactly the month's orders are published, and the page says that all is well."""
    assert result.state == "success"
    assert result.returned("check_batch")["broken"] == []
    assert result.returned("check_batch")["rules"] == 11
    assert [one for one in checked() if f"{one.ordered_at:%Y-%m}" == "2026-02"] == of_month(
        "2026-02"
    )
    page = result.returned("open_gate")
    with urllib.request.urlopen(page) as answer:
        assert b"Succeeded" in answer.read()
    assert not any(b"warehouse:" in content for content in lake(PLACE).values())


def test_a_spoiled_batch_is_stopped_and_named(
    run: Run, result: Result, capfd: pytest.CaptureFixture[str]
) -> None:
    """The log says which rule on which column; nothing is published; the page says so too."""
    before = checked()
    assert before
    capfd.readouterr()

    spoiled = run(LESSON, conf={"month": "2026-03", "spoil": "customer is missing"})

    assert spoiled.state == "failed"
    assert spoiled.states["open_gate"] == "failed"
    assert spoiled.states["publish_orders"] == "upstream_failed"
    assert spoiled.returned("check_batch")["broken"][0]["rule"].startswith(CUSTOMER)
    assert CUSTOMER in "".join(capfd.readouterr())
    assert checked() == before
    pages = lake(PLACE)
    assert b"Failed" in pages["index.html"]
    assert CUSTOMER.encode() in pages["index.html"]


@pytest.mark.parametrize("spoil", STOPS)
def test_each_fault_is_named_and_closes_the_gate(
    check: Check, open_gate: Callable[[dict[str, Any]], str], spoil: str
) -> None:
    """The first rule that is told is the fault's own, in the error and on the page."""
    found = check(spoil)

    assert found["broken"][0]["rule"].startswith(STOPS[spoil])
    with pytest.raises(AirflowFailException, match=re.escape(STOPS[spoil])):
        open_gate(found)
    page = lake(PLACE)["index.html"]
    assert b"Failed" in page
    assert STOPS[spoil].encode() in page


def test_a_warning_does_not_stop_the_batch(
    check: Check, open_gate: Callable[[dict[str, Any]], str]
) -> None:
    """It is told, the page shows it, and the gate is open."""
    found = check("country is missing")

    (told,) = found["broken"]
    assert told["severity"] == "warning"
    assert told["rule"].startswith("expect_column_values_to_not_be_null(country)")
    assert open_gate(found) == found["page"]
    assert b"Failed" in lake(PLACE)["index.html"]
