"""`phase10_01_great_expectations`: the gate lets a good batch pass and names why it stops one."""

import urllib.request
from typing import Any

import pytest

from include.data import seeds
from include.retail.orders import Order, newest_orders
from tests.lessons import Result, Run, lake, query

LESSON = "phase10_01_great_expectations"
PLACE = "phase10/01_great_expectations/"
STOPS = {
    "customer is missing": "expect_column_values_to_not_be_null(customer_id)",
    "quantity is impossible": "expect_column_values_to_be_between(quantity)",
    "column is lost": "expect_column_to_exist(amount)",
    "file is cut off": "expect_table_row_count_to_be_between",
}


def checked() -> list[Order]:
    rows = query("SELECT * FROM marts.checked_orders ORDER BY order_id")
    return [Order._make(row) for row in rows]


def of_month(month: str) -> list[Order]:
    return [o for o in newest_orders(seeds.orders()) if f"{o.ordered_at:%Y-%m}" == month]


def rules(result: Result) -> list[str]:
    return [one["rule"] for one in result.returned("check_batch")["broken"]]


def test_a_good_batch_passes(run: Run) -> None:
    """Exactly the month's orders are published; a second run leaves the same rows and bytes."""
    left = []
    for _ in range(2):
        result = run(LESSON)

        assert result.state == "success"
        assert result.returned("check_batch")["broken"] == []
        assert result.returned("check_batch")["rules"] == 11
        assert [one for one in checked() if f"{one.ordered_at:%Y-%m}" == "2026-02"] == of_month(
            "2026-02"
        )
        left.append((checked(), lake(PLACE)))
    assert left[0] == left[1]
    page = result.returned("open_gate")
    with urllib.request.urlopen(page) as answer:
        assert b"Succeeded" in answer.read()
    assert not any(b"warehouse:" in content for content in lake(PLACE).values())


@pytest.mark.parametrize("spoil", STOPS)
def test_a_spoiled_batch_is_stopped_and_named(
    run: Run, spoil: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The log says which rule on which column; nothing is published; the page says so too."""
    run(LESSON, conf={"month": "2026-01"})
    before = checked()
    capfd.readouterr()

    result = run(LESSON, conf={"month": "2026-03", "spoil": spoil})

    assert result.state == "failed"
    assert result.states["open_gate"] == "failed"
    assert result.states["publish_orders"] == "upstream_failed"
    assert rules(result)[0].startswith(STOPS[spoil])
    assert STOPS[spoil] in "".join(capfd.readouterr())
    assert checked() == before
    pages = lake(PLACE)
    assert b"Failed" in pages["index.html"]
    assert STOPS[spoil].encode() in pages["index.html"]


def test_a_warning_does_not_stop_the_batch(run: Run) -> None:
    """It is told, and the page shows it."""
    result = run(LESSON, conf={"spoil": "country is missing"})

    assert result.state == "success"
    (told,) = result.returned("check_batch")["broken"]
    assert told["severity"] == "warning"
    assert told["rule"].startswith("expect_column_values_to_not_be_null(country)")
    assert b"Failed" in lake(PLACE)["index.html"]


@pytest.mark.parametrize("conf", [{"month": "2025-12"}, {"spoil": "everything"}])
def test_wrong_conf_is_refused_by_name(run: Run, conf: dict[str, Any]) -> None:
    """And nothing is written."""
    before = lake(PLACE)

    with pytest.raises(ValueError, match=next(iter(conf))):
        run(LESSON, conf=conf)

    assert lake(PLACE) == before
