"""The table of bad input, sent to a running Airflow as a user sends it."""

import json
from typing import Any

import httpx
import pytest

from tests.contract.test_bad_input import BAD
from tests.live.rest import Rest


def _trigger(rest: Rest, dag_id: str, run_id: str, conf: Any) -> httpx.Response:
    # Python writes NaN as JSON, which httpx by itself does not.
    body = json.dumps({"logical_date": None, "dag_run_id": run_id, "conf": conf})
    headers = {"Content-Type": "application/json"}
    return rest.client.post(f"/api/v2/dags/{dag_id}/dagRuns", content=body, headers=headers)


def test_bad_input_begins_no_run(rest: Rest) -> None:
    """Each row ends in a 4xx whose text names the parameter, and none leaves a run behind."""
    wrong, sent = [], set()
    for number, (dag_id, conf, name) in enumerate(BAD):
        run_id = f"bad_input_{number}"
        sent.add((dag_id, run_id))
        answer = _trigger(rest, dag_id, run_id, conf)
        told = answer.json().get("detail")
        if answer.status_code not in (400, 422) or not isinstance(told, str) or name not in told:
            wrong.append((dag_id, name, answer.status_code, answer.text))
    runs = {
        (dag_id, run["dag_run_id"])
        for dag_id in {dag_id for dag_id, _ in sent}
        for run in rest.get(f"dags/{dag_id}/dagRuns", limit=100, order_by="-id")["dag_runs"]
    }

    assert wrong == []
    assert runs & sent == set()


def test_conf_that_is_no_object_is_refused(rest: Rest) -> None:
    """A list, a word or a number in place of `conf` is told as such."""
    for conf in ([1], "days", 31):
        answer = _trigger(rest, "phase4_01_xcom_basics", "bad_input_shape", conf)

        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", "conf"]


@pytest.mark.parametrize("depth", [150, 100_000])
def test_conf_that_is_too_deep_is_refused(rest: Rest, depth: int) -> None:
    """By a sentence, whoever sends it, and not by Python's own limit."""
    deep = "[" * depth + "]" * depth
    body = f'{{"logical_date": null, "conf": {{"days": {deep}}}}}'
    for headers, codes in (({}, {400}), ({"Authorization": ""}, {400, 401})):
        answer = rest.client.post(
            "/api/v2/dags/phase4_01_xcom_basics/dagRuns",
            content=body,
            headers={"Content-Type": "application/json", **headers},
        )
        assert answer.status_code in codes
