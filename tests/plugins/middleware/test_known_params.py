"""The sentence about what is wrong with `conf`, and who is told it."""

from collections.abc import Callable
from typing import Any

import pytest
from airflow.api_fastapi.auth.managers.models.resource_details import DagDetails
from airflow.api_fastapi.core_api import security
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse

from plugins.middleware import known_params
from plugins.middleware.known_params import KnownParams, no_numbers, refusal, unknown_names


def test_known_names_pass() -> None:
    """Nothing is said where every name is known, or none is given."""
    assert unknown_names({}, {"day"}) is None
    assert unknown_names({"day": "2026-01-05"}, {"day", "late"}) is None


def test_what_airflow_adds_itself_passes() -> None:
    """A Dag that starts another says in `conf` whose child it is; the run may be repeated so."""
    assert unknown_names({"openlineage": {"parentRunId": "x"}}, {"day"}) is None


def test_unknown_name_is_told_with_what_there_is() -> None:
    """The sentence names the slip, the Dag's parameters and the likely one."""
    said = unknown_names({"dya": 1}, {"day", "late"})

    assert said == (
        "conf names dya, which this Dag does not have; it has day, late. Did you mean day?"
    )


def test_dag_without_parameters_says_so() -> None:
    """A Dag that takes nothing says that it takes nothing."""
    assert unknown_names({"x": 1, "a": 2}, set()) == (
        "conf names a, x, which this Dag does not have; it has no parameter."
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        ({"from": [1, float("inf")]}, '{"from": [1, Infinity]}'),
    ],
)
def test_what_json_has_no_number_for_is_told(value: object, written: str) -> None:
    """NaN and the infinities are told with the name that holds them, however deep they are."""
    assert no_numbers({"day": "2026-01-05", "C": value}) == (
        f"conf says C = {written}: give numbers that JSON has, such as 1."
    )


def test_numbers_pass() -> None:
    """Nothing is said of what JSON can say, be it right or wrong for the parameter."""
    assert no_numbers({"C": 1e300, "day": None, "candidates": [{"x": -1}]}) is None


def test_the_name_is_told_before_the_value() -> None:
    """Who has the name wrong learns that first; who has all right, nothing."""
    assert "conf names c," in str(refusal({"c": float("nan")}, {"C"}))
    assert "C = NaN" in str(refusal({"C": float("nan")}, {"C"}))
    assert refusal({"C": 1.0}, {"C"}) is None


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Send a trigger's body by a user who may, or may not, start the Dag; get code and text."""

    def send(body: str, may: bool = True) -> tuple[int, str]:
        class AuthManager:
            def is_authorized_dag(self, *, method: str, details: DagDetails, **_: Any) -> bool:
                assert (method, details.id) == ("POST", "secret")
                return may

        async def user(token: str) -> str:
            return token

        monkeypatch.setattr(security, "resolve_user_from_token", user)
        monkeypatch.setattr(security, "get_auth_manager", AuthManager)
        monkeypatch.setattr(security.DagModel, "get_team_name", lambda dag_id: None)
        monkeypatch.setattr(known_params, "_params", lambda dag_id: {"salary"})
        client = TestClient(KnownParams(PlainTextResponse("what Airflow says", 403)))
        answer = client.post("/api/v2/dags/secret/dagRuns", content=body)
        return answer.status_code, answer.text

    return send


def test_who_may_not_trigger_a_dag_is_not_told_its_params(sent: Callable[..., Any]) -> None:
    """Airflow's own refusal is all that comes back; who may trigger it is helped."""
    slip = '{"conf": {"x": 1}}'

    assert sent(slip, may=False) == (403, "what Airflow says")
    code, text = sent(slip)
    assert code == 400
    assert "it has salary" in text


@pytest.mark.parametrize("depth", [200, 900, 100_000])
@pytest.mark.parametrize("where", ['{"conf": {"salary": %s}}', '{"note": %s}', "%s"])
def test_what_is_too_deep_is_told(sent: Callable[..., Any], depth: int, where: str) -> None:
    """Python's recursion ends at some depth, wherever in the body that is."""
    code, text = sent(where.replace("%s", "[" * depth + "]" * depth))

    assert code == 400
    assert "within each other" in text


@pytest.mark.parametrize("body", ["", "{", "[]", "1", '{"conf": [1]}', '{"conf": {"salary": [1]}}'])
def test_other_shapes_are_for_airflow(sent: Callable[..., Any], body: str) -> None:
    """It has sentences of its own for them."""
    assert sent(body) == (403, "what Airflow says")
