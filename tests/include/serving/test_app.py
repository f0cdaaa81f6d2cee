"""The model server: who answers, who is heard, and what it refuses."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import mlflow
import pytest
from fastapi.testclient import TestClient
from skops.io.exceptions import UntrustedTypesFoundException

from include.ml import tracking
from include.serving import app as server
from include.serving.rollout import CHALLENGER, CHAMPION, arm_of

NAME = "leavers"
INSTANCES = [{"id": number, "features": {"tickets": float(number)}} for number in range(1, 101)]


class Constant:
    """A model that says the same to everybody."""

    def __init__(self, score: float) -> None:
        self.score = score

    def predict_proba(self, table: Any) -> Any:
        """As scikit-learn's."""
        import numpy

        return numpy.full((len(table), 2), (1 - self.score, self.score))


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The server, with a registry of two versions."""
    versions = {CHAMPION: (1, Constant(0.2)), CHALLENGER: (2, Constant(0.8))}
    monkeypatch.setattr(server, "_load", lambda name, alias: versions[alias])
    monkeypatch.setattr(server, "_served", {})
    with TestClient(server.app, "http://localhost") as client:
        yield client


def route(client: TestClient, **facts: Any) -> Any:
    return client.put(f"/models/{NAME}/route", json=facts).raise_for_status().json()


def ask(client: TestClient) -> dict[int, dict[str, Any]]:
    answer = client.post(f"/models/{NAME}/predict", json={"instances": INSTANCES})
    return {one["request_id"]: one for one in answer.raise_for_status().json()["predictions"]}


def test_the_champion_answers_alone(client: TestClient) -> None:
    """A challenger that has no share is not even loaded."""
    assert route(client)["versions"] == {CHAMPION: 1}
    assert {(one["version"], one["score"]) for one in ask(client).values()} == {(1, 0.2)}


def test_a_share_of_the_requests_meets_the_challenger(client: TestClient) -> None:
    """Those that the hash says, and no others."""
    assert route(client, challenger_percent=25)["versions"] == {CHAMPION: 1, CHALLENGER: 2}

    said = ask(client)

    assert {number: one["arm"] for number, one in said.items()} == {
        number: arm_of(NAME, number, 25) for number in said
    }
    assert {(one["arm"], one["version"]) for one in said.values()} == {
        (CHAMPION, 1),
        (CHALLENGER, 2),
    }


def test_nobody_hears_the_shadow(client: TestClient) -> None:
    """It has answered everything, and is silent again with the next route."""
    route(client, shadow=True)
    assert {one["arm"] for one in ask(client).values()} == {CHAMPION}
    unheard = client.get(f"/models/{NAME}/shadow").json()["predictions"]
    assert sorted(one["request_id"] for one in unheard) == [one["id"] for one in INSTANCES]
    assert {one["version"] for one in unheard} == {2}
    route(client)
    assert client.get(f"/models/{NAME}/shadow").json() == {"predictions": []}


def test_the_shadow_forgets_its_oldest_words(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has to fetch them, so they cannot fill the memory."""
    monkeypatch.setattr(server, "UNHEARD", 5)
    route(client, shadow=True)
    ask(client)

    unheard = client.get(f"/models/{NAME}/shadow").json()["predictions"]

    assert [one["request_id"] for one in unheard] == [96, 97, 98, 99, 100]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("GET", "route", None, 404, "leavers has no route here"),
        ("POST", "predict", {"instances": INSTANCES}, 404, "leavers has no route here"),
        ("PUT", "route", {"challenger_percent": 101}, 422, "challenger_percent"),
        ("PUT", "route", {"percent": 10}, 422, "percent"),
        ("POST", "predict", {"instances": []}, 422, "instances"),
        ("POST", "predict", {"instances": [{"id": 1}]}, 422, "features"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    client: TestClient, method: str, path: str, body: Any, status: int, said: str
) -> None:
    """And nothing is served for it."""
    answer = client.request(method, f"/models/{NAME}/{path}", json=body)

    assert answer.status_code == status
    assert said in answer.text


def test_it_answers_before_any_model_is_loaded(client: TestClient) -> None:
    """So it is ready at once."""
    assert client.get("/health").json() == {"status": "ok"}


def test_a_model_that_was_swapped_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its types are told, and no route leads to it."""

    def load(uri: str) -> None:
        assert uri == f"models:/{NAME}@{CHAMPION}"
        raise UntrustedTypesFoundException({"os.system"})

    monkeypatch.setenv("MODEL_REGISTRY_URL", "http://127.0.0.1:9")
    for name in ("set_tracking_uri", "set_registry_uri"):
        monkeypatch.setattr(mlflow, name, lambda address: None)
    monkeypatch.setattr(tracking, "version_at", lambda *_: SimpleNamespace(version="1"))
    monkeypatch.setattr(tracking, "load_classifier", load)
    monkeypatch.setattr(server, "_served", {})
    with TestClient(server.app, base_url="http://localhost") as client:
        answer = client.put(f"/models/{NAME}/route", json={})

        assert answer.status_code == 422
        assert "os.system" in answer.json()["detail"]
        assert client.get(f"/models/{NAME}/route").status_code == 404
