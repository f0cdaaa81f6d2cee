"""What the containers start with: secrets, Airflow's configuration, the lab's own descriptions."""

import configparser
import stat
from itertools import chain
from pathlib import Path

import pytest

from include.lab import compose
from include.lab.airflow_settings import airflow_settings
from include.lab.containers import PLACES
from include.lab.services import DESCRIBE
from include.lab.settings import Lab
from include.lab.vault import VAULT_ADMIN

BASE = {"LAB_PORT_BASE": "8080"}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder in which `keys` has run once, with nothing given."""
    compose.keys(tmp_path / "home", tmp_path / "passwords", BASE)
    return tmp_path


def inside(made: Path) -> Lab:
    """The lab as a container sees it that may read every secret."""
    secrets = str(made / "home/secrets")
    return Lab.from_environment({**BASE, "LAB_HOME": str(made / "home"), "LAB_SECRETS": secrets})


def test_secrets_are_made_once(made: Path):
    """Another start finds them: what they have encrypted can still be read."""
    before = dict(inside(made).secrets)
    compose.keys(made / "home", made / "passwords", BASE)

    assert inside(made).secrets == before
    assert len(set(before.values())) == len(before)


def test_a_secret_that_is_given_is_taken(made: Path):
    """Where the service reads it, too; without it, the made one counts again."""
    before = dict(inside(made).secrets)
    compose.keys(made / "home", made / "passwords", {**BASE, "LAB_REDIS_PASSWORD": "mine"})

    assert inside(made).secrets == before | {"redis_password": "mine"}
    assert (made / "passwords/redis/redis_password").read_text() == "mine"
    assert "requirepass mine\n" in (made / "passwords/redis/redis.conf").read_text()
    compose.keys(made / "home", made / "passwords", {**BASE, "LAB_REDIS_PASSWORD": ""})
    assert inside(made).secrets == before


def test_the_services_get_their_secrets_alone(made: Path):
    """What encrypts connections and signs the tasks' tokens stays with Airflow."""
    files = {
        str(file.relative_to(made / "passwords")): file.read_text()
        for file in (made / "passwords").rglob("*")
        if file.is_file()
    }
    of_each = {f"{one}/{name}" for one, names in compose.OF_THE_SERVICES.items() for name in names}
    assert files.keys() == {*of_each, "redis/redis.conf", "vault/vault.hcl"}
    for name in inside(made).secrets.keys() - set(chain(*compose.OF_THE_SERVICES.values())):
        assert not any(inside(made).secrets[name] in text for text in files.values())


@pytest.mark.parametrize("name", ["inbox", "mail", "gcs", "bigquery", "metrics", "model_server"])
def test_a_service_without_secrets_is_described_without_them(tmp_path: Path, name: str):
    """Its container has no folder of secrets at all."""
    lab = Lab.from_environment({**BASE, "LAB_HOME": "/data", "LAB_SECRETS": str(tmp_path / "no")})
    assert lab.secrets == {}
    assert lab.places == PLACES
    assert DESCRIBE[name](lab).command


def test_no_file_with_a_secret_is_open_to_all(made: Path):
    """Its user and the group of the containers may read it."""
    files = [file for file in made.rglob("*") if file.is_file()]
    assert files
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) in (0o600, 0o640), file


def test_airflow_reads_what_the_lab_says(made: Path):
    """The file gives back each setting as it is, signs of its own syntax included."""
    read = configparser.ConfigParser()
    read.read(made / "home/airflow/airflow.cfg")
    found = {section: dict(read[section]) for section in read.sections()}
    assert found == airflow_settings(inside(made))


def test_tasks_reach_airflow_and_a_browser_reaches_it_elsewhere(made: Path):
    """Inside by the container's name, outside at the port of this machine."""
    lab = Lab(made, 9080, secrets=inside(made).secrets, places=PLACES)
    settings = airflow_settings(lab)
    assert settings["core"]["execution_api_server_url"] == (
        "http://airflow-api-server:8080/execution/"
    )
    assert settings["api"]["base_url"] == "http://localhost:9080"
    assert settings["api"]["host"] == "0.0.0.0"


def test_the_lab_itself_stays_on_loopback(tmp_path: Path):
    """Without containers, nothing listens for the network."""
    lab = Lab.from_environment({"LAB_HOME": str(tmp_path)})
    assert lab.listen_host == "127.0.0.1"
    assert {lab.host(name) for name in PLACES} == {"127.0.0.1"}
    assert "celery" not in airflow_settings(lab)


OURS = ("object_store", "shop_api", "inbox", "mail", "mlflow", "model_server", "gcs", "metrics")


@pytest.mark.parametrize("name", [*OURS, "bigquery"])
def test_a_service_listens_for_its_neighbours(made: Path, name: str):
    """In its container it takes every address, at the port where they look for it."""
    service = DESCRIBE[name](inside(made))
    assert "0.0.0.0" in service.command
    assert str(PLACES[name][1]) in service.command
    assert "127.0.0.1" not in service.command


def test_running_a_service_becomes_its_process(made: Path, monkeypatch: pytest.MonkeyPatch):
    """In its folder, with its environment and command."""
    become = {}
    monkeypatch.setattr("os.chdir", lambda folder: become.update(folder=folder))
    monkeypatch.setattr(
        "os.execve", lambda file, command, env: become.update(command=command, env=env)
    )
    service = DESCRIBE["shop_api"](inside(made))

    compose.run(inside(made), "shop_api")

    assert become["command"] == service.command
    assert become["folder"] == service.folder
    assert become["env"].items() >= service.environment.items()


def test_the_vault_keeps_its_secrets(made: Path):
    """It is not told anew at each start, as the lab's is."""
    settings = (made / "passwords/vault/vault.hcl").read_text()
    assert 'storage "raft"' in settings
    assert "inmem" not in settings
    assert VAULT_ADMIN not in settings


@pytest.mark.parametrize(
    "component",
    ["api-server", pytest.param("worker", marks=pytest.mark.slow), "shop_api"],
)
def test_what_does_not_run_is_not_ready(made: Path, component: str):
    """A check that cannot reach it fails, and says nothing else."""
    nowhere = Lab(
        made / "home",
        secrets=inside(made).secrets,
        places=dict.fromkeys(PLACES, ("127.0.0.1", 9)),
    )
    text = (made / "home/airflow/airflow.cfg").read_text().replace("@redis:6379", "@127.0.0.1:9")
    (made / "home/airflow/airflow.cfg").write_text(text)
    assert not compose.ready(nowhere, component)
