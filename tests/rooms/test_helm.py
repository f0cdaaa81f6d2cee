"""What Kubernetes is given fits the project: its settings, its secrets, its image, its database.

The chart's own schema and templates are asked by `make chart`, which needs helm and the internet.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.delivery.repository import ENVIRONMENTS
from include.lab.airflow_settings import airflow_environment, dag_bundles
from include.lab.settings import Lab
from tests.bench import bars
from tests.rooms.sources import ROOT

HELM = ROOT / "configs/helm"
PAGE = (ROOT / "docs/beyond_one_machine.md").read_text()
KUBERNETES = yaml.safe_load((HELM / "values.yaml").read_text())
CELERY = yaml.safe_load((HELM / "celery.yaml").read_text())
OF_THE_LAB = {
    # Where the lab is: addresses, folders, secrets. The chart has its own way for each.
    *(
        "core.dags_folder",
        "core.execution_api_server_url",
        "core.fernet_key",
        "core.plugins_folder",
    ),
    *("database.sql_alchemy_conn", "api.base_url", "api.host", "api.port"),
    "api.secret_key",
    *("api_auth.jwt_secret", "logging.base_log_folder", "openlineage.transport"),
    *("dag_processor.dag_bundle_config_list", "dag_processor.dag_bundle_storage_path"),
    *("workers.secrets_backend_kwargs", "metrics.statsd_host", "metrics.statsd_port"),
    # How it fits a laptop with one of everything, and people who wait for what they changed.
    *("core.executor", "core.parallelism", "core.load_examples", "fab.cache_ttl"),
    *("core.min_serialized_dag_update_interval", "dag_processor.min_file_process_interval"),
    *("dag_processor.refresh_interval", "scheduler.max_dagruns_per_loop_to_schedule"),
    "scheduler.scheduler_idle_sleep_time",
    # The chart's own StatsD exporter has its mappings, by names.
    *("metrics.statsd_on", "metrics.statsd_influxdb_enabled", "metrics.legacy_names_on"),
    "openlineage.disabled",
}


def merged(below: Any, above: Any) -> Any:
    """What Helm makes of two files of values: tables are merged, anything else is replaced."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}


BOTH = [
    pytest.param(KUBERNETES, id="values"),
    pytest.param(merged(KUBERNETES, CELERY), id="celery"),
]


