"""Airflow in the lab: its database and its four processes, and what the lab asks of it."""

import hashlib
import json
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any

from include.alerting import routes
from include.configuration import metadata as facts
from include.curriculum import syllabus
from include.lab.addresses import addresses
from include.lab.airflow_settings import ADMIN, airflow_environment
from include.lab.service import Service, answers, direct
from include.lab.settings import Lab
from include.lab.supervisor import held

NAME = "airflow"
"""What `WITHOUT` calls all of it: without Airflow, the lab is the services alone."""

COMPONENTS = {
    "api-server": "the UI, the REST API and the API that tasks talk to",
    "scheduler": "starts runs and tasks, and runs the tasks (a LocalExecutor)",
    "dag-processor": "reads the lesson files",
    "triggerer": "waits for deferred tasks",
}


def services(lab: Lab) -> list[Service]:
    """What all components share, and each of them.

    Raises:
        ConfigurationError: a file of facts is wrong; told before anything is started.
    """
    return [metadata(lab), *(airflow(lab, component) for component in COMPONENTS)]


def metadata(lab: Lab) -> Service:
    """Airflow's database, its login, roles, connections, variables and pools.

    Raises:
        ConfigurationError: a file of facts is wrong; told before anything is started.
    """
    facts.connections(addresses(lab), lab.root / "configs")
    for read in (facts.variables, facts.pools, facts.roles):
        read(lab.root / "configs")
    routes.load(lab.root / "configs" / routes.FILE.name)
    return Service(
        "metadata",
        (str(lab.root / ".venv/bin/python"), "-m", "plugins.setup.metadata", *ADMIN),
        "Airflow's database, login, connections, variables, pools and roles",
        after=("databases",),
        environment={**airflow_environment(lab), **addresses(lab)},
        folder=lab.root,
        job=True,
        fingerprint=_fingerprint(lab),
    )


def _fingerprint(lab: Lab) -> str:
    """Changes with the packages, the files of facts, the code that reads them, the addresses."""
    files = [lab.root / "uv.lock", *sorted((lab.root / "configs").glob("*.toml"))]
    files += [lab.root / "plugins/setup/metadata.py"]
    digest = hashlib.sha256(json.dumps([addresses(lab), ADMIN]).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def airflow(lab: Lab, component: str) -> Service:
    """One of Airflow's four processes."""
    health = _Health(lab, component)
    api_server = component == "api-server"
    # The logs lie on this machine, where the api-server reads them: nothing has to serve them.
    arguments = ("--skip-serve-logs",) if component in {"scheduler", "triggerer"} else ()
    return Service(
        component,
        (str(lab.root / ".venv/bin/airflow"), component, *arguments),
        COMPONENTS[component],
        ready=_LessonsListed(lab, health) if component == "dag-processor" else health,
        alive=answers(_health_url(lab)) if api_server else lambda: not is_silent(lab, component),
        # The repository of its git bundles is made with the seeds.
        after=("metadata", "seeds") if component == "dag-processor" else ("metadata",),
        environment=airflow_environment(lab),
        prepare=health.begin,
        ports=(lab.port("airflow"),) if api_server else (),
        address=lab.address if api_server else "",
        folder=lab.root,
    )


def is_healthy(lab: Lab, component: str) -> bool:
    """Whether Airflow itself calls the component healthy."""
    health = _get(_health_url(lab)) or {}
    key = "metadatabase" if component == "api-server" else component.replace("-", "_")
    return bool(health.get(key, {}).get("status") == "healthy")


def is_silent(lab: Lab, component: str) -> bool:
    """Whether Airflow has not heard from the component; without its database it cannot know."""
    health = _get(_health_url(lab)) or {}
    if health.get("metadatabase", {}).get("status") != "healthy":
        return False
    return bool(health.get(component.replace("-", "_"), {}).get("status") == "unhealthy")


def _health_url(lab: Lab) -> str:
    return f"{lab.url('airflow')}/api/v2/monitor/health"


class _Health:
    """Holds once Airflow itself calls the component healthy, by a heartbeat of this start."""

    def __init__(self, lab: Lab, component: str) -> None:
        self.url = _health_url(lab)
        self.key = component.replace("-", "_")
        self.since: datetime | None = None

    def begin(self) -> None:
        """Forget the heartbeats of former starts."""
        self.since = datetime.now().astimezone()

    def __call__(self) -> bool:
        if self.since is None:
            self.begin()
        health = _get(self.url)
        if health is None:
            return False
        if self.key == "api_server":
            return bool(health["metadatabase"]["status"] == "healthy")
        heartbeat = health[self.key].get(f"latest_{self.key}_heartbeat")
        assert self.since is not None
        return heartbeat is not None and datetime.fromisoformat(heartbeat) > self.since


class _LessonsListed:
    """Holds once every built lesson is in Airflow's list, and all components are healthy then.

    They take longer than each of them alone: on a busy machine, one that gave its first heartbeat
    may take half a minute until the next.
    """

    def __init__(self, lab: Lab, health: _Health) -> None:
        self.lab = lab
        self.health = health
        self.built = {lesson.id for lesson in syllabus.load().lessons if lesson.built(lab.root)}

    def __call__(self) -> bool:
        if not self.health():
            return False
        wanted = [name.replace("-", "_") for name in COMPONENTS if not held(self.lab, name)]
        facts = _get(self.health.url) or {}
        # The api-server answers for itself.
        states = [facts.get(name, {}).get("status") for name in wanted if name != "api_server"]
        if any(state != "healthy" for state in states):
            return False
        listed = listed_lessons(self.lab)
        return listed is None or self.built <= listed or bool(import_errors(self.lab))


def listed_lessons(lab: Lab) -> set[str] | None:
    """The Dags that Airflow lists; None when the admin's password is no longer the lab's."""
    answer = api(lab, "/api/v2/dags?limit=1000")
    return None if answer is None else {dag["dag_id"] for dag in answer["dags"]}


def import_errors(lab: Lab) -> list[str]:
    """The files that Airflow could not read, each with its last line of error."""
    answer = api(lab, "/api/v2/importErrors") or {"import_errors": []}
    return [
        f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}"
        for error in answer["import_errors"]
    ]


def api(lab: Lab, path: str) -> Any:
    """Ask Airflow's REST API as the lab's admin; None if that login is refused."""
    credentials = json.dumps(dict(zip(("username", "password"), ADMIN, strict=True))).encode()
    headers = {"Content-Type": "application/json"}
    login = urllib.request.Request(f"{lab.url('airflow')}/auth/token", credentials, headers)
    try:
        with direct.open(login, timeout=10) as answer:
            token = json.load(answer)["access_token"]
    except urllib.error.HTTPError as error:
        if error.code == 401:
            return None
        raise
    return _get(f"{lab.url('airflow')}{path}", {"Authorization": f"Bearer {token}"})


def _get(url: str, headers: dict[str, str] | None = None) -> Any:
    try:
        with direct.open(urllib.request.Request(url, headers=headers or {}), timeout=10) as answer:
            return json.load(answer)
    except OSError:
        return None
