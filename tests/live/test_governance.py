"""17.03 on the live scheduler: rules are kept, a person is asked, and all that is hit is told."""

from collections.abc import Callable
from typing import Any

import pytest
from psycopg2.errors import InsufficientPrivilege

from include.configuration.metadata import connections
from include.governance import access, retention
from include.lab.settings import Lab
from include.lineage.graph import dataset_id, downstream, edges_of
from tests.inbox import Inbox
from tests.lessons import query, query_as
from tests.live.rest import Rest

LESSON = "phase17_03_governance_workflows"


def as_analyst(sql: str) -> list[tuple[Any, ...]]:
    """What the database answers to the analyst."""
    return query_as("analyst", sql)


def returned(rest: Rest, run_id: str, task_id: str) -> Any:
    task = f"dags/{LESSON}/dagRuns/{run_id}/taskInstances/{task_id}"
    return rest.get(f"{task}/xcomEntries/return_value", deserialize=True)["value"]


def governed(rest: Rest, answer: str, event: str) -> tuple[str, str]:
    """Trigger, and give the answer; the run's id and state."""
    run_id = rest.trigger(LESSON, conf={"event": event})
    rest.answer(LESSON, run_id, "review_access", answer)
    return run_id, rest.wait(LESSON, run_id, 200)


@pytest.fixture
def run_id(untouched: Callable[[str], str]) -> str:
    """A run as anybody starts it, with lineage of other lessons around; nobody has answered it."""
    return untouched(LESSON)


@pytest.mark.timeout(600)
def test_expired_rows_are_gone_and_held_rows_kept(rest: Rest, run_id: str) -> None:
    """As many as the orders have; each held one is of a customer with a reason."""
    done = returned(rest, run_id, "enforce_retention")
    held = tuple(retention.HOLDS)

    expired = "FROM shop.orders WHERE ordered_at < %s AND customer_id {} IN %s"
    (gone,) = query(f"SELECT count(*) {expired.format('NOT')}", done["before"], held)
    (kept,) = query(f"SELECT count(*) {expired.format('')}", done["before"], held)
    assert (done["deleted"], done["held"]) == (*gone, *kept)
    assert done["deleted"] > 0 < done["held"]
    left = f"SELECT DISTINCT customer_id FROM {retention.TABLE} WHERE ordered_at < %s ORDER BY 1"
    assert query(left, done["before"]) == [(17,), (42,)]
    (rest_of_all,) = query(f"SELECT count(*) FROM {retention.TABLE}")
    (all_of_them,) = query("SELECT count(*) FROM shop.orders WHERE ordered_at < '2026-04-01'")
    assert rest_of_all[0] == all_of_them[0] - done["deleted"]


@pytest.mark.timeout(600)
def test_impact_is_what_the_lineage_says(lab: Lab, rest: Rest, run_id: str) -> None:
    """The very nodes that the collector's graph has behind the orders, other lessons' included."""
    where = connections()["warehouse"]
    orders = dataset_id(f"postgres://{where['host']}:{where['port']}", "warehouse.shop.orders")
    client = Inbox(lab).client
    answer = client.get("/api/v1/lineage", params={"nodeId": orders}).json()

    impact = returned(rest, run_id, "find_impact")

    assert impact == downstream(orders, edges_of(answer))
    assert any("marts.lineage_revenue" in node for node in impact)
    assert any(retention.TABLE in node for node in impact)
    assert returned(rest, run_id, "classify_columns") == {
        "shop.customers": ["name", "email", "birth_year"]
    }


@pytest.mark.timeout(600)
def test_nobody_answers_and_access_is_taken_back(rest: Rest, run_id: str) -> None:
    """The real database refuses the analyst, who could read while the question stood."""
    before, after = (returned(rest, run_id, t) for t in ("list_access", "apply_review"))

    assert before == [[access.READER, retention.TABLE, "SELECT"]]
    assert after == []
    with pytest.raises(InsufficientPrivilege):
        as_analyst(f"SELECT count(*) FROM {retention.TABLE}")


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("rounds")
def test_a_person_keeps_access_and_a_breaking_change_is_told(lab: Lab, rest: Rest) -> None:
    """The analyst still reads; the change fails, and the alert names all that depends on it."""
    inbox = Inbox(lab)
    inbox.clear()

    run_id, state = governed(rest, access.KEEP, "breaking_change")

    assert state == "failed"
    states = {ti["task_id"]: ti["state"] for ti in rest.tasks(LESSON, run_id)}
    assert [name for name, one in states.items() if one == "failed"] == ["check_contract"]
    assert returned(rest, run_id, "apply_review") == [[access.READER, retention.TABLE, "SELECT"]]
    assert as_analyst(f"SELECT count(*) FROM {retention.TABLE}") == query(
        f"SELECT count(*) FROM {retention.TABLE}"
    )
    (told,) = [str(one) for one in inbox.newest("slack") if "breaks the contract" in str(one)]
    for node in returned(rest, run_id, "find_impact"):
        assert node in told
    assert "logistics" in told

    inbox.clear()
    run_id, state = governed(rest, access.REVOKE, "late_data")
    assert state == "success", rest.failures(LESSON, run_id)
    assert any("later than promised" in str(one) for one in inbox.newest("slack"))
