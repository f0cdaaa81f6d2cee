"""What only a running Airflow shows of alerts: people who answer, and a run that fails."""

from collections.abc import Iterator

import pytest

from include.lab.settings import Lab
from tests.inbox import Inbox
from tests.lessons import query
from tests.live.rest import Rest, until

LESSON = "phase8_03_alert_routing"


@pytest.fixture
def waiting(lab: Lab, rest: Rest) -> Iterator[tuple[str, Inbox]]:
    """A run of the lesson that waits for an answer to its page, and its inbox, emptied before."""
    inbox = Inbox(lab)
    inbox.clear()
    run_id = rest.trigger(LESSON, conf={"forget": True, "patience": 900})
    until(lambda: state(rest, run_id, "wait_for_answer") in {"running", "up_for_reschedule"})
    yield run_id, inbox
    rest.wait(LESSON, run_id)


def state(rest: Rest, run_id: str, task_id: str) -> str | None:
    return {ti["task_id"]: ti["state"] for ti in rest.tasks(LESSON, run_id)}[task_id]


def test_page_that_somebody_takes_is_not_escalated(waiting: tuple[str, Inbox], rest: Rest) -> None:
    """8.03: four tasks fail at once, each tells its own; who answers ends the waiting."""
    run_id, inbox = waiting
    assert inbox.count() == {"slack": 3, "pager": 1, "mail": 2}
    (page,) = inbox.newest("pager")

    inbox.answer(page["content"]["routing_key"], page["content"]["dedup_key"])

    assert rest.wait(LESSON, run_id) == "success"
    assert [one["path"] for one in inbox.newest("pager")] == ["sales-on-call"] * 2
    sql = "SELECT count(acknowledged_at), count(escalated_at) FROM marts.alerts WHERE run_id = %s"
    assert query(sql, run_id) == [(1, 0)]


def test_run_that_fails_is_told_by_the_dag_processor(
    waiting: tuple[str, Inbox], rest: Rest
) -> None:
    """8.03: the Dag's own router tells the team, though no task of ours runs any more."""
    run_id, inbox = waiting
    path = f"/api/v2/dags/{LESSON}/dagRuns/{run_id}/taskInstances/wait_for_answer"
    rest.client.patch(path, json={"new_state": "failed"}).raise_for_status()

    assert rest.wait(LESSON, run_id) == "failed"
    title = f"[P2] sales: a run of {LESSON} failed"
    until(lambda: title in [one["content"]["text"] for one in inbox.newest("slack")])
    until(lambda: title in [one["content"]["subject"] for one in inbox.newest("mail")])
    sql = "SELECT count(*) FROM marts.alerts WHERE run_id = %s AND task_id = ''"
    assert query(sql, run_id) == [(1,)]
