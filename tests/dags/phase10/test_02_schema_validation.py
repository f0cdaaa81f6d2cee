"""`phase10_02_schema_validation`: mixed versions load, a breaking schema is refused."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from include.data import seeds
from include.retail.orders import newest_orders
from tests.lessons import Result, Run, query

LESSON = "phase10_02_schema_validation"
LEFT = (
    "SELECT * FROM marts.versioned_orders ORDER BY order_id",
    "SELECT line, reason, message FROM marts.message_quarantine ORDER BY line",
)


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The lesson, untouched."""
    return run(LESSON)


@pytest.fixture
def accept(bag: Any) -> Callable[..., dict[str, Any]]:
    """The task that judges what is offered, as a function of `offer` and `mode`."""
    judge = bag.dags[LESSON].get_task("accept_schema").python_callable
    return lambda offer, mode: judge({"offer": offer, "mode": mode})


def test_mixed_versions_load_into_one_table(result: Result) -> None:
    """Old messages have the defaults, new ones their own values; the rest waits with a reason."""
    assert result.state == "success"
    loaded, quarantine = (query(sql) for sql in LEFT)
    orders = newest_orders(seeds.orders())
    spoiled = set(range(100, len(orders) + 1, 100))
    newsletter = {one.customer_id: one.newsletter for one in seeds.customers()}
    wanted = [
        (
            *(o.order_id, 2 if o.channel == "app" else 1, o.customer_id, o.country),
            newsletter[o.customer_id] if o.channel == "app" else False,
            *(o.quantity, 0, o.amount, "EUR", o.status, o.ordered_at),
        )
        for line, o in enumerate(orders, start=1)
        if line not in spoiled
    ]
    assert loaded == wanted
    assert {line for line, _, _ in quarantine} == spoiled
    reasons = {reason.partition(":")[0] for _, reason, _ in quarantine}
    assert reasons == {"lines[0].quantity", "customer.id", "status", "ordered_at", "version"}
    assert all(message["line"] == line for line, _, message in quarantine)
    counted = result.returned("load_messages")
    assert counted["quarantined"] == len(spoiled) == 34
    assert counted["version 2"] == sum(row[1] == 2 for row in wanted)
    assert result.returned("count") == len(orders)


def test_a_breaking_schema_is_refused(
    run: Run, result: Result, capfd: pytest.CaptureFixture[str]
) -> None:
    """With the rule and the place in the log, and nothing is loaded."""
    query("UPDATE marts.versioned_orders SET country = 'XX' RETURNING 1")
    capfd.readouterr()

    refused = run(LESSON, conf={"offer": "required field", "mode": "FULL"})

    assert refused.state == "failed"
    assert refused.states["accept_schema"] == "failed"
    assert refused.states["load_messages"] == "upstream_failed"
    assert "FIELD_REQUIRED at gift" in "".join(capfd.readouterr())
    assert query("SELECT DISTINCT country FROM marts.versioned_orders") == [("XX",)]


@pytest.mark.parametrize(
    ("offer", "mode", "refused"),
    [
        ("required field", "BACKWARD", "FIELD_REQUIRED at gift"),
        ("field removed", "FULL", "FIELD_REQUIRED at status"),
        ("type narrowed", "BACKWARD", "TYPE_NARROWED at amount"),
        ("enum grown", "FORWARD", "VALUE_REMOVED at status: 'lost'"),
        ("enum shrunk", "BACKWARD", "VALUE_REMOVED at status"),
        ("bounds tightened", "FULL", "BOUNDS_TIGHTENED at lines"),
    ],
)
def test_each_break_is_named(
    accept: Callable[..., dict[str, Any]], offer: str, mode: str, refused: str
) -> None:
    """By its rule and its place, in the mode that forbids it."""
    with pytest.raises(AirflowFailException, match=re.escape(refused)):
        accept(offer, mode)


@pytest.mark.parametrize(
    ("offer", "mode"),
    [("optional field", "FULL"), ("enum grown", "BACKWARD"), ("required field", "FORWARD")],
)
def test_a_schema_that_breaks_nobody_is_accepted(
    accept: Callable[..., dict[str, Any]], offer: str, mode: str
) -> None:
    """It is the reader at once."""
    reader = accept(offer, mode)

    changed = {"optional field": ("gift", "type"), "enum grown": ("status", "enum")}
    field, key = changed.get(offer, ("gift", "type"))
    assert reader["properties"][field][key] in (
        "boolean",
        ["paid", "shipped", "delivered", "cancelled", "returned", "lost"],
    )
