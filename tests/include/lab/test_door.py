"""Who may use our services: nobody's page but their own."""

from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry
from starlette.testclient import TestClient

from include.inbox import app as inbox
from include.lab.containers import PLACES
from include.lab.metrics_server import application
from include.lab.pushgateway import Pushed
from include.serving import app as model_server
from include.shop_api.service import create_app

APPS = {
    "inbox": (inbox.app, "POST", "/slack/x"),
    "shop_api": (create_app("partner", "s3cret"), "POST", "/faults"),
    "model_server": (model_server.app, "PUT", "/models/x/route"),
    "metrics": (application(CollectorRegistry(), Pushed()), "DELETE", "/pushgateway/metrics/job/x"),
}


@pytest.fixture(params=APPS)
def service(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def client(service: str) -> TestClient:
    """Without what runs at its start: nothing gets as far."""
    return TestClient(APPS[service][0], "http://localhost:8080")


@pytest.fixture
def page(service: str) -> str:
    """What opens without anything behind it."""
    return "/metrics" if service == "metrics" else "/health"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8084", "[::1]:8084", "LOCALHOST:1"])
def test_it_answers_under_its_own_names(client: TestClient, page: str, host: str):
    """With any port: it may be forwarded."""
    assert client.get(page, headers={"host": host}).status_code == 200


def test_a_container_is_called_by_its_name(client: TestClient, service: str, page: str):
    """By the others of the stack."""
    name, port = PLACES[service]
    assert client.get(page, headers={"host": f"{name}:{port}"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8084", "localhost.evil.example", ""]
)
def test_a_foreign_name_is_refused(client: TestClient, page: str, host: str):
    """A page's own name may lead here tomorrow: then it could read all that is here."""
    assert client.get(page, headers={"host": host}).status_code == 400
    assert client.post("/faults", headers={"host": host}, json={"next": 1}).status_code == 400


FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://localhost:8082"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site", "origin": "http://localhost:8082"},
]


@pytest.mark.parametrize("said", FOREIGN, ids=str)
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_another_sites_page_can_send_nothing(
    client: TestClient, service: str, said: dict[str, str], kind: str
):
    """Neither by a form nor by a script; a page of another port is another site's."""
    _, method, path = APPS[service]

    answer = client.request(method, path, content=b"{}", headers={**said, "content-type": kind})

    assert (answer.status_code, "Another site" in answer.text) == (403, True)


OWN = [
    {"cookie": "other=" + "x" * 20_000},
    {"origin": "http://localhost:8080"},
    {"sec-fetch-site": "same-origin", "origin": "null"},
    {"sec-fetch-site": "none"},
    {},
]


@pytest.fixture
def shop() -> Iterator[TestClient]:
    with TestClient(create_app("partner", "s3cret"), "http://localhost:8080") as client:
        yield client


@pytest.mark.parametrize("said", OWN, ids=lambda said: str(said)[:40])
def test_its_own_page_and_a_program_can(shop: TestClient, said: dict[str, str]):
    """A program says nothing of where it comes from."""
    assert shop.post("/faults", json={"next": 1}, headers=said).status_code == 201


def test_what_the_door_refuses_uses_up_no_fault(shop: TestClient):
    """Nor is it recorded: it never came in."""
    shop.post("/faults", json={"next": 1})
    shop.get("/orders", headers={"host": "evil.example"})
    shop.post("/oauth/token", headers={"origin": "https://evil.example"})

    assert [fault["next"] for fault in shop.get("/faults").json()] == [1]
    assert shop.get("/received").json() == []


def test_a_body_without_a_length_is_counted(shop: TestClient):
    """As it arrives, and refused as soon as it is too long."""
    chunks = iter([b'{"next": 1, "path": "'] + [b"x" * 2**16] * 20)

    answer = shop.post("/faults", content=chunks, headers={"content-type": "application/json"})

    assert answer.status_code == 413
    assert shop.get("/faults").json() == []
