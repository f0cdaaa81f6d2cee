"""The catalogue of the lab's services, and what it asks Airflow."""

import dataclasses
import io
import json
import urllib.error
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.configuration.metadata import connections
from include.lab import services as catalogue
from include.lab.airflow_settings import airflow_environment
from include.lab.settings import Lab, LabError


def without(place: Lab, *names: str) -> Lab:
    return dataclasses.replace(place, without=frozenset(names))


def names(place: Lab) -> set[str]:
    return {service.name for service in catalogue.services(place)}


def test_a_service_can_be_left_out(place: Lab):
    """The others are started all the same."""
    assert names(place) - names(without(place, "inbox", "shop_api")) == {"inbox", "shop_api"}


@pytest.mark.parametrize("name", ["postgres", "scheduler", "no_such"])
def test_what_cannot_be_left_out_is_refused_by_name(place: Lab, name: str):
    """An unknown service, and one that the lab needs, are answered with what can be left out."""
    with pytest.raises(LabError, match=rf"WITHOUT={name}: what can be left out is inbox, "):
        catalogue.services(without(place, name))


def test_without_object_store_large_xcoms_stay_in_the_database(place: Lab):
    """Airflow is not told to put them where nothing is."""
    key = "AIRFLOW__CORE__XCOM_BACKEND"
    assert key in airflow_environment(place)
    assert key not in airflow_environment(without(place, "object_store"))


def test_no_secret_stands_in_a_command(place: Lab):
    """Every user of the machine may read the arguments of a process."""
    said = " ".join(" ".join(service.command) for service in catalogue.services(place))
    assert not [secret for secret in place.secrets.values() if secret in said]


def test_the_connections_lead_into_the_lab(place: Lab):
    """Addresses and passwords of the connections are those of this lab."""
    known = connections(catalogue.addresses(place))
    assert known["warehouse"]["port"] == place.port("postgres")
    assert known["warehouse"]["password"] == place.secrets["warehouse_password"]
    assert known["shop_api"]["host"] == place.url("shop_api")


def test_every_service_listens_on_loopback_alone(place: Lab):
    """The lab has throw-away passwords: nobody else on the network may reach it."""
    said = [part for service in catalogue.services(place) for part in service.command]
    assert "0.0.0.0" not in said
    assert airflow_environment(place)["AIRFLOW__API__HOST"] == "127.0.0.1"


class FakeAirflow:
    """Answers as Airflow's REST API does, from a dictionary of paths."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    def open(self, request: Any, timeout: float) -> io.BytesIO:
        path = "/" + request.full_url.split("/", 3)[3].partition("?")[0]
        answer = self.answers.get(path)
        if answer is None:
            raise urllib.error.URLError("refused")
        if isinstance(answer, int):
            raise urllib.error.HTTPError(path, answer, "", {}, None)
        return io.BytesIO(json.dumps(answer).encode())


Answers = Callable[[dict[str, Any]], None]
LOGIN = {"/auth/token": {"access_token": "t"}}


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Let Airflow answer these paths."""

    def answers(paths: dict[str, Any]) -> None:
        monkeypatch.setattr(catalogue, "direct", FakeAirflow(paths))

    return answers


def probe(place: Lab, component: str) -> Callable[[], bool]:
    return catalogue.airflow(place, component).ready


def health(component: str, at: datetime) -> dict[str, Any]:
    beat = {f"latest_{component}_heartbeat": at.isoformat()}
    return {
        "/api/v2/monitor/health": {
            "metadatabase": {"status": "healthy"},
            "scheduler": {},
            "dag_processor": {},
            component: beat,
        }
    }


def test_a_component_is_ready_with_a_heartbeat_of_this_start(place: Lab, airflow: Answers):
    """One of the last start, which the database still knows, does not count."""
    ready = probe(place, "scheduler")
    now = datetime.now().astimezone()
    airflow({})
    assert not ready()
    airflow(health("scheduler", now - timedelta(hours=1)))
    assert not ready()
    airflow(health("scheduler", now + timedelta(seconds=1)))
    assert ready()


def test_the_api_server_is_ready_when_it_reaches_its_database(place: Lab, airflow: Answers):
    """It has no heartbeat of its own."""
    ready = probe(place, "api-server")
    airflow({"/api/v2/monitor/health": {"metadatabase": {"status": "unhealthy"}}})
    assert not ready()
    airflow({"/api/v2/monitor/health": {"metadatabase": {"status": "healthy"}}})
    assert ready()


def test_the_dag_processor_is_ready_when_all_lessons_are_listed(place: Lab, airflow: Answers):
    """Or when a file that cannot be read says why one of them is missing."""
    ready = probe(place, "dag-processor")
    beating = health("dag_processor", datetime.now().astimezone() + timedelta(minutes=1)) | LOGIN
    built = [{"dag_id": lesson.id} for lesson in catalogue.syllabus.load().lessons]
    broken = {"filename": "x.py", "stack_trace": "Traceback\nNameError: no\n"}
    none = {"/api/v2/importErrors": {"import_errors": []}}

    airflow(health("dag_processor", datetime.now().astimezone() - timedelta(hours=1)))
    assert not ready()
    airflow({**beating, "/api/v2/dags": {"dags": built[1:]}, **none})
    assert not ready()
    airflow({**beating, "/api/v2/dags": {"dags": built}, **none})
    assert ready()
    airflow(
        {
            **beating,
            "/api/v2/dags": {"dags": []},
            "/api/v2/importErrors": {"import_errors": [broken]},
        }
    )
    assert ready()
    assert catalogue.import_errors(place) == ["x.py: NameError: no"]


def test_an_admin_who_changed_the_password_still_has_a_lab(place: Lab, airflow: Answers):
    """The lab then cannot list the lessons, and does not wait for them."""
    airflow({"/auth/token": 401})

    assert catalogue.listed_lessons(place) is None
    assert catalogue.import_errors(place) == []


def test_another_refusal_of_the_login_is_an_error(place: Lab, airflow: Answers):
    """A server that fails is not a changed password."""
    airflow({"/auth/token": 500})

    with pytest.raises(urllib.error.HTTPError):
        catalogue.listed_lessons(place)


def test_every_service_runs_in_an_environment_that_is_installed(place: Lab):
    """Each command is a file of one of the two environments, or a PostgreSQL that was found."""
    for service in catalogue.services(place):
        assert Path(service.command[0]).is_absolute(), service.name