def paths(values: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with the keys that lead to it."""
    if isinstance(values, dict):
        for key, value in values.items():
            yield from paths(value, f"{path}.{key}".strip("."))
    elif isinstance(values, list):
        for number, value in enumerate(values):
            yield from paths(value, f"{path}[{number}]")
    else:
        yield path, values


def secrets(values: dict[str, Any]) -> set[str]:
    """The Secrets that are referred to; the ingress' certificate is not Airflow's."""
    name = re.compile(r"secretName$|SecretName$|secretKeyRef\.name$")
    return {
        value
        for path, value in paths(values)
        if name.search(path) and not path.startswith("ingress.")
    }


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A lab that is described and never started."""
    return Lab.from_environment({"LAB_HOME": str(tmp_path_factory.mktemp("lab"))})


@pytest.fixture(scope="module")
def lab_settings(lab: Lab) -> dict[str, str]:
    """Its settings of Airflow as `section.key`."""
    found = {}
    for name, value in airflow_environment(lab).items():
        if name.startswith("AIRFLOW__"):
            section, key = name.removeprefix("AIRFLOW__").lower().split("__")
            found[f"{section}.{key}"] = value
    return found


@pytest.mark.parametrize("values", BOTH)
def test_no_secret_stands_in_a_file(values: dict[str, Any]):
    """The chart's own places for a secret are not used, and no address has a login in it."""
    places = re.compile(r"(^|\.)(\w*[pP]ass(word)?|fernetKey|\w*[sS]ecretKey|jwtSecret|brokerUrl)$")
    references = {"secret[0].secretKey", "secret[1].secretKey"}
    written = [path for path, _ in paths(values) if places.search(path) and path not in references]
    assert written == []
    assert not {"extraSecrets", "metadataConnection", "resultBackendConnection"} & {
        key for path, _ in paths(values) for key in path.split(".")
    }
    assert not re.search(r"://[^/\s]*:[^/\s]*@", json.dumps(values))


def test_the_page_tells_how_each_secret_is_made():
    """Neither is one forgotten, nor one made that nobody reads."""
    told = set(re.findall(r"^\| `(curriculum-[\w-]+)` \|", PAGE, re.MULTILINE))
    assert told == secrets(KUBERNETES) | secrets(CELERY)


@pytest.mark.parametrize("values", BOTH)
@pytest.mark.parametrize(
    "component",
    [
        *("apiServer", "scheduler", "dagProcessor", "triggerer", "workers.kubernetes", "pgbouncer"),
        *("statsd", "migrateDatabaseJob", "createUserJob", "cleanup", "databaseCleanup"),
    ],
)
def test_every_component_says_what_it_needs(values: dict[str, Any], component: str):
    """Processor and memory are asked for, and memory has an end."""
    _check_resources(values, component)


def test_celery_workers_say_what_they_need():
    """As the others do."""
    _check_resources(CELERY, "workers.celery")


def _check_resources(values: dict[str, Any], component: str) -> None:
    for key in component.split("."):
        values = values[key]
    asked, limits = values["resources"]["requests"], values["resources"]["limits"]
    assert asked["cpu"]
    assert _mebibytes(asked["memory"]) <= _mebibytes(limits["memory"])


def _mebibytes(text: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(Mi|Gi)", text).groups()
    return int(number) * {"Mi": 1, "Gi": 1024}[unit]


def test_lessons_find_the_settings_of_the_lab(lab_settings: dict[str, str]):
    """What is not of one machine is the same: a lesson behaves there as it does here."""
    ours = {path: str(value) for path, value in paths(KUBERNETES["config"])}
    wanted = {path: value for path, value in lab_settings.items() if path not in OF_THE_LAB}
    assert {path: ours.get(path) for path in wanted} == wanted
    assert lab_settings.keys() >= OF_THE_LAB


def test_tasks_find_the_api_server_of_the_release():
    """The page installs it by the name that is in the addresses."""
    (release,) = set(re.findall(r"helm upgrade --install (\w+) ", PAGE))
    url = KUBERNETES["config"]["core"]["execution_api_server_url"]
    assert url == f"http://{release}-api-server:8080/execution/"
    assert f"@{release}-pgbouncer:6543/" in PAGE


def test_clients_find_the_environment_of_the_lab(lab: Lab):
    """Without what points to an emulator."""
    ours = {one["name"]: one["value"] for one in KUBERNETES["env"]}
    theirs = airflow_environment(lab)
    assert ours == {
        name: value
        for name, value in theirs.items()
        if name.startswith(("MLFLOW_", "DATAHUB_")) and "://" not in value
    }


def test_the_environments_of_phase_11_are_bundles_here_too(lab: Lab):
    """The same names, branches and connection; git is asked less often."""
    ours = KUBERNETES["dagProcessor"]["dagBundleConfigList"]
    theirs = [bundle for bundle in dag_bundles(lab) if bundle["name"] in ENVIRONMENTS]
    for bundle in (*ours, *theirs):
        bundle["kwargs"].pop("refresh_interval")
    assert [bundle for bundle in ours if bundle["name"] in ENVIRONMENTS] == theirs


def test_whoever_reads_the_lessons_can_log_in_to_git():
    """The connection of their bundle comes to every process from its Secret."""
    lessons = KUBERNETES["dagProcessor"]["dagBundleConfigList"][0]["kwargs"]
    given = {one["envName"] for one in KUBERNETES["secret"]}
    assert f"AIRFLOW_CONN_{lessons['git_conn_id'].upper()}" in given
    assert (ROOT / lessons["subdir"]).is_dir()


def test_only_executors_that_share_their_tasks_out():
    """With Celery, a task may still ask for a pod of its own."""
    assert KUBERNETES["executor"] == "KubernetesExecutor"
    assert CELERY["executor"].split(",") == ["CeleryExecutor", "KubernetesExecutor"]


def test_one_scaler_for_the_workers_that_outwaits_their_end():
    """Two would pull at the same number; one that looks away too early cuts tasks off."""
    celery = CELERY["workers"]["celery"]
    assert celery["keda"]["enabled"]
    assert "hpa" not in celery
    assert celery["keda"]["cooldownPeriod"] > celery["terminationGracePeriodSeconds"]
    assert celery["keda"]["minReplicaCount"] <= celery["replicas"]
    assert celery["replicas"] <= celery["keda"]["maxReplicaCount"]


def test_the_database_is_not_asked_for_more_than_is_agreed():
    """All processes at their most fit into PgBouncer, and the page adds up the same."""
    database, api = KUBERNETES["config"]["database"], KUBERNETES["config"]["api"]
    each = database["sql_alchemy_pool_size"] + database["sql_alchemy_max_overflow"]
    # Two pools each: the api-server and the triggerer also have an asynchronous one.
    processes = {
        "api-server": 2 * KUBERNETES["apiServer"]["hpa"]["maxReplicaCount"] * api["workers"],
        "scheduler": KUBERNETES["scheduler"]["replicas"],
        "dag-processor": KUBERNETES["dagProcessor"]["replicas"],
        "triggerer": 2 * KUBERNETES["triggerer"]["replicas"],
    }
    celery, slots = CELERY["workers"]["celery"], CELERY["config"]["celery"]["worker_concurrency"]
    most = {name: number * each for name, number in processes.items()}
    most["Celery workers"] = celery["keda"]["maxReplicaCount"] * (slots + 1)
    pgbouncer = ConfigParser()
    pgbouncer.read(HELM / "pgbouncer.ini")
    # Each replica of PgBouncer has its own share; one of them has to do for all.
    assert sum(most.values()) <= int(pgbouncer["pgbouncer"]["max_client_conn"])
    rows = dict(re.findall(r"^\| ([\w -]+) \|.*\| (\d+) \|$", PAGE, re.MULTILINE))
    assert {name: int(rows[name]) for name in most} == most
    assert int(rows["together"]) == sum(most.values())


def test_the_page_adds_up_the_reading_of_dags():
    """By the bar that the lessons are held to, and the interval of the values."""
    reading = KUBERNETES["config"]["dag_processor"]
    rows = re.findall(r"^\| (\d+) \| ([\d.]+) cores \| (\d+) % \|$", PAGE, re.MULTILINE)
    assert len(rows) >= 4
    for dags, cores, busy in rows:
        needed = int(dags) * bars.ALONE_MEDIAN.limit / reading["min_file_process_interval"]
        assert float(cores) == pytest.approx(needed, abs=0.005)
        assert int(busy) == round(100 * needed / reading["parsing_processes"])
    assert f"less than {bars.ALONE_MEDIAN.limit:g} s" in PAGE
    assert f"500 of one factory are read in {bars.TENANTS.limit:g} s at the most" in PAGE


def test_image_and_chart_know_the_airflow_of_the_project():
    """One version, in the lock, in the values and in the image's tag."""
    locked = re.search(r"^apache-airflow==([\d.]+)", _requirements(ROOT), re.MULTILINE)[1]
    image = KUBERNETES["images"]["airflow"]
    assert image["repository"].rpartition("/")[2] == "airflow-curriculum"
    assert {image["tag"], KUBERNETES["airflowVersion"], KUBERNETES["defaultAirflowTag"]} == {locked}


def test_the_image_has_what_the_lessons_import():
    """Every room but that of the lessons, on the path that the rooms are found by."""
    file = (HELM / "Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (\w+) /opt/airflow/\1$", file, re.MULTILINE))
    assert copied == {"include", "plugins", "configs"}
    assert "PYTHONPATH=/opt/airflow" in file
    seen = (HELM / "Dockerfile.dockerignore").read_text().splitlines()
    assert {f"!{path}" for path in re.findall(r"^COPY (\S+)", file, re.MULTILINE)} <= {
        *seen,
        "!configs/helm/requirements.txt",
    }


def test_the_packages_of_the_executor_are_pinned_beside_the_lock():
    """None is in both lists: they could differ."""
    pinned = re.findall(r"^([\w-]+)==[\d.]+$", _requirements(HELM), re.MULTILINE)
    assert "apache-airflow-providers-cncf-kubernetes" in pinned
    locked = set(re.findall(r"^([\w-]+)==", _requirements(ROOT), re.MULTILINE))
    assert locked.isdisjoint(pinned)


def _requirements(folder: Path) -> str:
    return (folder / "requirements.txt").read_text()


def test_one_version_of_the_chart_is_meant_everywhere():
    """The values were written for it, `make chart` asks it, the page installs it."""
    makefile = (ROOT / "Makefile").read_text()
    version = re.search(r"^CHART_VERSION := ([\d.]+)$", makefile, re.MULTILINE)[1]
    texts = (makefile, PAGE, (HELM / "values.yaml").read_text())
    named = re.findall(r"chart ([\d]+\.\d+\.\d+)|--version ([\d.]+)", "\n".join(texts[1:]))
    assert {name for pair in named for name in pair if name} == {version}
    assert len(named) >= 2


def test_network_is_closed_but_for_what_is_meant():
    """Airflow's own pods and the ingress reach the api-server, where tasks report, too."""
    assert KUBERNETES["networkPolicies"]["enabled"]
    peers = KUBERNETES["apiServer"]["networkPolicy"]["ingress"]["from"]
    assert {"tier": "airflow"} in [peer.get("podSelector", {}).get("matchLabels") for peer in peers]
    assert all(peer.get("podSelector") or peer.get("namespaceSelector") for peer in peers)


def test_the_jobs_command_is_the_one_that_seeds_everywhere():
    """With the login and its password as the command asks for them."""
    (*_, script) = KUBERNETES["createUserJob"]["args"]
    assert 'python -m plugins.setup.metadata "$ADMIN" "$ADMIN_PASSWORD"' in script
    assert (ROOT / "plugins/setup/metadata.py").is_file()
    assert {one["name"] for one in KUBERNETES["createUserJob"]["env"]} == {
        "ADMIN",
        "ADMIN_PASSWORD",
    }
    (mount,) = KUBERNETES["createUserJob"]["extraVolumeMounts"]
    assert f"for place in {mount['mountPath']}/*" in script


def test_no_package_index_but_the_one_that_is_given():
    """The image builds behind a mirror: its index is an argument."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["name"]
    file = (HELM / "Dockerfile").read_text()
    assert "ARG PIP_INDEX_URL=" in file
    assert project in file
