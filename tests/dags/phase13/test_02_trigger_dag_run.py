"""`phase13_02_trigger_dag_run`: the child alone; starting it needs a live scheduler.

See `tests/live/test_orchestration.py`.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from include.data import seeds
from include.retail.orders import newest_orders
from tests.lessons import Run, query

LESSON = "phase13_02_trigger_dag_run"
CHILD = f"{LESSON}__child"
DAY = datetime(2026, 3, 5, tzinfo=UTC)


def test_the_child_works_on_its_day_with_its_conf(run: Run) -> None:
    """Twice for the same day leaves one report; a conf that is not true is found out."""
    day = [o for o in newest_orders(seeds.orders()) if o.ordered_at.date() == DAY.date()]
    report = "SELECT promised, orders, revenue FROM marts.child_reports WHERE day = %s"

    for _ in range(2):
        assert run(CHILD, {"orders": len(day)}, DAY).state == "success"
        assert query(report, DAY) == [(len(day), len(day), sum(o.amount for o in day))]

    wrong = run(CHILD, {"orders": len(day) + 1}, DAY)
    assert wrong.states == {"check_conf": "failed", "write_report": "upstream_failed"}
    assert query(report, DAY)[0][0] == len(day)
    query("DELETE FROM marts.child_reports WHERE day = %s RETURNING 1", DAY)


def test_a_day_that_is_not_worth_it_starts_nothing(run: Run) -> None:
    """A day without orders, or with fewer than asked for."""
    for conf in ({"day": "2020-01-01"}, {"least": 1000}):
        result = run(LESSON, conf=conf)

        assert result.state == "success"
        assert result.states["start_child"] == "skipped"


@pytest.mark.parametrize(
    ("dag_id", "conf"),
    [
        (LESSON, {"day": "yesterday"}),
        (LESSON, {"least": 0}),
        (CHILD, {"orders": "many"}),
        (CHILD, {"orders": -1}),
    ],
)
def test_wrong_conf_is_refused_by_name(run: Run, dag_id: str, conf: dict[str, Any]) -> None:
    """By the parent and by the child."""
    with pytest.raises(ValueError, match=next(iter(conf))):
        run(dag_id, conf=conf)
