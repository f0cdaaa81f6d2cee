"""`phase13_03_dag_dependencies`: its form, and ingest alone; the rest needs a live scheduler.

See `tests/live/test_orchestration.py`.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from include.data import seeds
from include.retail import pipeline
from include.retail.orders import newest_orders
from tests.lessons import Run, query

LESSON = "phase13_03_dag_dependencies"
DAY = datetime(2026, 1, 7, tzinfo=UTC)
COPIED = "SELECT order_id, amount FROM marts.pipeline_orders WHERE day = %s ORDER BY 1"


@pytest.mark.parametrize("broken", [False, True])
def test_ingest_copies_the_days_orders(run: Run, broken: bool) -> None:
    """All of them; on a day that was planned to be broken, one has no amount."""
    day = [o for o in newest_orders(seeds.orders()) if o.ordered_at.date() == DAY.date()]
    plan = [one.replace("{{ params.day }}", f"{DAY:%Y-%m-%d}") for one in pipeline.PLAN]
    for one in plan:
        query(f"{one.replace('{{ params.fail }}', str(broken))}; SELECT 1")

    result = run(f"{LESSON}__ingest", logical_date=DAY)

    assert result.state == "success"
    assert result.returned("count_orders") == len(day)
    wanted: list[tuple[int, Any]] = [(o.order_id, o.amount) for o in day]
    if broken:
        wanted[0] = (wanted[0][0], None)
    assert query(COPIED, DAY) == wanted
    assert query("SELECT state FROM marts.pipelines WHERE day = %s", DAY) == [("ingested",)]
    for table in ("pipelines", "pipeline_orders"):
        query(f"DELETE FROM marts.{table} WHERE day = %s RETURNING 1", DAY)
