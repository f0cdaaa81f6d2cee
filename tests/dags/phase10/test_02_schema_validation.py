"""`phase10_02_schema_validation`: mixed versions load, a breaking schema is refused."""

from typing import Any

import pytest

from include.data import seeds
from include.retail.orders import newest_orders
from tests.lessons import Run, query

LESSON = "phase10_02_schema_validation"
LEFT = (
    "SELECT * FROM marts.versioned_orders ORDER BY order_id",
    "SELECT line, reason, message FROM marts.message_quarantine ORDER BY line",
    "SELECT * FROM marts.order_messages ORDER BY line",
)


def test_mixed_versions_load_into_one_table(run: Run) -> None:
    """Old messages have the defaults, new ones their own values; the rest waits with a reason."""
    left = []
    for _ in range(2):
        result = run(LESSON)
        assert result.state == "success"
        left.append([query(sql) for sql in LEFT])

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
    assert left[0][0] == wanted
    assert {line for line, _, _ in left[0][1]} == spoiled
    reasons = {reason.partition(":")[0] for _, reason, _ in left[0][1]}
    assert reasons == {"lines[0].quantity", "customer.id", "status", "ordered_at", "version"}
    assert all(message["line"] == line for line, _, message in left[0][1])
    assert left[0] == left[1]
    loaded = result.returned("load_messages")
    assert loaded["quarantined"] == len(spoiled) == 34
    assert loaded["version 2"] == sum(row[1] == 2 for row in wanted)
    assert result.returned("count") == len(orders)


@pytest.mark.parametrize(
    ("offer", "mode", "refused"),
    [
        ("required field", "FULL", "FIELD_REQUIRED at gift"),
        ("required field", "BACKWARD", "FIELD_REQUIRED at gift"),
        ("field removed", "FULL", "FIELD_REQUIRED at status"),
        ("type narrowed", "BACKWARD", "TYPE_NARROWED at amount"),
        ("enum grown", "FORWARD", "VALUE_REMOVED at status: 'lost'"),
        ("enum shrunk", "BACKWARD", "VALUE_REMOVED at status"),
        ("bounds tightened", "FULL", "BOUNDS_TIGHTENED at lines"),
    ],
)
def test_a_breaking_schema_is_refused(
    run: Run, capfd: pytest.CaptureFixture[str], offer: str, mode: str, refused: str
) -> None:
    """With the rule and the place in the log, and nothing is loaded."""
    run(LESSON)
    query("UPDATE marts.versioned_orders SET country = 'XX' RETURNING 1")
    capfd.readouterr()

    result = run(LESSON, conf={"offer": offer, "mode": mode})

    assert result.state == "failed"
    assert result.states["accept_schema"] == "failed"
    assert result.states["load_messages"] == "upstream_failed"
    assert refused in "".join(capfd.readouterr())
    assert query("SELECT DISTINCT country FROM marts.versioned_orders") == [("XX",)]


@pytest.mark.parametrize(
    ("offer", "mode"),
    [("optional field", "FULL"), ("enum grown", "BACKWARD"), ("required field", "FORWARD")],
)
def test_a_schema_that_breaks_nobody_is_accepted(run: Run, offer: str, mode: str) -> None:
    """It is the reader at once."""
    result = run(LESSON, conf={"offer": offer, "mode": mode})

    reader = result.returned("accept_schema")
    changed = {"optional field": ("gift", "type"), "enum grown": ("status", "enum")}
    field, key = changed.get(offer, ("gift", "type"))
    assert reader["properties"][field][key] in (
        "boolean",
        ["paid", "shipped", "delivered", "cancelled", "returned", "lost"],
    )
    assert result.states["accept_schema"] == "success"


@pytest.mark.parametrize("conf", [{"offer": "a surprise"}, {"mode": "SIDEWAYS"}])
def test_wrong_conf_is_refused_by_name(run: Run, conf: dict[str, Any]) -> None:
    """`offer` and `mode` are chosen from a list."""
    with pytest.raises(ValueError, match=next(iter(conf))):
        run(LESSON, conf=conf)
