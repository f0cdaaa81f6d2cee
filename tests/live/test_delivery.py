"""11.02 on the live scheduler: Airflow loads what is deployed, and a person decides."""

import pytest

from include.configuration.metadata import connections
from include.delivery import repository
from tests.live.rest import Rest

LESSON = "phase11_02_cicd_patterns"
STAGING, PRODUCTION = f"{LESSON}__staging", f"{LESSON}__production"


def deliver(rest: Rest, change: str, answer: str = "") -> tuple[str, str]:
    """Trigger with a change and give the answer, if there is one; the run's state and id."""
    run_id = rest.trigger(LESSON, conf={"change": change})
    if answer:
        rest.answer(LESSON, run_id, "approve", answer)
    return rest.wait(LESSON, run_id, 200), run_id


def last_run(rest: Rest, dag_id: str) -> dict:
    """The newest run of a Dag, with its result."""
    run = rest.get(f"dags/{dag_id}/dagRuns", limit=1, order_by="-run_after")["dag_runs"][0]
    path = f"dags/{dag_id}/dagRuns/{run['dag_run_id']}/taskInstances/add_up/xcomEntries"
    if run["state"] == "success":
        run["totals"] = rest.get(f"{path}/return_value", deserialize="true")["value"]
    return run


def head(environment: str) -> str:
    """The commit that an environment's branch is at."""
    return repository.head(connections()["delivery"]["host"], environment)


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("rounds")
def test_good_changes_pass_a_failing_one_goes_back_a_rejected_one_stays_out(rest: Rest) -> None:
    """A change that fails in staging, one that a person refuses, and the same one accepted."""
    by_country = last_run(rest, PRODUCTION)
    assert by_country["bundle_version"] == head("production")
    assert "DE" in by_country["totals"]

    state, run_id = deliver(rest, "wrong_column")

    assert state == "failed"
    states = {ti["task_id"]: ti["state"] for ti in rest.tasks(LESSON, run_id)}
    assert states["validate"] == "success"
    assert (states["staging.smoke_test"], states["staging.roll_back"]) == ("failed", "success")
    failed = last_run(rest, STAGING)
    assert failed["state"] == "failed"
    assert head("staging") != failed["bundle_version"]
    assert states["production.switch"] == "upstream_failed"
    assert head("production") == by_country["bundle_version"]

    state, run_id = deliver(rest, "group_by_channel", "Reject")

    assert state == "success"
    states = {ti["task_id"]: ti["state"] for ti in rest.tasks(LESSON, run_id)}
    assert states["production.switch"] == states["show_production"] == "skipped"
    assert "web" in last_run(rest, STAGING)["totals"]
    assert head("production") == by_country["bundle_version"]

    state, run_id = deliver(rest, "group_by_channel", "Approve")

    assert state == "success", rest.failures(LESSON, run_id)
    by_channel = last_run(rest, PRODUCTION)
    assert by_channel["bundle_version"] == head("production") != by_country["bundle_version"]
    assert sum(by_channel["totals"].values()) == pytest.approx(sum(by_country["totals"].values()))
