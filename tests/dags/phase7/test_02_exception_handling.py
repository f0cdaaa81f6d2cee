"""`phase7_02_exception_handling`: each kind of error ends as the page's table says."""

import re
from typing import Any

import httpx
import pytest

from include.data import seeds
from include.lab.settings import Lab
from include.retail.orders import newest_orders
from tests.lessons import Result, Run, query

LESSON = "phase7_02_exception_handling"
ENDS = {
    "try_again": ("success", 3),
    "fail_at_once": ("failed", 1),
    "skip": ("skipped", 1),
    "degrade": ("success", 2),
    "put_aside": ("success", 1),
}
"""Of each row of the page's table: the state, and the number of tries."""

LEFT = """
SELECT 'good', order_id, country || ' ' || amount FROM marts.sound_orders
UNION ALL SELECT 'quarantined', (record ->> 'order_id')::int, reason FROM marts.order_quarantine
UNION ALL SELECT 'stock ' || day, product_id, units::text FROM marts.stock_snapshot
ORDER BY 1, 2
"""


def ends(result: Result) -> dict[str, tuple[str, int]]:
    """How each task of the table has ended, and after how many tries."""
    return {
        ti.task_id: (str(ti.state), ti.try_number)
        for ti in result.task_instances
        if ti.task_id in ENDS
    }


def calls(lab: Lab, result: Result, path: str) -> list[dict[str, Any]]:
    """The calls that the API received from this run at `path` and below it."""
    of_run = {"path": path, "correlation_id": f"{LESSON}/{result.run.run_id}"}
    found: list[dict[str, Any]] = httpx.get(
        f"{lab.url('shop_api')}/received", params=of_run, trust_env=False
    ).json()
    return found


def test_each_kind_of_error_ends_as_the_table_says(run: Run, lab: Lab) -> None:
    """State and tries of each row, and the calls that they cost; the run itself succeeds."""
    result = run(LESSON)

    assert result.state == "success"
    assert ends(result) == ENDS
    assert result.returned("report") == {task: state for task, (state, _) in ENDS.items()}
    assert [call["status"] for call in calls(lab, result, "/orders/1")] == [404]
    assert [call["status"] for call in calls(lab, result, "/reviews")][:3] == [503, 503, 200]
    assert [call["status"] for call in calls(lab, result, "/stock")] == [200, 503, 503]
    assert result.returned("try_again") == len(seeds.reviews())


def test_the_page_says_the_same(bag) -> None:
    """The table on the page has the rows of the table above, in its order."""
    rows = re.findall(r"^\| .+ \| .+ \| (\w+)(?:, (\w+))?.* \|$", bag.dags[LESSON].doc_md, re.M)
    words = {"third": 3, "first": 1}
    told = [(state, words.get(detail)) for state, detail in rows[1:]]

    assert [state for state, _ in told] == [state for state, _ in ENDS.values()]
    assert [tries for _, tries in told[:2]] == [tries for _, tries in list(ENDS.values())[:2]]


def test_good_and_quarantined_are_all_that_was_received(run: Run) -> None:
    """No order is lost or stored twice, each refused one has its reason; again, the same rows."""
    orders = newest_orders(seeds.orders())
    without = {order.order_id for order in orders if order.country is None}
    left = []
    for _ in range(2):
        result = run(LESSON)

        told = result.returned("put_aside")
        assert told == {
            "received": len(orders),
            "good": len(orders) - len(without),
            "quarantined": len(without),
        }
        good = {order_id for (order_id,) in query("SELECT order_id FROM marts.sound_orders")}
        aside = query(
            "SELECT (record ->> 'order_id')::int, reason, record -> 'country' FROM"
            " marts.order_quarantine"
        )
        assert {order_id for order_id, _, _ in aside} == without
        assert good == {order.order_id for order in orders} - without
        assert {reason for _, reason, _ in aside} == {
            "Field 'country' holds ''; it must be filled in."
        }
        left.append(query(LEFT))

    assert left[0] == left[1]


def test_old_numbers_say_that_they_are_old(run: Run) -> None:
    """The snapshot equals what was fresh before; only the mark differs."""
    units = sum(product.stock for product in seeds.products())
    result = run(LESSON)

    fresh, old = result.returned("keep_snapshot"), result.returned("degrade")
    assert fresh["degraded"] is False
    assert old == {**fresh, "degraded": True}
    assert (fresh["products"], fresh["units"]) == (len(seeds.products()), units)


def test_one_failure_is_not_yet_a_reason_to_degrade(run: Run) -> None:
    """The retry comes before the fallback; and with a day that has orders nothing is skipped."""
    result = run(LESSON, conf={"failures": 1, "since": "2026-03-31"})

    assert result.state == "success"
    assert result.returned("degrade")["degraded"] is False
    assert ends(result)["degrade"] == ("success", 2)
    changed = [o for o in newest_orders(seeds.orders()) if o.updated_at.isoformat() >= "2026-03-31"]
    assert result.returned("skip") == len(changed) > 0


def test_without_a_failure_nothing_is_tried_again(run: Run) -> None:
    """The form may also break nothing."""
    tried = ends(run(LESSON, conf={"failures": 0}))
    assert tried["try_again"] == ("success", 1)
    assert tried["degrade"] == ("success", 1)


def test_more_failures_than_retries_fail_and_are_contained(run: Run) -> None:
    """Four failures are one too many for three retries; the others end as before."""
    result = run(LESSON, conf={"failures": 4})

    assert result.state == "success"
    assert ends(result) == {**ENDS, "try_again": ("failed", 4)}


@pytest.mark.parametrize("conf", [{"failures": 5}, {"since": "yesterday"}])
def test_wrong_conf_is_refused_by_name(run: Run, conf: dict[str, Any]) -> None:
    """A wrong value is refused by its name, and nothing is written."""
    run(LESSON)
    before = query(LEFT)
    (name,) = conf
    with pytest.raises(ValueError, match=name):
        run(LESSON, conf=conf)
    assert query(LEFT) == before
