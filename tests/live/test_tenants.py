"""Phase 15 on the live Airflow: a tenant's user sees and starts its own Dag alone."""

from collections.abc import Iterator

import pytest

from include.lab.settings import Lab
from tests.live.rest import Rest

LESSON = "phase15_03_dynamic_dag_patterns"
USERS = "/auth/fab/v1/users"
PASSWORD = "only-for-this-test"


@pytest.fixture
def north(lab: Lab, rest: Rest) -> Iterator[Rest]:
    """Somebody with the role of the tenant `north`, and no other."""
    facts = {"first_name": "Nora", "last_name": "North", "email": "nora@shop.example"}
    access = {"username": "nora", "password": PASSWORD, "roles": [{"name": "tenant_north"}]}
    rest.client.post(USERS, json={**facts, **access}).raise_for_status()
    yield Rest(lab, "nora", PASSWORD)
    rest.client.delete(f"{USERS}/nora").raise_for_status()


def test_a_user_sees_the_own_tenants_dag_alone(rest: Rest, north: Rest) -> None:
    """In the list; what is asked for by name is forbidden, as are connections and pools."""
    assert [dag["dag_id"] for dag in north.get("dags")["dags"]] == [f"{LESSON}__north"]
    for path in (f"dags/{LESSON}__south", f"dags/{LESSON}", "connections", "pools"):
        assert north.client.get(f"/api/v2/{path}").status_code == 403, path


@pytest.mark.usefixtures("rounds")
def test_a_user_starts_the_own_tenants_dag_alone(north: Rest) -> None:
    """And sees how it ends; the neighbour's cannot be started."""
    run_id = north.trigger(f"{LESSON}__north")

    assert north.wait(f"{LESSON}__north", run_id) == "success"
    for other in (f"{LESSON}__south", LESSON):
        refused = north.post(f"dags/{other}/dagRuns", {"logical_date": None})
        assert refused.status_code == 403, refused.text


@pytest.mark.usefixtures("rounds")
def test_a_tenants_tasks_run_in_its_own_pool(rest: Rest) -> None:
    """Each of them, so that the pool's slots are the tenant's limit."""
    (run,) = rest.get(f"dags/{LESSON}__south/dagRuns", limit=1, order_by="-id")["dag_runs"]
    tasks = rest.tasks(f"{LESSON}__south", run["dag_run_id"])

    assert {ti["pool"] for ti in tasks} == {"tenant_south"}
    assert rest.get("pools/tenant_south")["slots"] == 2
