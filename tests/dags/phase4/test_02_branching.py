"""`phase4_02_branching`: the form decides which route a batch takes."""

from datetime import date
from typing import Any

import pytest

from include.data import seeds
from include.retail.orders import newest_orders
from tests.lessons import Run, query

DAG = "phase4_02_branching"
ROUTES = {"review", "express", "standard"}
ROWS = "SELECT route, orders FROM marts.batch_routes WHERE day = %s"


def paid_on(day: str) -> int:
    """How many paid orders the seeds have for a day."""
    orders = newest_orders(seeds.orders())
    wanted = date.fromisoformat(day)
    return sum(o.status == "paid" and o.ordered_at.date() == wanted for o in orders)


@pytest.mark.parametrize(
    ("conf", "day", "route"),
    [
        (None, "2026-01-09", "standard"),
        ({"day": "2026-01-06", "large_from": 250}, "2026-01-06", "express"),
        ({"day": "2026-01-05", "large_from": 250}, "2026-01-05", "review"),
    ],
)
def test_form_decides_the_route(
    run: Run, conf: dict[str, Any] | None, day: str, route: str
) -> None:
    """Only the expected route runs, the routes meet again, and the day has one row."""
    result = run(DAG, conf)

    assert result.state == "success"
    assert {name: result.states[name] for name in ROUTES} == {
        name: "success" if name == route else "skipped" for name in ROUTES
    }
    assert result.returned("close_batch") == route
    assert query(ROWS, day) == [(route, paid_on(day))]


@pytest.mark.usefixtures("known_connections")
@pytest.mark.parametrize(
    ("day", "large_from", "route"),
    [
        ("2026-01-09", 250, "standard"),
        ("2026-01-06", 250, "express"),
        ("2026-01-05", 250, "review"),
        ("2026-01-05", 300.5, "express"),
        ("2026-01-04", 10000, "review"),
    ],
)
def test_day_and_limit_choose_the_way(bag: Any, day: str, large_from: float, route: str) -> None:
    """A limit may have cents; and whatever the limit, an order without a country is looked at."""
    read_batch, check_batch, choose_speed = (
        bag.dags[DAG].get_task(name).python_callable
        for name in ("read_batch", "check_batch", "choose_speed")
    )

    batch = read_batch(params={"day": day, "large_from": large_from})

    assert batch["orders"] == paid_on(day)
    first = check_batch(batch["reasons"])
    assert (choose_speed(batch["orders"]) if first == "choose_speed" else first) == route


def test_no_orders_short_circuit_everything(run: Run) -> None:
    """A day without orders skips all that follows, the join too, and writes nothing."""
    result = run(DAG, {"day": "2026-04-01", "large_from": 250})
    assert result.state == "success"
    ran = {name for name, state in result.states.items() if state == "success"}
    assert ran == {"read_batch", "has_orders"}
    assert result.states["close_batch"] == "skipped"
    assert query(ROWS, "2026-04-01") == []
