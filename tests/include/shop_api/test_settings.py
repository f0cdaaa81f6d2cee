"""Setting the API while it runs."""

import pytest
from fastapi.testclient import TestClient

DEFAULTS = {"token_seconds": 300, "burst": 60, "per_second": 30}


def test_what_is_left_out_stays(api: TestClient):
    """A change of one setting keeps the others, DELETE returns to the defaults."""
    assert api.get("/settings").json() == DEFAULTS
    api.post("/settings", json={"burst": 5})
    changed = api.post("/settings", json={"token_seconds": 1})
    assert changed.json() == DEFAULTS | {"burst": 5, "token_seconds": 1}
    assert api.delete("/settings").status_code == 204
    assert api.get("/settings").json() == DEFAULTS


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"token_seconds": 0}, "token_seconds"),
        ({"burst": 0}, "burst"),
        ({"per_second": -1}, "per_second"),
        ({"bursts": 5}, "bursts"),
    ],
)
def test_a_wrong_setting_is_refused(api: TestClient, wrong: dict, field: str):
    """A mistake is a 422 that names the field, and changes nothing."""
    answer = api.post("/settings", json={"burst": 7} | wrong)
    assert answer.status_code == 422
    assert [mistake["loc"] for mistake in answer.json()["detail"]] == [["body", field]]
    assert api.get("/settings").json() == DEFAULTS
