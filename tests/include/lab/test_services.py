"""The catalogue of the lab's services, and what it asks Airflow."""

import asyncio
import dataclasses
import json
from pathlib import Path

import pytest

from include.configuration.metadata import connections
from include.lab import services as catalogue
from include.lab.addresses import addresses
from include.lab.airflow import COMPONENTS
from include.lab.airflow_settings import airflow_environment
from include.lab.settings import Lab, LabError
from include.lab.supervisor import Supervisor


def without(place: Lab, *names: str) -> Lab:
    return dataclasses.replace(place, without=frozenset(names))


def names(place: Lab) -> set[str]:
    return {service.name for service in catalogue.services(place)}


OPTIONAL = (
    *("azurite", "bigquery", "gcs", "inbox", "kafka", "mail", "metrics", "mlflow"),
    *("model_server", "object_store", "redis", "shop_api", "vault"),
)


@pytest.mark.parametrize("name", OPTIONAL)
def test_each_service_can_be_left_out(place: Lab, name: str):
    """The others are started all the same."""
    assert names(place) - names(without(place, name)) == {name}


def test_all_of_them_can_be_left_out_together(place: Lab):
    """PostgreSQL, the seeds and Airflow remain."""
    assert names(place) - names(without(place, *OPTIONAL)) == set(OPTIONAL)


def test_airflow_can_be_left_out_as_a_whole(place: Lab):
    """The services remain."""
    assert names(place) - names(without(place, "airflow")) == {"metadata", *COMPONENTS}


@pytest.mark.parametrize("name", ["postgres", "scheduler", "no_such"])
def test_what_cannot_be_left_out_is_refused_by_name(place: Lab, name: str):
    """An unknown service, and one that the lab needs, are answered with what can be left out."""
    with pytest.raises(LabError, match=rf"WITHOUT={name}: what can be left out is airflow, "):
        catalogue.services(without(place, name))


def test_without_object_store_large_xcoms_stay_in_the_database(place: Lab):
    """Airflow is not told to put them where nothing is."""
    key = "AIRFLOW__CORE__XCOM_BACKEND"
    assert key in airflow_environment(place)
    assert key not in airflow_environment(without(place, "object_store"))


def test_without_an_emulator_google_is_google(place: Lab):
    """Its clients know an emulator by an environment variable, which is then not there."""
    key = "BIGQUERY_EMULATOR_HOST"
    assert airflow_environment(place)[key] == place.url("bigquery")
    assert key not in airflow_environment(without(place, "bigquery"))
    assert "STORAGE_EMULATOR_HOST" in airflow_environment(without(place, "bigquery"))


def test_without_metrics_airflow_sends_none(place: Lab):
    """Nobody would receive them."""
    key = "AIRFLOW__METRICS__STATSD_ON"
    assert airflow_environment(place)[key] == "True"
    assert airflow_environment(without(place, "metrics"))[key] == "False"


def test_azurite_that_is_not_installed_is_said(place: Lab, tmp_path: Path):
    """It comes from npm, not with the other packages: the message says how, and the way around."""
    elsewhere = dataclasses.replace(place, root=tmp_path)
    with pytest.raises(LabError, match=r"make install.*WITHOUT=azurite"):
        catalogue.azurite(elsewhere)


@pytest.mark.faults
@pytest.mark.slow
def test_redis_starts_from_any_path(place: Lab, tmp_path: Path):
    """Blanks, quotes and other scripts in the checkout's path are part of it."""
    home = tmp_path / """mit Leerzeichen 'lab' "läb" \\ ☃"""
    home.mkdir()
    supervisor = Supervisor(
        dataclasses.replace(place, home=home),
        [catalogue.redis(dataclasses.replace(place, home=home))],
        lambda line: None,
    )

    asyncio.run(supervisor.run(supervisor.stop))

    assert [*(home / "redis").glob("appendonlydir/*")]
    assert supervisor.running["redis"].restarts == 0


def test_redis_acknowledges_what_is_on_disk_alone(place: Lab):
    """Else a busy disk and a kill lose it."""
    service = catalogue.redis(place)
    assert service.prepare
    service.prepare()
    settings = (place.home / "redis/valkey.conf").read_text().splitlines()
    assert {"appendonly yes", "appendfsync always"} <= {*settings}


def test_only_postgres_airflow_and_the_seeds_end_a_start(place: Lab):
    """Without any other service the lab goes on."""
    needed = {one.name for one in catalogue.services(place) if not one.optional}
    assert needed == {"postgres", "databases", "seeds", "metadata", *COMPONENTS}


def test_no_secret_stands_in_a_command(place: Lab):
    """Every user of the machine may read the arguments of a process."""
    said = " ".join(" ".join(service.command) for service in catalogue.services(place))
    assert not [secret for secret in place.secrets.values() if secret in said]


def test_the_connections_lead_into_the_lab(place: Lab):
    """Addresses and passwords of the connections are those of this lab."""
    known = connections(addresses(place))
    assert known["warehouse"]["port"] == place.port("postgres")
    assert known["warehouse"]["password"] == place.secrets["warehouse_password"]
    assert known["shop_api"]["host"] == place.url("shop_api")


def test_every_service_listens_on_loopback_alone(place: Lab):
    """The lab has throw-away passwords: nobody else on the network may reach it."""
    said = [part for service in catalogue.services(place) for part in service.command]
    assert "0.0.0.0" not in said
    assert airflow_environment(place)["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_every_service_runs_in_an_environment_that_is_installed(place: Lab):
    """Each command is a file of one of the two environments, or a PostgreSQL that was found."""
    for service in catalogue.services(place):
        assert Path(service.command[0]).is_absolute(), service.name


def test_only_ids_that_name_the_vault_are_looked_up_there(place: Lab):
    """Tasks ask it by its role `airflow`, without a mount point; without the vault, nobody asks."""
    key = "AIRFLOW__WORKERS__SECRETS_BACKEND"
    kwargs = json.loads(airflow_environment(place)[f"{key}_KWARGS"])

    assert airflow_environment(place)[key].endswith(".VaultBackend")
    assert kwargs["mount_point"] is None
    assert kwargs["role_id"] == "airflow"
    assert key not in airflow_environment(without(place, "vault"))


def test_what_loads_models_reads_no_pickle(place: Lab):
    """Lessons and the model server: whoever reaches the artifacts could have put it there."""
    served = catalogue.DESCRIBE["model_server"](place).environment
    for environment in (airflow_environment(place), served):
        assert environment["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"
