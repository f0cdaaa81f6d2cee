"""What the lab asks its Airflow, and when it calls a component ready."""

import io
import json
import urllib.error
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from include.lab import airflow as module
from include.lab.settings import Lab
from include.lab.supervisor import hold


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
        monkeypatch.setattr(module, "direct", FakeAirflow(paths))

    return answers


def probe(place: Lab, component: str) -> Callable[[], bool]:
    return module.airflow(place, component).ready


def health(component: str, at: datetime, **states: str) -> dict[str, Any]:
    names = ("metadatabase", "scheduler", "dag_processor", "triggerer")
    facts = {name: {"status": states.get(name, "healthy")} for name in names}
    facts[component][f"latest_{component}_heartbeat"] = at.isoformat()
    return {"/api/v2/monitor/health": facts}


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


@pytest.mark.faults
def test_the_heartbeats_of_a_process_that_was_killed_do_not_count_for_the_next(
    place: Lab, airflow: Answers
):
    """Each start begins anew: the database still knows the one of seconds ago."""
    service = module.airflow(place, "scheduler")
    assert service.prepare
    service.prepare()
    airflow(health("scheduler", datetime.now().astimezone()))
    assert service.ready()

    service.prepare()

    assert not service.ready()


@pytest.mark.parametrize(
    ("paths", "alive"),
    [
        ({"scheduler": "healthy"}, True),
        ({"scheduler": "unhealthy"}, False),
        ({"scheduler": "unhealthy", "metadatabase": "unhealthy"}, True),
        (None, True),
    ],
)
def test_a_component_is_silent_only_where_airflow_knows(
    place: Lab, airflow: Answers, paths: dict[str, str] | None, alive: bool
):
    """An api-server or a database that is away says nothing about the others."""
    airflow({} if paths is None else health("triggerer", datetime.now().astimezone(), **paths))
    service = module.airflow(place, "scheduler")
    assert service.alive

    assert service.alive() is alive


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
    built = [{"dag_id": lesson.id} for lesson in module.syllabus.load().lessons]
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
    assert module.import_errors(place) == ["x.py: NameError: no"]


def test_the_lab_is_ready_when_no_component_is_ill(place: Lab, airflow: Answers):
    """One that was told to stop is not waited for."""
    ready = probe(place, "dag-processor")
    built = [{"dag_id": lesson.id} for lesson in module.syllabus.load().lessons]
    listed = {**LOGIN, "/api/v2/dags": {"dags": built}}
    soon = datetime.now().astimezone() + timedelta(minutes=1)

    airflow({**health("dag_processor", soon, triggerer="unhealthy"), **listed})
    assert not ready()
    place.home.mkdir(parents=True, exist_ok=True)
    hold(place, "triggerer")
    assert ready()


def test_an_admin_who_changed_the_password_still_has_a_lab(place: Lab, airflow: Answers):
    """The lab then cannot list the lessons, and does not wait for them."""
    airflow({"/auth/token": 401})

    assert module.listed_lessons(place) is None
    assert module.import_errors(place) == []


def test_another_refusal_of_the_login_is_an_error(place: Lab, airflow: Answers):
    """A server that fails is not a changed password."""
    airflow({"/auth/token": 500})

    with pytest.raises(urllib.error.HTTPError):
        module.listed_lessons(place)
