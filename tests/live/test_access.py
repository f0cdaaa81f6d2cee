"""Each login, over REST: the whole table, its list of Dags, and a right that is taken away."""

import json
import time
from typing import Any

import httpx
import pytest

from include.access.table import Call, load
from include.configuration import metadata
from include.lab.settings import Lab
from tests.live.rest import Rest

OURS = "phase16_02_rbac_patterns"
ROLES = {role.login: name for name, role in metadata.roles().items() if role.login}
SEEN = {
    "sales": [f"{OURS}__sales"],
    "logistics": [f"{OURS}__logistics"],
    "access": [],
}
"""The whole list of Dags of each login; who is not named here sees them all."""


@pytest.fixture(scope="module")
def users(lab: Lab) -> dict[str, Rest]:
    """Every login that has a role, logged in, by its name."""
    known = metadata.connections()
    return {
        known[login]["login"]: Rest(lab, known[login]["login"], known[login]["password"])
        for login in ROLES
    }


def call(user: Rest, one: Call) -> httpx.Response:
    path = one.path if one.path.startswith("/") else f"/api/v2/{one.path}"
    return user.client.request(one.method, path, json=one.body)


@pytest.mark.parametrize("one", load(), ids=lambda one: one.what)
def test_the_whole_table(users: dict[str, Rest], one: Call) -> None:
    """Who is allowed gets an answer, who is not gets 403, and nobody gets an error."""
    answers = {name: call(user, one).status_code for name, user in users.items()}

    assert {name for name, status in answers.items() if status != 403} == one.allowed
    assert {status for name, status in answers.items() if name in one.allowed} <= {200, 404, 409}


@pytest.mark.parametrize("name", [metadata.connection_facts()[login].login for login in ROLES])
def test_each_sees_its_own_dags(users: dict[str, Rest], rest: Rest, name: str) -> None:
    """A team's list has the team's Dag alone; so has a search."""
    every = [dag["dag_id"] for dag in rest.get("dags", limit=500)["dags"]]
    wanted = SEEN.get(name, every)
    answer = users[name].client.get("/api/v2/dags", params={"limit": 500})

    found = answer.json()["dags"] if answer.status_code == 200 else []
    assert sorted(dag["dag_id"] for dag in found) == sorted(wanted)


def test_a_team_runs_its_dag_to_the_end(users: dict[str, Rest]) -> None:
    """Started, seen, and its log read, all with the team's own rights."""
    run = users["sales"].trigger(f"{OURS}__sales")

    assert users["sales"].wait(f"{OURS}__sales", run) == "success"
    assert "count_orders" in json.dumps(users["sales"].tasks(f"{OURS}__sales", run))
    assert users["sales"].log(f"{OURS}__sales", run, "count_orders")


def test_who_may_not_trigger_a_dag_is_not_told_its_params(users: dict[str, Rest]) -> None:
    """A slip in `conf` is answered with the names there are, but not to who may not see the Dag."""
    slip = {"logical_date": None, "conf": {"larg_from": 1}}

    for name in ("sales", "logistics"):
        answer = users[name].post("dags/phase4_02_branching/dagRuns", slip)
        assert answer.status_code == 403
        assert "large_from" not in answer.text


def test_what_is_taken_away_is_refused_soon(users: dict[str, Rest]) -> None:
    """A right is given and taken by the login that may, and the cache forgets within seconds."""
    place = "/auth/fab/v1/roles/logistics_team"
    role: dict[str, Any] = users["access"].client.get(place).json()
    more = {"action": {"name": "can_read"}, "resource": {"name": "Variables"}}

    def wait_for(status: int) -> None:
        end = time.monotonic() + 5
        while users["logistics"].client.get("/api/v2/variables").status_code != status:
            assert time.monotonic() < end, f"not {status} after 5 s"
            time.sleep(0.1)

    wait_for(403)
    try:
        given = {**role, "actions": [*role["actions"], more]}
        assert users["access"].client.patch(place, json=given).status_code == 200
        wait_for(200)
    finally:
        assert users["access"].client.patch(place, json=role).status_code == 200
    wait_for(403)
