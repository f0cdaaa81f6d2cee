"""Starting the API from the environment."""

import importlib
import sys

import pytest
from fastapi.testclient import TestClient


def start() -> object:
    sys.modules.pop("include.shop_api.app", None)
    return importlib.import_module("include.shop_api.app")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_API_CLIENT_ID", "lab")
    monkeypatch.setenv("SHOP_API_CLIENT_SECRET", "lab-secret")


def test_the_client_comes_from_the_environment():
    """The pair named in the environment can log in."""
    api = TestClient(start().app, "http://localhost")
    answer = api.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=("lab", "lab-secret")
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["SHOP_API_CLIENT_ID", "SHOP_API_CLIENT_SECRET"])
def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str):
    """Without id or secret the API does not start, and says what to set."""
    monkeypatch.setenv(name, "")
    with pytest.raises(RuntimeError, match=f"{name} is missing or empty; set SHOP_API_CLIENT_ID"):
        start()
